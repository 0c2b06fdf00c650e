"""The typestate of a coroutine in a local name: created, awaited, awaited again, or left behind.

Two questions to the flow graph. Does a way lead from where the coroutine is bound to the end of the function (or to
where the name is bound anew) that passes nothing which takes the coroutine over? And does a way lead from one await of
it to another?

A way counts only if it can be taken. Two tests of the same thing depend on each other, so a way ends where a test
speaks of a name that the tests around the beginning speak of, too.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bookmark.flow.graph import BasicBlock, Branch, Op, OpKind, Return, Suspend
from flake8_bookmark.flow.places import Role
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.obligations import Local

LOOPS = (ast.For, ast.AsyncFor, ast.While)
READS_ONLY = frozenset({Role.TESTED, Role.IDENTITY, Role.DROPPED})


@dataclass(frozen=True, slots=True)
class Walk:
    """A search from some place; it ends at ops in `stops`, where the name is bound anew, and at tests of `known`."""

    subject: Subject
    name: str
    known: frozenset[str]
    stops: frozenset[Op]
    loops: frozenset[ast.AST]

    def events(self, pending: list[tuple[BasicBlock, int]]) -> Iterator[Op | BasicBlock]:
        """Yield where the ways end: an op that binds the name or stops, or a block that leaves the function."""
        captures = self.subject.machine.graph.captures
        seen: set[int] = set()
        while pending:
            block, index = pending.pop()
            event = next((op for op in block.ops[index:] if self._is_event(op, captures)), None)
            if event is not None:
                if event not in captures:
                    yield event
                continue
            if isinstance(block.terminator, Return):
                yield block
            for target in self._ways_on(block):
                if target.index not in seen:
                    seen.add(target.index)
                    pending.append((target, 0))

    def _is_event(self, op: Op, captures: dict[Op, frozenset[str]]) -> bool:
        if op.kind in (OpKind.STORE, OpKind.DELETE) and op.name == self.name:
            return True
        return op in self.stops or (op in captures and self.name in captures[op])

    def _ways_on(self, block: BasicBlock) -> tuple[BasicBlock, ...]:
        branch = block.terminator
        if not isinstance(branch, Branch) or branch.then is branch.orelse:
            return block.successors()
        if self._statement(branch.node) in self.loops:
            return ()
        if not isinstance(branch.node, ast.expr):
            return block.successors()
        if self.name in _names(branch.node):
            return self._by_own_test(branch)
        return () if _names(branch.node) & self.known else block.successors()

    def _by_own_test(self, branch: Branch) -> tuple[BasicBlock, ...]:
        """A coroutine is true and not None."""
        match branch.node:
            case ast.Name() | ast.Compare(ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
                return (branch.then,)
            case ast.Compare(ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
                return (branch.orelse,)
        return ()

    def _statement(self, node: ast.AST) -> ast.AST | None:
        here: ast.AST | None = node
        while here is not None and not isinstance(here, ast.stmt):
            here = self.subject.places.parents.get(here)
        return here


def _names(test: ast.AST) -> frozenset[str]:
    """Return what a test speaks of: plain names and attributes as written, `self` itself excepted."""
    found = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)} - {"self", "cls"}
    return frozenset(found | {ast.unparse(n) for n in ast.walk(test) if isinstance(n, ast.Attribute)})


def _known(node: ast.AST, subject: Subject) -> frozenset[str]:
    return frozenset(name for test in subject.places.tests_around(node) for name in _names(test))


def _loops_around(node: ast.AST, subject: Subject) -> frozenset[ast.AST]:
    parents = subject.places.parents
    found, here = set(), parents.get(node)
    while here is not None:
        if isinstance(here, LOOPS):
            found.add(here)
        here = parents.get(here)
    return frozenset(found)


def _after(op: Op, subject: Subject) -> Iterator[tuple[BasicBlock, int]]:
    for block, other in subject.machine.places.get(op.node, ()):
        if other is op:
            yield block, block.ops.index(op) + 1


# left behind ----------------------------------------------------------------------------------------------------------


def taking(local: Local) -> tuple[Op, ...]:
    """Return the reads of a name that take the coroutine over: everything but tests."""
    roles = dict(zip(dict.fromkeys(op.node for op in local.loads), local.uses, strict=True))
    return tuple(op for op in local.loads if roles[op.node].role not in READS_ONLY)


def left_behind(local: Local, subject: Subject) -> int | None:
    """Return the line where a way ends that passes no await of a bound coroutine, nor hands it on."""
    takers = taking(local)
    store = local.stores[0]
    inside = frozenset().union(*(_loops_around(op.node, subject) for op in takers))
    loops = inside - _loops_around(store.node, subject)
    known = _known(store.node, subject) | _shared_tests(takers, subject)
    walk = Walk(subject, local.name, known, frozenset(takers), loops)
    starts = [place for op in local.stores for place in _after(op, subject)]
    for event in walk.events(starts):
        if isinstance(event, BasicBlock):
            return _end_of(event, subject)
        if event.kind in (OpKind.STORE, OpKind.DELETE):
            return event.line
    return None


def _shared_tests(takers: tuple[Op, ...], subject: Subject) -> frozenset[str]:
    """Return what several different tests around the takers speak of: together they may leave no way out."""
    tests = dict.fromkeys(test for op in takers for test in subject.places.tests_around(op.node))
    names = Counter(name for test in tests for name in _names(test))
    return frozenset(name for name, count in names.items() if count > 1)


def _end_of(block: BasicBlock, subject: Subject) -> int:
    node = block.terminator.node if isinstance(block.terminator, Return) else None
    function = subject.frame.module.node(subject.frame.function.key)
    return getattr(node, "lineno", None) or getattr(function, "end_lineno", None) or subject.frame.function.line


def reaches(local: Local, load: Op, subject: Subject) -> bool:
    """Tell whether a way leads from where a coroutine is bound to a read of its name, past no test of it."""
    known = _known(local.stores[0].node, subject)
    walk = Walk(subject, local.name, known, frozenset({load}), frozenset())
    return load in walk.events([place for op in local.stores for place in _after(op, subject)])


# awaited again --------------------------------------------------------------------------------------------------------


def awaited_again(local: Local, subject: Subject) -> tuple[ast.expr, ast.expr] | None:
    """Return two awaits of a coroutine of which the second can follow the first; they may be the same one in a loop."""
    roles = dict(zip(dict.fromkeys(op.node for op in local.loads), local.uses, strict=True))
    awaits = [op for op in local.loads if roles[op.node].role is Role.AWAITED]
    for first in awaits:
        known = _known(first.node, subject)
        around = frozenset(loop for loop in _loops_around(first.node, subject) if isinstance(loop, ast.While))
        walk = Walk(subject, local.name, known, frozenset(awaits), around)
        for event in walk.events([place for start in _after(first, subject) for place in _suspended(*start)]):
            if isinstance(event, Op) and event in awaits and not _excluded(first, event, subject):
                assert isinstance(first.node, ast.expr) and isinstance(event.node, ast.expr)
                return first.node, event.node
    return None


def _suspended(block: BasicBlock, index: int) -> Iterator[tuple[BasicBlock, int]]:
    """An await goes on behind it, or where its exception is caught."""
    yield block, index
    if block.handler is not None and isinstance(block.terminator, Suspend):
        yield block.handler, 0


def _excluded(first: Op, second: Op, subject: Subject) -> bool:
    """Tell whether different tests of the same thing stand around two awaits: only one of them may run."""
    before, after = (subject.places.tests_around(op.node) for op in (first, second))
    mine = {name for test in before if test not in after for name in _names(test)}
    return any(_names(test) & mine for test in after if test not in before)
