"""Statements, except those with cleanups and `match`."""

from __future__ import annotations

import ast
from collections.abc import Callable

from flake8_bookmark.flow.cleanups import try_, with_
from flake8_bookmark.flow.emitter import Emitter, Frame, NameScope, Table
from flake8_bookmark.flow.graph import BasicBlock, OpKind, Raise, Return
from flake8_bookmark.flow.patterns import match
from flake8_bookmark.flow.targets import delete, store
from flake8_bookmark.flow.variables import bound_by, default_values, parameters
from flake8_bookmark.source.module import CHILD_FIELDS


class _Loop(Frame):
    """A loop under way: where its `break` and `continue` go."""

    def __init__(self, end: BasicBlock, again: BasicBlock) -> None:
        self.end = end
        self.again = again

    def leave(self, e: Emitter) -> None:
        """Nothing is to be done: the iterator is dropped with the frame's stack."""


# simple statements -----------------------------------------------------------------------------------------


def _nothing(e: Emitter, node: ast.stmt) -> None:
    pass


def _expression(e: Emitter, node: ast.Expr) -> None:
    e.expr(node.value)


def _assign(e: Emitter, node: ast.Assign) -> None:
    e.expr(node.value)
    for target in node.targets:
        store(e, target)


def _augmented(e: Emitter, node: ast.AugAssign) -> None:
    """Emit `target op= value`: the target is read, and what it is part of is evaluated only once."""
    target = node.target
    if isinstance(target, ast.Name):
        e.load(target)
    elif isinstance(target, ast.Attribute):
        e.expr(target.value)
        e.op(OpKind.ATTRIBUTE, target)
    else:
        e.expr(target.value)
        e.expr(target.slice)
        e.op(OpKind.SUBSCRIPT, target)
    e.expr(node.value)
    e.op(OpKind.OPERATOR, node)
    if isinstance(target, ast.Name):
        e.store(target, target.id)
    else:
        e.op(OpKind.SET_ATTRIBUTE if isinstance(target, ast.Attribute) else OpKind.SET_ITEM, target)


def _annotated(e: Emitter, node: ast.AnnAssign) -> None:
    """Emit an annotated assignment; annotations inside functions are not evaluated."""
    if node.value is not None:
        e.expr(node.value)
        store(e, node.target)
    elif isinstance(node.target, (ast.Attribute, ast.Subscript)):
        e.expr(node.target.value)
    in_class = bool(e.scopes) and e.scopes[-1].is_class
    if (in_class or e.function.kind == "module") and not e.function.postponed:
        e.expr(node.annotation)


def _delete(e: Emitter, node: ast.Delete) -> None:
    for target in node.targets:
        delete(e, target)


def _return(e: Emitter, node: ast.Return) -> None:
    if node.value is not None:
        e.expr(node.value)
    e.leap(None, lambda: e.end(Return(node)))


def _raise(e: Emitter, node: ast.Raise) -> None:
    e.exprs((node.exc, node.cause))
    e.end(Raise(node))


def _assert(e: Emitter, node: ast.Assert) -> None:
    end, failed = BasicBlock(), BasicBlock()
    e.branch(node.test, end, failed)
    e.start(failed)
    if e.block is not None:
        e.exprs((node.msg,))
        e.end(Raise(node))
    e.start(end)


def _import(e: Emitter, node: ast.Import | ast.ImportFrom) -> None:
    e.op(OpKind.IMPORT, node)
    for alias in node.names:
        if alias.name != "*":
            e.store(alias, bound_by(alias))


def _global(e: Emitter, node: ast.Global | ast.Nonlocal) -> None:
    if e.scopes and e.scopes[-1].is_class:
        e.scopes[-1].outer.update(node.names)


# definitions -----------------------------------------------------------------------------------------------


