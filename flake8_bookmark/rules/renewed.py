"""BKM503 for what expires, where the method that renews it is awaited: `if self._expires <= now: await self._renew()`.

The test stands here, and what it asks for is set behind a suspension of the awaited method. Every task that comes in
between finds the same answer, and renews again: the second one with a refresh token that is used up.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import Branch, Op, OpKind
from flake8_bookmark.flow.rounds import path_of, within
from flake8_bookmark.flow.sharing import Place, shown, statements
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Method, is_first_party
from flake8_bookmark.rules.guarded import is_serialised, level_of_race, may_lock, report, suspensions
from flake8_bookmark.rules.keepers import tasks_may_meet
from flake8_bookmark.rules.model import Subject

ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
CLOCKS = frozenset({"now", "utcnow", "time", "time_ns", "monotonic", "monotonic_ns", "today"})
"""The names of what says how late it is, in the standard library and in those that build on it."""


@dataclass(frozen=True, slots=True)
class _Renewal:
    """What a method sets behind a suspension of its own: the line of the await, and that of the assignment."""

    method: str
    waits: int
    sets: int


def renewed_by_method(subject: Subject) -> Iterator[Finding]:
    """What has expired is renewed by every task that finds it so."""
    function = subject.frame.function
    if not subject.options.hints or not function.owner or not function.parameters or not subject.machine.points:
        return
    points = list(suspensions(subject).values())
    for block, places in subject.machine.sharing.tested.items():
        test = block.terminator.node if isinstance(block.terminator, Branch) else None
        asked: list[Place] = [p for p in places if len(p) == 2 and p[0] == function.parameters[0].name]
        if not asked or not isinstance(test, ast.Compare) or not _asks_the_time(test, subject):
            continue
        found = next(_found(test, asked, points, subject), None)
        if found is not None:
            yield found


def _asks_the_time(test: ast.Compare, subject: Subject) -> bool:
    """Tell whether a test compares with what a clock says, read in it or bound to a name before."""
    if not isinstance(test.ops[0], ORDERED):
        return False
    calls = (f for f in subject.frame.function.calls if f.form == "call" and f.text.rpartition(".")[2] in CLOCKS)
    known = ((f, subject.callee_names(f)) for f in calls)
    clocks = [f for f, names in known if names and {n.rpartition(".")[2] for n in names} <= CLOCKS]
    sites = {site_of(part) for part in ast.walk(test) if isinstance(part, ast.Call)}
    read = {part.id for part in ast.walk(test) if isinstance(part, ast.Name)}
    return any(f.site in sites or read.intersection(f.targets) for f in clocks)


def _found(test: ast.expr, asked: list[Place], points: list[SuspensionPoint], subject: Subject) -> Iterator[Finding]:
    for call, point in _awaited_under(test, points, subject):
        fact = next((f for f in subject.frame.function.calls if f.form == "call" and f.site == site_of(call)), None)
        if fact is None:
            continue
        for place in asked:
            renewal = _renewal(fact, place[1].removeprefix("."), subject)
            shared = level_of_race(place, subject) is not None and tasks_may_meet(place, test, None, subject)
            if renewal is None or not shared:
                continue
            first = Op(OpKind.OPERATOR, test)
            if not is_serialised(subject, first, first, point):
                yield _report(test, place, renewal, subject)


def _awaited_under(
    test: ast.expr, points: list[SuspensionPoint], subject: Subject
) -> Iterator[tuple[ast.Call, SuspensionPoint]]:
    """Yield the calls of own methods that are awaited as statements right under the `if` of a test."""
    node: ast.AST | None = test
    while node is not None and not isinstance(node, ast.stmt):
        node = subject.places.parents.get(node)
    by_node = {point.node: point for point in points}
    for statement in node.body if isinstance(node, ast.If) else ():
        value = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
        point = by_node.get(value) if isinstance(value, ast.Await) else None
        if point is not None and isinstance(value, ast.Await) and isinstance(value.value, ast.Call):
            yield value.value, point


def _renewal(fact: CallFact, name: str, subject: Subject) -> _Renewal | None:
    """Return where a method of the own object sets an attribute after it has waited, with nothing that holds others."""
    callees = subject.summaries.targets.callees(fact, subject.frame)
    own = f"{subject.frame.module.name}:{subject.frame.function.owner}"
    if len(callees) != 1 or not isinstance(callees[0], Method) or callees[0].receiver.cls != own:
        return None
    frame = subject.summaries.resolver.project.frame(callees[0].name) if is_first_party(callees[0].name) else None
    if frame is None or frame.function.kind != "coroutine" or not frame.function.parameters:
        return None
    return _set_behind(frame, f"{frame.function.parameters[0].name}.{name}", subject)


def _set_behind(frame: Frame, path: str, subject: Subject) -> _Renewal | None:
    node = frame.module.node(frame.function.key)
    body = node.body if isinstance(node, ast.AsyncFunctionDef) else []
    parts = [part for statement in body for part in within(statement)]
    reads = (p for p in parts if isinstance(p, (ast.If, ast.While, ast.IfExp, ast.Assert)))
    if any(path_of(part) == path for test in reads for part in ast.walk(test.test)) or _may_hold(frame, parts, subject):
        return None
    waits = [p.lineno for p in parts if isinstance(p, ast.Await)]
    sets = [s.lineno for s in statements(body) if isinstance(s, ast.Assign) and path in map(path_of, s.targets)]
    if not waits or not sets or min(sets) <= min(waits):
        return None
    return _Renewal(frame.function.name, min(waits), min(sets))


def _may_hold(frame: Frame, parts: list[ast.AST], subject: Subject) -> bool:
    """Tell whether a method may take a lock, or turns away who comes second."""
    items = {site_of(i.context_expr) for p in parts if isinstance(p, (ast.With, ast.AsyncWith)) for i in p.items}
    resolve = subject.summaries.resolver.resolve
    entered = (f for f in frame.function.calls if f.form == "enter" and f.site in items)
    acquires = any(isinstance(p, ast.Attribute) and p.attr == "acquire" for p in parts)
    is_locked = any(may_lock(resolve(f.term, frame), subject) for f in entered)
    return is_locked or acquires or bool(frame.function.decorators)


def _report(test: ast.expr, place: Place, renewal: _Renewal, subject: Subject) -> Finding:
    message = (
        f"{shown(place)} is tested here, set in line {renewal.sets} by {renewal.method}(), and line {renewal.waits} "
        f"waits in between: two tasks may pass; hold a lock over both"
    )
    return report(subject, "BKM503", test, message, Level.HINT, "check-then-act")
