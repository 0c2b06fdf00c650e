"""BKM506: a coroutine waits for a lock that it holds itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, NameTerm, ParameterTerm, Term
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, Method, is_first_party
from flake8_bookmark.rules.model import Subject

DEEPEST = 6


@dataclass(frozen=True, slots=True)
class _Lock:
    """A lock that has one name for all: an attribute of the object that a method is called on, or a module's global."""

    owner: str  # "self", or the module
    path: str
    refuses: bool = False


def lock_taken_again(subject: Subject) -> Iterator[Finding]:
    """An exclusive lock of the event loop is taken while this coroutine holds it."""
    if not any(p.held for p in subject.machine.points):
        return
    enters = {f.site: f for f in subject.frame.function.calls if f.form == "enter" and f.is_async}
    released = {lock for f in subject.frame.function.calls for lock in _released(f, subject)}
    for point in subject.machine.points:
        if point.via == "aexit":
            continue
        held: dict[_Lock, ast.withitem] = {}
        for item in point.held:
            lock = _lock(enters.get(site_of(item.context_expr)), subject.frame, subject)
            if lock is not None and lock not in released:
                held[lock] = item
        if held:
            yield from _taken_again(point, held, enters, subject)


def _taken_again(
    point: SuspensionPoint, held: dict[_Lock, ast.withitem], enters: dict[Site, CallFact], subject: Subject
) -> Iterator[Finding]:
    if point.via == "aenter" and isinstance(point.node, ast.withitem):
        fact = enters.get(site_of(point.node.context_expr))
        lock = _lock(fact, subject.frame, subject)
        if fact is not None and lock in held:
            yield _report(fact, fact.text, lock, held[lock], "", subject)
    elif point.via == "await" and isinstance(point.node, ast.Await):
        site = site_of(point.node.value)
        for fact in subject.facts:
            if fact.form != "call" or fact.site != site:
                continue
            for lock, item in held.items():
                way = _reaches(fact, subject.frame, lock, subject, ())
                if way is not None:
                    yield _report(fact, f"{fact.text}()", lock, item, way, subject)


def _reaches(fact: CallFact, frame: Frame, lock: _Lock, subject: Subject, above: tuple[str, ...]) -> str | None:
    """Return where an awaited call takes the lock on its way, as `name (line)`; None if it does not."""
    if len(above) >= DEEPEST or not isinstance(fact.term, CallTerm):
        return None
    if written_acquire(fact) and _lock_of(fact.term.callee, frame, subject) == lock:
        return f"line {fact.line}"
    callees = subject.summaries.targets.callees(fact, frame)
    if len(callees) != 1 or not is_first_party(getattr(callees[0], "name", "")):
        return None
    callee = callees[0]
    inner = subject.summaries.resolver.project.frame(getattr(callee, "name", ""))
    if inner is None or inner.function.kind != "coroutine" or inner.name in above or inner.function.decorators:
        return None
    if lock.owner == "self" and not (isinstance(callee, Method) and _is_on_self(fact.term.callee, frame)):
        return None
    return _taken_inside(inner, lock, subject, (*above, inner.name))


def _taken_inside(inner: Frame, lock: _Lock, subject: Subject, above: tuple[str, ...]) -> str | None:
    for fact in inner.function.calls:
        if any(test.word != "field" for test in fact.when) or fact.guarded or fact.handles or fact.choices:
            continue  # it may be just what is not so while the lock is held
        if fact.form == "enter" and fact.is_async and _lock(fact, inner, subject) == lock:
            return f"{inner.function.name} (line {fact.line})"
        if fact.form == "call" and fact.use == "awaited":
            way = _reaches(fact, inner, lock, subject, above)
            if way is not None:
                return way
    return None


def written_acquire(fact: CallFact) -> bool:
    return fact.use == "awaited" and fact.text.endswith(".acquire")


def _released(fact: CallFact, subject: Subject) -> Iterator[_Lock]:
    """Yield the lock that a call releases by hand, before the `with` is left: then it need not be held any more."""
    if fact.form == "call" and isinstance(fact.term, CallTerm) and fact.text.endswith(".release"):
        lock = _lock_of(fact.term.callee, subject.frame, subject)
        if lock is not None:
            yield lock


def _lock(fact: CallFact | None, frame: Frame, subject: Subject) -> _Lock | None:
    """Return the lock that a fact enters, if it is exclusive and has one name."""
    if fact is None or not fact.is_async:
        return None
    return _named(fact.term, frame, subject)


def _lock_of(callee: Term, frame: Frame, subject: Subject) -> _Lock | None:
    return _named(callee.value, frame, subject) if isinstance(callee, AttributeTerm) else None


def _named(term: Term, frame: Frame, subject: Subject) -> _Lock | None:
    resolver = subject.summaries.resolver
    values = resolver.resolve(term, frame)
    kinds = [resolver.catalogue.lock(v.cls) if isinstance(v, Instance) else None for v in values]
    if not kinds or not all(k is not None and k.family == "async" and (k.exclusive or k.refuses) for k in kinds):
        return None
    refuses = all(k is not None and k.refuses for k in kinds)
    if isinstance(term, AttributeTerm) and _is_self(term.value, frame):
        return _Lock("self", term.name, refuses)
    if isinstance(term, NameTerm) and term.scope == "global":
        return _Lock(frame.module.name, term.id, refuses)
    return None


def _is_on_self(callee: Term, frame: Frame) -> bool:
    return isinstance(callee, AttributeTerm) and _is_self(callee.value, frame)


def _is_self(term: Term, frame: Frame) -> bool:
    """Tell whether a term is the object that the function is called on."""
    if not isinstance(term, NameTerm) or not frame.function.owner or len(term.bindings) != 1:
        return False
    bound = frame.function.bindings[term.bindings[0]].term
    return isinstance(bound, ParameterTerm) and bound.index == 0


def _report(fact: CallFact, what: str, lock: _Lock, item: ast.withitem, way: str, subject: Subject) -> Finding:
    taken, since = written(item.context_expr), item.context_expr.lineno
    place = f" in {way}" if way else ""
    asks, ends = ("asks", "gets RuntimeError") if lock.refuses else ("waits", "waits for ever")
    message = f"{what} {asks}{place} for {taken}, held here since line {since}: it {ends}; take it once"
    return subject.finding("BKM506", fact, message, Level.ERROR, "own-lock")
