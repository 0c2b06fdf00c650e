"""BKM305: a coroutine function where a plain callable is expected."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.effects.model import Handover, Place
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.names.terms import CallTerm, FunctionTerm, Term
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.rules.model import Subject

DROPS = "it drops its coroutine"
WHERE = {
    Place.WORKER: "a worker calls it and drops its coroutine",
    Place.LOOP: "the loop calls it and drops its coroutine",
    Place.SIGNAL: "the signal's handler drops its coroutine",
    Place.HERE: "its coroutine is taken for its result",
}


def coroutine_as_callback(subject: Subject) -> Iterator[Finding]:
    """A callable slot of a library is filled with a function that only makes a coroutine."""
    for fact in subject.frame.function.calls:
        if fact.form != "call" or not isinstance(fact.term, CallTerm):
            continue
        if not fact.term.arguments and not fact.term.keywords:
            continue
        for handover, term in _slots(fact, fact.term, subject):
            name = _coroutine_function(term, handover, subject)
            if name and fact.site in subject.reachable:
                yield _finding(fact, name, handover, subject)
                break


def _slots(fact: CallFact, call: CallTerm, subject: Subject) -> Iterator[tuple[Handover, Term]]:
    catalogue = subject.summaries.resolver.catalogue
    names = subject.callee_names(fact)
    if len(names) != 1:
        return
    for name in names:
        for handover in catalogue.handovers(name):
            term = argument(call, handover) if handover.plain else None
            if term is not None:
                yield handover, term


def _coroutine_function(term: Term, handover: Handover, subject: Subject) -> str:
    """Return the name of a coroutine function that a term surely is; empty if it may be something else."""
    resolver, reader = subject.summaries.resolver, subject.summaries.coroutines
    if isinstance(term, FunctionTerm) and subject.frame.sibling(term.key).function.is_lambda:
        return "" if handover.result else _returned_by_lambda(term, subject)
    values = resolver.resolve(term, subject.frame)
    if not values or not all(reader.is_coroutine_function(v) for v in values):
        return ""
    if not resolver.certainty.is_complete(term, subject.frame) or reader.may_be_replaced(values, subject.frame):
        return ""
    name = getattr(values[0], "name", "")
    return name.rpartition(":")[2].rpartition(".")[2] or "this partial"


def _returned_by_lambda(term: FunctionTerm, subject: Subject) -> str:
    frame = subject.frame.sibling(term.key)
    for inner in frame.function.calls:
        if inner.use == "returned" and subject.summaries.coroutines.made_by(inner, frame) is not None:
            return f"lambda: {inner.text}()"
    return ""


def _finding(fact: CallFact, name: str, handover: Handover, subject: Subject) -> Finding:
    outcome = WHERE.get(handover.place, DROPS)
    message = f"{name} is a coroutine function, and {fact.text}() expects a plain one: {outcome}"
    fix = "start a task with it" if handover.place is not Place.HERE else "await it first"
    return subject.finding("BKM305", fact, f"{message}; {fix}", Level.ERROR, "plain-callable")
