"""BKM603, BKM604, BKM606: what a `with` opens for time and tasks, and what is inside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Place, Scope, Suspends
from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import OpKind
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import CallTerm, ConstantTerm
from flake8_bookmark.project.values import Instance
from flake8_bookmark.rules.model import Subject

TIMED = frozenset({Scope.TIMEOUT, Scope.CANCEL})
HELD_TOGETHER = frozenset({Scope.TIMEOUT, Scope.CANCEL, Scope.TASKS})
WORDS = {Scope.TIMEOUT: "timeout", Scope.CANCEL: "cancel scope", Scope.TASKS: "task group"}
WAITERS = frozenset({"asyncio.wait_for"})
ABANDON = frozenset({"anyio.to_thread.run_sync", "anyio.to_process.run_sync", "trio.to_thread.run_sync"})


def scope_of(item: ast.withitem, subject: Subject) -> tuple[Scope, CallFact] | None:
    """Return what a `with` item opens, if the catalogue knows it, with the fact of entering it."""
    fact = entering(item, subject)
    if fact is None:
        return None
    catalogue, resolver = subject.summaries.resolver.catalogue, subject.summaries.resolver
    names: list[str] = []
    if isinstance(fact.term, CallTerm):
        names += [getattr(v, "name", "") for v in resolver.resolve(fact.term.callee, subject.frame)]
    names += [v.cls for v in resolver.resolve(fact.term, subject.frame) if isinstance(v, Instance)]
    found = next((s for n in names if n and (s := catalogue.scope(n)) is not None), None)
    return (found, fact) if found is not None else None


def entering(item: ast.withitem, subject: Subject) -> CallFact | None:
    """Return the fact of entering a `with` item."""
    site = site_of(item.context_expr)
    return next((f for f in subject.frame.function.calls if f.form == "enter" and f.site == site), None)


def _entered(subject: Subject) -> Iterator[tuple[ast.withitem, Scope, CallFact]]:
    """Yield every known scope that the function opens, once."""
    seen: set[ast.withitem] = set()
    for block in subject.machine.graph.blocks:
        for op in block.ops:
            if op.kind is OpKind.ENTER and isinstance(op.node, ast.withitem):
                seen.add(op.node)
    items = [*seen, *(p.node for p in subject.machine.points if p.via == "aenter")]
    for item in items:
        found = scope_of(item, subject) if isinstance(item, ast.withitem) else None
        if found is not None and isinstance(item, ast.withitem):
            yield item, *found


# BKM603 ---------------------------------------------------------------------------------------------------------------


def idle_timeout(subject: Subject) -> Iterator[Finding]:
    """A timeout around code that never suspends."""
    for item, scope, fact in _entered(subject):
        if scope not in TIMED or subject.summaries.shields.keeps_out(fact, subject.frame):
            continue  # a shield is not meant to fire
        if not any(_may_wait(p, item, subject) for p in subject.machine.points):
            message = (
                f"this {WORDS[scope]} never fires: nothing inside it suspends, and only a suspended coroutine "
                f"is cancelled; await in it, or remove it"
            )
            yield subject.finding("BKM603", fact, message, Level.WARNING, "idle-timeout")


def _may_wait(point: SuspensionPoint, item: ast.withitem, subject: Subject) -> bool:
    if item not in point.held or point.node is item:
        return False
    return subject.summaries.suspension.at(point, subject.frame) is not Suspends.NEVER


# BKM604 ---------------------------------------------------------------------------------------------------------------


def yield_in_scope(subject: Subject) -> Iterator[Finding]:
    """An async generator hands over inside a timeout, a cancel scope or a task group."""
    if subject.frame.function.kind != "asyncgenerator" or subject.frame.function.decorators:
        return
    reported: set[ast.withitem] = set()
    for point in subject.machine.points:
        for item in point.held if point.via == "yield" else ():
            found = scope_of(item, subject) if item not in reported else None
            if found is None or found[0] not in HELD_TOGETHER or _is_handed_over(subject):
                continue
            reported.add(item)
            scope, fact = found
            message = (
                f"line {point.line} yields inside this {WORDS[scope]}: its cancel hits whoever iterates, or is lost; "
                f"leave it before each yield"
            )
            yield subject.finding("BKM604", fact, message, Level.ERROR, "yield-in-scope")


def _is_handed_over(subject: Subject) -> bool:
    """Tell whether the generator's name is used without a call: a framework may make a context manager of it."""
    name = subject.frame.function.name
    called: set[ast.AST] = set()
    used: list[ast.AST] = []
    for node in ast.walk(subject.frame.module.node("<module>")):
        if isinstance(node, ast.Call):
            called.add(node.func)
        if (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name):
            used.append(node)
    return any(node not in called for node in used)


# BKM606 ---------------------------------------------------------------------------------------------------------------


def deaf_work(subject: Subject) -> Iterator[Finding]:
    """A timeout around work in a thread, which goes on when the time is up."""
    for fact in subject.facts:
        if fact.form == "call" and isinstance(fact.term, CallTerm) and fact.term.arguments:
            names = {getattr(v, "name", "") for v in subject.summaries.targets.callees(fact, subject.frame)}
            if names & WAITERS and _is_timed(fact.term):
                worker = _worker(fact.term.arguments[0], subject)
                if worker is not None:
                    yield _deaf(fact, worker, subject)
    for item, scope, fact in _entered(subject):
        if scope is Scope.TIMEOUT:
            yield from _deaf_scope(item, fact, subject)


def _is_timed(term: CallTerm) -> bool:
    """Tell whether a wait_for has a time limit: one that is written as None has none."""
    limits = [*term.arguments[1:2], *(value for name, value in term.keywords if name == "timeout")]
    return bool(limits) and getattr(limits[0], "kind", "") != "NoneType"


def _deaf_scope(item: ast.withitem, fact: CallFact, subject: Subject) -> Iterator[Finding]:
    """Report a scope if all that suspends inside it is work of threads."""
    inside = [p for p in subject.machine.points if _may_wait(p, item, subject)]
    sites = {site_of(p.node.value): p for p in inside if isinstance(p.node, ast.Await)}
    calls = [f for f in subject.facts if f.form == "call" and f.site in sites]
    workers = [_worker(f.term, subject) for f in calls]
    if inside and len(sites) == len(inside) == len(workers) and all(w is not None for w in workers):
        worker = workers[0]
        if worker is not None:
            yield _deaf(fact, worker, subject)


def _worker(term: object, subject: Subject) -> CallFact | None:
    """Return the call if a term hands a function to a thread, so that awaiting it waits for the thread."""
    if not isinstance(term, CallTerm):
        return None
    for fact in subject.facts:
        if fact.form == "call" and fact.site == term.site:
            for name, handover in subject.summaries.handed(fact, subject.frame, Place.WORKER):
                if handover.result == "awaitable" and not _is_abandoned(name, term):
                    return fact
    return None


def _is_abandoned(name: str, term: CallTerm) -> bool:
    """Tell whether the call says itself that the thread may be left alone, or the process killed."""
    flags = [flag for key, flag in term.keywords if key in ("abandon_on_cancel", "cancellable")]
    return name in ABANDON and any(not (isinstance(f, ConstantTerm) and not f.value) for f in flags)


def _deaf(fact: CallFact, worker: CallFact, subject: Subject) -> Finding:
    message = (
        f"when the time is up, {worker.text}() in line {worker.line} works on: a thread can't be cancelled; "
        f"limit the call inside it"
    )
    return subject.finding("BKM606", fact, message, Level.WARNING, "deaf-work")
