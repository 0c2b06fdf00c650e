"""BKM1xx: something inside a transition makes the thread wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flake8_bookmark.effects.model import Effect, Kind, Place
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.names.terms import CallTerm
from flake8_bookmark.project.summaries import Hit
from flake8_bookmark.project.values import Instance, Method
from flake8_bookmark.rules.advice import advise
from flake8_bookmark.rules.contexts import contextual_level
from flake8_bookmark.rules.model import Subject, Wait

VERBS = {
    Kind.SLEEP: "sleeps",
    Kind.NETWORK: "waits on the network",
    Kind.DATABASE: "waits on the database",
    Kind.PROCESS: "waits on a process",
    Kind.FILE: "waits on the disk",
    Kind.PATH: "waits on the file system",
    Kind.THREAD: "waits for another thread",
    Kind.LOOP: "needs a loop of its own on this thread",
    Kind.PERSON: "waits for a person",
    Kind.COMPUTE: "computes for long",
}
BY_ANCHOR = {
    "import": "finds, reads and runs a file the first time",
    "run-coroutine-threadsafe": "waits for an event loop",
}
SAID_BY = {
    "enter": "entering {}",
    "exit": "leaving {}",
    "iterate": "stepping through {}",
    "unpack": "stepping through {}",
    "class": "the body of {}",
}
Check = Callable[[Subject], Iterator[Finding]]


def own_calls(kind: Kind) -> Check:
    """Return the check of BKM10K: the coroutine's own calls."""

    def check(subject: Subject) -> Iterator[Finding]:
        for wait in subject.waits:
            if wait.helper is None and wait.hit.effect.kind is kind and not is_follow_up(wait, subject):
                yield from _report(f"BKM10{kind.value}", wait, subject)

    return check


def helper_calls(kind: Kind) -> Check:
    """Return the check of BKM11K: calls of first-party functions that wait in the end."""

    def check(subject: Subject) -> Iterator[Finding]:
        for wait in subject.waits:
            if wait.helper is not None and wait.hit.effect.kind is kind:
                yield from _report(f"BKM11{kind.value}", wait, subject)

    return check


def _report(code: str, wait: Wait, subject: Subject) -> Iterator[Finding]:
    level = contextual_level(wait, subject)
    if level is not None:
        message = describe(wait, subject)
        yield subject.finding(code, wait.fact, message, level, wait.hit.effect.anchor, wait.hit.trace)


def describe(wait: Wait, subject: Subject) -> str:
    """Return the message: the effect first, then the way, then the fix."""
    effect, fact = wait.hit.effect, wait.fact
    head = f"{said(fact, wait.hit)} {verb(effect)}{chain(wait)}"
    if is_idle_endpoint(subject):
        return f"{head}; make {subject.frame.function.name} a plain def: its framework runs it in a worker"
    advice = advise(effect, fact.text, fact, subject.context, wait.helper is not None)
    return f"{head}; {advice}" if advice else head


def is_idle_endpoint(subject: Subject) -> bool:
    """Tell whether a framework would run this coroutine in a worker if it were a plain function, as it could be."""
    if subject.frame.function.kind != "coroutine" or subject.machine.points:
        return False
    return subject.summaries.callbacks.handing(subject.frame, Place.ENDPOINT) is not None


def chain(wait: Wait) -> str:
    """Return the way to the cause, as it follows the effect; empty for a call that waits by itself."""
    return f": {' > '.join(str(h) for h in wait.hit.trace)}" if wait.hit.trace else ""


def verb(effect: Effect) -> str:
    """Return what the effect does, as the predicate of a sentence."""
    if effect.anchor in BY_ANCHOR:
        return BY_ANCHOR[effect.anchor]
    if effect.kind is Kind.COMPUTE and effect.cause:
        return f"computes for long ({effect.cause})"
    if effect.kind is Kind.PERSON and effect.cause:
        return f"blocks ({effect.cause})"
    if effect.kind is Kind.PROCESS and effect.level < Level.ERROR:
        return "starts a process"
    return VERBS[effect.kind]


def said(fact: CallFact, hit: Hit) -> str:
    """Return what runs, as it is written, and by its qualified name where that says more."""
    if fact.form == "import":
        return f"import {fact.text}"
    if fact.form in SAID_BY:
        return SAID_BY[fact.form].format(fact.text)
    written = f"{fact.text}()" if fact.form == "call" else fact.text
    name = hit.effect.name.removeprefix("builtins.")
    if hit.trace or name == fact.text or name.endswith(f".{fact.text}"):
        return written
    return f"{written}, {name}," if fact.form == "call" else written


def is_follow_up(wait: Wait, subject: Subject) -> bool:
    """Tell whether a file call works on a file that this function was already told about when it opened it.

    One finding for open and read: the fix has to move both.
    """
    if wait.hit.effect.kind not in (Kind.FILE, Kind.PATH) or wait.hit.effect.anew:
        return False
    here = (subject.frame.module.name, subject.frame.function.key)
    opened = {
        w.fact.site
        for w in subject.waits
        if w.fact.form == "call" and w.helper is None and w.hit.effect.kind is Kind.FILE and w is not wait
    }
    return any(o[:2] == here and o[2] in opened and o[2] != wait.fact.site for o in _origins(wait.fact, subject))


def _origins(fact: CallFact, subject: Subject) -> Iterator[tuple[str, str, tuple[int, int, int, int]]]:
    """Yield where the receiver and the arguments of a call were made."""
    resolver = subject.summaries.resolver
    terms = [fact.term]
    if isinstance(fact.term, CallTerm):
        terms = list(fact.term.given)
        for value in resolver.resolve(fact.term.callee, subject.frame):
            if isinstance(value, Method) and value.receiver.origin:
                yield value.receiver.origin
    for term in terms:
        for value in resolver.resolve(term, subject.frame):
            if isinstance(value, Instance) and value.origin:
                yield value.origin