def _function(e: Emitter, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    e.exprs(node.decorator_list)
    e.exprs(default_values(node.args))
    if not e.function.postponed and not getattr(node, "type_params", None):
        e.exprs([parameter.annotation for parameter in parameters(node.args)])
        e.exprs((node.returns,))
    e.define(node)
    _decorate(e, node)


def _class(e: Emitter, node: ast.ClassDef) -> None:
    """Emit a class with its body, which runs here and now."""
    e.exprs(node.decorator_list)
    e.exprs(node.bases)
    e.exprs([keyword.value for keyword in node.keywords])
    e.scopes.append(NameScope(is_class=True))
    frames, e.frames = e.frames, []
    e.stmts(node.body)
    e.frames = frames
    e.scopes.pop()
    e.define(node)
    _decorate(e, node)


def _decorate(e: Emitter, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    for decorator in reversed(node.decorator_list):
        e.op(OpKind.DECORATE, decorator)
    e.store(node, node.name)


def _type_alias(e: Emitter, node: ast.AST) -> None:
    """Bind a type alias; its value is evaluated only when somebody asks for it (PEP 695)."""
    store(e, node.name)  # type: ignore[attr-defined]  # ast.TypeAlias exists since Python 3.12


# control ---------------------------------------------------------------------------------------------------


def _if(e: Emitter, node: ast.If) -> None:
    """Emit an `if` with all its `elif`s, which nest in the tree."""
    end = BasicBlock()
    while True:
        body, orelse = BasicBlock(), BasicBlock()
        e.branch(node.test, body, orelse)
        e.start(body)
        e.stmts(node.body)
        e.goto(end)
        e.start(orelse)
        if e.block is None or len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            break
        node = node.orelse[0]
    e.stmts(node.orelse)
    e.goto(end)
    e.start(end)


def _while(e: Emitter, node: ast.While) -> None:
    header, body, bottom = BasicBlock(), BasicBlock(), BasicBlock()
    orelse, end = BasicBlock(), BasicBlock()
    rotated = e.function.kind != "function" and _suspends(node.test)
    e.goto(header)
    e.start(header)
    e.loop_headers.append((node, (header, body) if rotated else (header,)))
    e.branch(node.test, body, orelse)
    e.start(body)
    e.frames.append(_Loop(end, header))
    e.stmts(node.body)
    e.frames.pop()
    if rotated:  # the compiler puts a copy of the test at the bottom, with suspension points of its own
        e.goto(bottom)
        e.start(bottom)
        if e.block is not None:
            e.branch(node.test, body, orelse)
    else:
        e.goto(header)
    _after_loop(e, node.orelse, orelse, end)


def _after_loop(e: Emitter, body: list[ast.stmt], orelse: BasicBlock, end: BasicBlock) -> None:
    e.start(orelse)
    e.stmts(body)
    e.goto(end)
    e.start(end)


def _suspends(test: ast.expr) -> bool:
    """Tell whether evaluating a test can suspend."""
    stack: list[ast.AST] = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, ast.comprehension) and node.is_async:
            return True
        if isinstance(node, ast.GeneratorExp):
            stack.append(node.generators[0].iter)
        elif not isinstance(node, ast.Lambda) and type(node) in CHILD_FIELDS:
            stack.extend(ast.iter_child_nodes(node))
    return False


def _for(e: Emitter, node: ast.For | ast.AsyncFor) -> None:
    e.expr(node.iter)
    e.op(OpKind.ITER, node)
    header, body, orelse, end = BasicBlock(), BasicBlock(), BasicBlock(), BasicBlock()
    e.goto(header)
    e.start(header)
    e.loop_headers.append((node, (header,)))
    if isinstance(node, ast.AsyncFor):
        e.suspend("anext", node, node)
    else:
        e.op(OpKind.NEXT, node)
    e.branch_to(node, body, orelse)
    e.start(body)
    store(e, node.target)
    e.frames.append(_Loop(end, header))
    e.stmts(node.body)
    e.frames.pop()
    e.goto(header)
    _after_loop(e, node.orelse, orelse, end)


def _to_loop(e: Emitter, goal: Callable[[_Loop], BasicBlock]) -> None:
    loop = next((frame for frame in reversed(e.frames) if isinstance(frame, _Loop)), None)
    if loop is None:  # 'break' outside loop: the tree of a file that does not compile
        e.end(Raise(None))
    else:
        e.leap(loop, lambda: e.goto(goal(loop)))


def _break(e: Emitter, node: ast.Break) -> None:
    _to_loop(e, lambda loop: loop.end)


def _continue(e: Emitter, node: ast.Continue) -> None:
    _to_loop(e, lambda loop: loop.again)


STATEMENTS: Table = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.AnnAssign: _annotated,
    ast.Delete: _delete,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Global: _global,
    ast.Nonlocal: _global,
    ast.Pass: _nothing,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Try: try_,
    ast.TryStar: try_,
    ast.With: with_,
    ast.AsyncWith: with_,
    ast.Match: match,
}
if hasattr(ast, "TypeAlias"):
    STATEMENTS[ast.TypeAlias] = _type_alias
