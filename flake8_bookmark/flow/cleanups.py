"""`try`, `with`, and the leaps out of them.

A cleanup (a `finally` body, the exit of a `with`, the end of an `except … as name`) runs however its block
is left: normally, by an exception, or by a `return`, `break` or `continue` that leaps out. CPython compiles
one copy for each way out, and so do we: that keeps the ways apart, so that what is bound, live or awaited
on one of them is not taken for true on another.
https://docs.python.org/3/reference/compound_stmts.html#the-try-statement
"""

from __future__ import annotations

import ast

from flake8_bookmark.flow.emitter import Emitter, Frame
from flake8_bookmark.flow.graph import BasicBlock, OpKind, Raise, Surroundings
from flake8_bookmark.flow.targets import store


class _Outside:
    """What was in force before a statement began."""

    __slots__ = ("handler", "surroundings")

    def __init__(self, e: Emitter) -> None:
        self.handler = e.handler
        self.surroundings: Surroundings = e.surroundings

    def restore(self, e: Emitter) -> None:
        e.switch(self.handler, self.surroundings)


class _Finally(Frame):
    """The `try` part of a statement with a `finally`."""

    def __init__(self, node: ast.Try | ast.TryStar, outside: _Outside) -> None:
        self.node = node
        self.outside = outside

    def leave(self, e: Emitter) -> None:
        e.copy_made()
        self.outside.restore(e)
        around = e.surroundings
        e.surroundings = around._replace(finallies=(*around.finallies, self.node))
        e.stmts(self.node.finalbody)
        e.surroundings = around


class _Handler(Frame):
    """The body of an `except` clause; its name is unbound at the end."""

    def __init__(self, node: ast.ExceptHandler, outside: _Outside) -> None:
        self.node = node
        self.outside = outside

    def leave(self, e: Emitter) -> None:
        self.outside.restore(e)
        if self.node.name:
            e.store(self.node, self.node.name, OpKind.DELETE)


class _Item(Frame):
    """The body of a `with`, for one of its items."""

    def __init__(self, item: ast.withitem, statement: ast.With | ast.AsyncWith, outside: _Outside) -> None:
        self.item = item
        self.statement = statement
        self.outside = outside

    def leave(self, e: Emitter) -> None:
        e.copy_made()
        self.outside.restore(e)
        self.exit(e)

    def exit(self, e: Emitter) -> None:
        if isinstance(self.statement, ast.AsyncWith):
            e.suspend("aexit", self.item, self.item.context_expr)
        else:
            e.op(OpKind.EXIT, self.item)


def try_(e: Emitter, node: ast.Try | ast.TryStar) -> None:
    if not node.finalbody:
        _except(e, node)
        return
    outside = _Outside(e)
    raised, end = BasicBlock(), BasicBlock()
    frame = _Finally(node, outside)
    e.frames.append(frame)
    e.switch(raised, outside.surroundings)
    if node.handlers:
        _except(e, node)
    else:
        e.surroundings = _trying(outside.surroundings, node)
        e.stmts(node.body)
    e.frames.pop()
    frame.leave(e)
    e.goto(end)
    e.start(raised)
    frame.leave(e)
    e.end(Raise(None))
    e.start(end)


def _trying(around: Surroundings, node: ast.Try | ast.TryStar) -> Surroundings:
    return around._replace(tries=(*around.tries, node))


def _except(e: Emitter, node: ast.Try | ast.TryStar) -> None:
    outside = _Outside(e)
    raised, end = BasicBlock(), BasicBlock()
    e.switch(raised, _trying(outside.surroundings, node))
    e.stmts(node.body)
    outside.restore(e)
    e.stmts(node.orelse)
    e.goto(end)
    e.start(raised)
    for handler in node.handlers:
        after = BasicBlock()
        if handler.type is None:
            e.op(OpKind.MATCH, handler)  # it always does
        else:
            e.expr(handler.type)
            body = BasicBlock()
            e.op(OpKind.MATCH, handler)
            e.branch_to(handler, body, after)
            e.start(body)
        done = after if isinstance(node, ast.TryStar) else end
        _handle(e, handler, outside, done, isinstance(node, ast.TryStar))
        e.start(after)
    if isinstance(node, ast.TryStar):
        raise_again = BasicBlock()
        e.branch_to(node, raise_again, end)  # is any exception of the group left over?
        e.start(raise_again)
    e.end(Raise(None))
    e.start(end)


def _handle(e: Emitter, node: ast.ExceptHandler, outside: _Outside, done: BasicBlock, collects: bool) -> None:
    """Emit the body of one handler. `except*` collects what its handlers raise, to raise it at the end."""
    if node.name:
        e.store(node, node.name)
    around = outside.surroundings
    cleanup = BasicBlock() if node.name or collects else outside.handler
    frame = _Handler(node, outside)
    e.frames.append(frame)
    e.switch(cleanup, around._replace(handlers=(*around.handlers, node)))
    e.stmts(node.body)
    e.frames.pop()
    frame.leave(e)
    e.goto(done)
    if cleanup is not None and cleanup is not outside.handler:
        e.start(cleanup)
        if node.name:
            e.store(node, node.name, OpKind.DELETE)
        if collects:
            e.goto(done)
        else:
            e.end(Raise(None))


def with_(e: Emitter, node: ast.With | ast.AsyncWith) -> None:
    ends = [_enter(e, node, item) for item in node.items]
    e.stmts(node.body)
    for frame, raised in reversed(ends):
        _leave(e, frame, raised)


def _enter(e: Emitter, node: ast.With | ast.AsyncWith, item: ast.withitem) -> tuple[_Item, BasicBlock]:
    e.expr(item.context_expr)
    if isinstance(node, ast.AsyncWith):
        e.suspend("aenter", item, item.context_expr)
    else:
        e.op(OpKind.ENTER, item)
    outside = _Outside(e)
    frame, raised = _Item(item, node, outside), BasicBlock()
    e.frames.append(frame)
    around = outside.surroundings
    e.switch(raised, around._replace(held=(*around.held, (item, node))))
    if item.optional_vars is not None:
        store(e, item.optional_vars)
    return frame, raised


def _leave(e: Emitter, frame: _Item, raised: BasicBlock) -> None:
    e.frames.pop()
    end, raise_again = BasicBlock(), BasicBlock()
    frame.leave(e)
    e.goto(end)
    e.start(raised)
    frame.exit(e)
    e.branch_to(frame.item, end, raise_again)  # a true result of the exit swallows the exception
    e.start(raise_again)
    e.end(Raise(None))
    e.start(end)
