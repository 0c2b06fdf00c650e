"""BKM501, BKM505: what a bookmark holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Scope, Suspends
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock, OpKind, Suspend
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.project.values import Instance, Method, Values
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.scopes import scope_of

BLOCKING_FAMILIES = ("thread", "process")


def thread_lock(subject: Subject) -> Iterator[Finding]:
    """A lock of threads is held while the coroutine is suspended.

    Of `acquire`, only a bare statement counts: where its result is looked at, it may not have taken the lock.
    """
    if not subject.machine.points:
        return
    yield from _held_by_with(subject)
    yield from _held_by_acquire(subject)


def _held_by_with(subject: Subject) -> Iterator[Finding]:
    enters = {f.site: f for f in subject.frame.function.calls if f.form == "enter" and not f.is_async}
    statements = [w for p in subject.machine.points for w in p.withs if isinstance(w, ast.AsyncWith)]
    asynchronous = {id(item) for statement in statements for item in statement.items}
    first: dict[tuple[int, int, int, int], int] = {}
    for point in subject.machine.points:
        for item in point.held:
            if id(item) not in asynchronous:
                first.setdefault(site_of(item.context_expr), point.line)
    for site, line in first.items():
        fact = enters.get(site)
        if fact is not None and _is_thread_lock(_resolve(fact, subject), subject):
            yield _report(fact, fact.text, line, subject)


def _held_by_acquire(subject: Subject) -> Iterator[Finding]:
    acquires = {f.site: f for f in subject.facts if f.text.endswith(".acquire") and f.use == "dropped"}
    if not acquires:
        return
    for block in subject.machine.graph.blocks:
        for index, op in enumerate(block.ops):
            fact = acquires.get(site_of(op.node)) if isinstance(op.node, ast.Call) and op.kind is OpKind.CALL else None
            if fact is None or not _acquires_thread_lock(fact, subject):
                continue
            lock = fact.text.removesuffix(".acquire")
            line = _suspended_before_release(block, index + 1, lock)
            if line is not None:
                yield _report(fact, lock, line, subject)


def _suspended_before_release(block: BasicBlock, start: int, lock: str) -> int | None:
    """Return the line of the first suspension that a path from here meets before `lock.release()`."""
    seen: set[int] = set()
    pending = [(block, start)]
    while pending:
        here, index = pending.pop()
        if any(_releases(op.node, lock) for op in here.ops[index:] if op.kind is OpKind.CALL):
            continue
        if isinstance(here.terminator, Suspend):
            return here.terminator.line
        for target in here.successors():
            if target.index not in seen:
                seen.add(target.index)
                pending.append((target, 0))
    return None


def _releases(node: ast.AST, lock: str) -> bool:
    return isinstance(node, ast.Call) and written(node.func) == f"{lock}.release"


def _acquires_thread_lock(fact: CallFact, subject: Subject) -> bool:
    callees = subject.summaries.targets.callees(fact, subject.frame)
    receivers = tuple(c.receiver for c in callees if isinstance(c, Method) and c.attribute == "acquire")
    return len(receivers) == len(callees) and _is_thread_lock(receivers, subject)


def _resolve(fact: CallFact, subject: Subject) -> Values:
    return subject.summaries.resolver.resolve(fact.term, subject.frame)


def _is_thread_lock(values: Values, subject: Subject) -> bool:
    catalogue = subject.summaries.resolver.catalogue
    locks = [catalogue.lock(v.cls) if isinstance(v, Instance) else None for v in values]
    return bool(locks) and all(lock is not None and lock.family in BLOCKING_FAMILIES for lock in locks)


def _report(fact: CallFact, lock: str, line: int, subject: Subject) -> Finding:
    library = {"asyncio": "asyncio.Lock", "anyio": "anyio.Lock", "trio": "trio.Lock"}[subject.context.framework]
    message = (
        f"{lock} stays locked while the coroutine is suspended at line {line}: the next to want it stops the loop "
        f"for good; release it first or use {library}"
    )
    return subject.finding("BKM501", fact, message, Level.ERROR, "thread-lock")


# BKM505 ---------------------------------------------------------------------------------------------------------------

OPEN = {Scope.TRANSACTION: "a transaction", Scope.CURSOR: "a cursor", Scope.FILELOCK: "a lock on a file"}


def open_transaction(subject: Subject) -> Iterator[Finding]:
    """A transaction, cursor or file lock of a sync library stays open while the coroutine is suspended."""
    first: dict[ast.withitem, SuspensionPoint] = {}
    for point in subject.machine.points:
        if any(isinstance(statement, ast.With) for statement in point.withs):
            for item in point.held:
                first.setdefault(item, point)
    for item, point in first.items():
        found = scope_of(item, subject)
        if found is None or found[0] not in OPEN or found[1].is_async:
            continue
        if subject.summaries.suspension.at(point, subject.frame) is not Suspends.NEVER:
            message = f"{OPEN[found[0]]} stays open while line {point.line} waits; await before or after it"
            yield subject.finding("BKM505", found[1], message, Level.HINT, "open-transaction")
