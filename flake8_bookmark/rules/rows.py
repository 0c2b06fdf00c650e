"""BKM405: awaits in a row that need nothing of each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock, Goto, Op, OpKind, Suspend
from flake8_bookmark.flow.rounds import names_in, path_of, root_of, touch, within
from flake8_bookmark.project.bodies import is_log
from flake8_bookmark.project.values import Method, is_first_party
from flake8_bookmark.rules.acts import ACTS_BY_KEY, PUTS
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.sequences import (
    awaited_call,
    first_word,
    is_ordered_code,
    is_question,
    is_together,
    may_have_order,
    may_wait,
    start_together,
)

Pair: TypeAlias = tuple[ast.Await, ast.Await]
HARMLESS = frozenset({OpKind.LOAD, OpKind.STORE, OpKind.OUTER, OpKind.ATTRIBUTE, OpKind.UNPACK, OpKind.FORMAT})
AT_HAND = frozenset({"store", "state", "cache", "memory", "registry", "context", "ctx", "settings", "config"})
CHANGING = ACTS_BY_KEY | PUTS
PLACES = frozenset({OpKind.SET_ATTRIBUTE, OpKind.SET_ITEM})


def awaits_in_row(subject: Subject) -> Iterator[Finding]:
    """An await waits for another one to end, though it needs nothing of it."""
    if not subject.options.hints or subject.context.is_test:
        return
    if len(subject.machine.points) < 2:
        return
    pairs = list(_neighbours(subject))
    if not pairs or is_ordered_code(subject):
        return
    row = _Row(subject)
    reported: set[ast.Await] = set()
    for first, second in pairs:
        found = row.needless(first, second)
        if found is not None:
            if first not in reported:
                yield _one_after_other(found, first, subject)
            reported.add(second)


def _neighbours(subject: Subject) -> Iterator[Pair]:
    """Yield the awaits of calls that always follow each other, with nothing between them that could matter."""
    for block, suspend in subject.machine.graph.suspensions():
        first = suspend.node
        if suspend.kind == "await" and isinstance(first, ast.Await) and isinstance(first.value, ast.Call):
            second, ops = _next(block, suspend, subject.machine.graph.predecessors)
            if isinstance(second, ast.Await) and _lets_through(ops, first, second):
                yield first, second


def _next(block: BasicBlock, suspend: Suspend, before: list[list[int]]) -> tuple[ast.AST | None, list[Op]]:
    """Return the await that comes next and only after this one, under the same `with` and `try`, with the ops between.

    Where ways join, another one leads to the next await, and the two belong to different branches.
    """
    ops: list[Op] = []
    here = suspend.resume
    last = block.index
    while here.index > last and len(before[here.index]) == 1:
        last = here.index
        ops.extend(here.ops)
        match here.terminator:
            case Goto(target=target):
                here = target
            case Suspend(kind="await", node=node, surroundings=around) if around == suspend.surroundings:
                return (node if not around.comprehensions else None), ops
            case _:
                break
    return None, ops


def _lets_through(ops: list[Op], first: ast.Await, second: ast.Await) -> bool:
    if not isinstance(second.value, ast.Call):
        return False
    inside = set(ast.walk(second))
    if first in inside:
        return False
    stored = {op.name for op in ops if op.kind is OpKind.STORE}
    read = {n.id for n in inside if isinstance(n, ast.Name)}
    if stored & read or any(isinstance(n, ast.Await) for n in inside if n is not second):
        return False
    roots = {root_of(path) for n in inside if (path := path_of(n)) is not None}
    reads = _whole_paths(second.value) if isinstance(second.value.func, ast.Attribute) else roots
    for op in ops:
        if op.node in inside or op.kind in HARMLESS:
            continue
        if op.kind in PLACES and isinstance(op.node, (ast.Attribute, ast.Subscript)):
            path = path_of(op.node.value)
            if path is not None and (root_of(path) not in roots or _is_beside(op.node, reads)):
                continue
        if op.kind is OpKind.CALL and isinstance(op.node, ast.Call) and is_log(op.node):
            continue
        return False
    return True


def _whole_paths(call: ast.Call) -> set[str]:
    """Return the paths that a call reads, whole: `self.api` of `self.api.get()`, and `self` of `self.get()`."""
    found: set[str] = set()
    pending: list[ast.AST] = [*call.args, *call.keywords]
    pending.append(call.func.value if isinstance(call.func, ast.Attribute) else call.func)
    while pending:
        node = pending.pop()
        path = path_of(node)
        if path is not None:
            found.add(path)
        else:
            pending.extend(ast.iter_child_nodes(node))
    return found


def _is_beside(target: ast.expr, reads: set[str]) -> bool:
    """Tell whether what is set is an attribute beside all that a call reads: `self.users` beside `self.api`."""
    path = path_of(target)
    return path is not None and not any(touch(path, read) for read in reads)


class _Row:
    """Answers about two neighbouring awaits of one function."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.facts: dict[Site, CallFact] = {f.site: f for f in subject.frame.function.calls if f.form == "call"}

    @cached_property
    def unused(self) -> frozenset[ast.AST]:
        """The awaits whose value nobody looks at, in the whole function."""
        machine = self.subject.machine
        found: set[ast.AST] = set()
        for node in _statements(self.subject):
            if isinstance(node, ast.Expr):
                found.add(node.value)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1:
                stores = [n for n in ast.walk(node.targets[0]) if isinstance(n, ast.Name)]
                if names_in(node.targets[0]) and not any(machine.uses_of(n) for n in stores):
                    found.add(node.value)
        return frozenset(found)

    def needless(self, first: ast.Await, second: ast.Await) -> CallFact | None:
        """Return the second call if it may as well run beside the first."""
        one, one_fact = awaited_call(first.value, self.facts, self.subject)
        two, two_fact = awaited_call(second.value, self.facts, self.subject)
        if one is None or two is None or one_fact is None or two_fact is None:
            return None
        if first in self.unused or second in self.unused:
            apart = self._act_apart(one, two) and may_wait(one_fact, self.subject) and may_wait(two_fact, self.subject)
            return two_fact if apart else None
        if is_together(one_fact, self.subject) or is_together(two_fact, self.subject):
            return None
        sharing = self.subject.summaries.sharing
        here = sharing.of_call(one, one_fact, self.subject.frame)
        there = sharing.of_call(two, two_fact, self.subject.frame)
        if not here.is_free or not there.is_free:
            return None
        apart = here.known and there.known and not here.uses & there.uses
        alike = self._ask_alike(one, two, is_open=here.is_open or there.is_open)
        # Deleting or putting on a server may change what the other one asks it for.
        mixed = (first_word(one) in CHANGING) != (first_word(two) in CHANGING)
        if not alike and (mixed or not (apart and self._meet_nowhere(one, two))):
            return None
        return two_fact if may_wait(one_fact, self.subject) and may_wait(two_fact, self.subject) else None

    def _act_apart(self, one: ast.Call, two: ast.Call) -> bool:
        """Tell whether two objects of the project are told the same, and each changes nothing but itself.

        What is started, or is a step of something, may have its order.
        """
        paths = [path_of(c.func.value) for c in (one, two) if isinstance(c.func, ast.Attribute)]
        names = {written(call.func).rpartition(".")[2] for call in (one, two)}
        if len(names) > 1 or len(paths) < 2 or None in paths or touch(str(paths[0]), str(paths[1])):
            return False
        return not may_have_order(names.pop()) and all(self._stays_inside(call) for call in (one, two))

    def _stays_inside(self, call: ast.Call) -> bool:
        fact, frame = self.facts[site_of(call)], self.subject.frame
        callees = self.subject.summaries.targets.callees(fact, frame)
        known = bool(callees) and all(isinstance(c, Method) and is_first_party(c.name) for c in callees)
        conduct = self.subject.summaries.sharing.of_call(call, fact, frame)
        return known and conduct.known and conduct.stays_inside

    def _ask_alike(self, one: ast.Call, two: ast.Call, is_open: bool) -> bool:
        """Tell whether two calls ask for different things: the same function, or two whose names say that they ask.

        What methods without a body will ask is up to others.
        """
        if ast.dump(one.func) == ast.dump(two.func):
            return ast.dump(one) != ast.dump(two) and not self._may_lie_in_memory(one)
        return not is_open and all(is_question(c) and not self._is_of_unknown_base(c) for c in (one, two))

    def _may_lie_in_memory(self, call: ast.Call) -> bool:
        """Tell whether an object of which nothing is known is called as what mostly has its things at hand."""
        path = path_of(call.func.value) if isinstance(call.func, ast.Attribute) else None
        if path is None or path.rpartition(".")[2].lower().strip("_").rpartition("_")[2] not in AT_HAND:
            return False
        return not self.subject.summaries.targets.callees(self.facts[site_of(call)], self.subject.frame)

    def _is_of_unknown_base(self, call: ast.Call) -> bool:
        """Tell whether the own object is asked for what it has from an unknown class: that may lie in memory."""
        owner, parameters = self.subject.frame.function.owner, self.subject.frame.function.parameters
        own = parameters[0].name if owner and parameters else ""
        is_own = isinstance(call.func, ast.Attribute) and path_of(call.func.value) == own
        return is_own and not self.subject.summaries.targets.callees(self.facts[site_of(call)], self.subject.frame)

    def _meet_nowhere(self, one: ast.Call, two: ast.Call) -> bool:
        """Tell whether two calls get no object that one of them could change for the other."""
        sharing, frame = self.subject.summaries.sharing, self.subject.frame
        first = list(sharing.touched(one, self.facts[site_of(one)], frame))
        second = list(sharing.touched(two, self.facts[site_of(two)], frame))
        return not any(touch(a, b) for a in first for b in second)


def _statements(subject: Subject) -> Iterator[ast.stmt]:
    node = subject.frame.module.node(subject.frame.function.key)
    for part in getattr(node, "body", ()) if not isinstance(node, (ast.Lambda, ast.GeneratorExp)) else ():
        for inner in within(part):
            if isinstance(inner, ast.stmt):
                yield inner


def _one_after_other(fact: CallFact, first: ast.Await, subject: Subject) -> Finding:
    message = (
        f"{fact.text}() starts only when the await at line {first.lineno} is over, though it needs nothing of it: "
        f"the waits add up; start both with {start_together(subject)}"
    )
    return subject.finding("BKM405", fact, message, Level.HINT, "awaits-in-row")
