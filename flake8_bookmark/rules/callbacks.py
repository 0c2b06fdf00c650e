"""BKM12x: plain code that the loop itself runs makes its thread wait.

A finding stands inside the callback, at the call that waits. What a file hands to the loop from elsewhere (a library's
function, or one of another file that doesn't know that it is a callback) is reported where it is handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Finding
from flake8_bookmark.project.callbacks import Handing, Registration
from flake8_bookmark.project.summaries import BOTH_WORLDS
from flake8_bookmark.rules.advice import advise
from flake8_bookmark.rules.blocking import chain, is_follow_up, said, verb
from flake8_bookmark.rules.contexts import contextual_level, test_level
from flake8_bookmark.rules.model import Subject, Wait

Check = Callable[[Subject], Iterator[Finding]]


def callback_calls(kind: Kind) -> Check:
    """Return the check of BKM12K."""
    code = f"BKM12{kind.value}"

    def check(subject: Subject) -> Iterator[Finding]:
        if subject.handing is not None and not _waits_elsewhere(kind, subject):
            for wait in subject.waits:
                if wait.hit.effect.kind is kind and not is_follow_up(wait, subject) and not _is_callback(wait, subject):
                    yield from _inside(code, wait, subject.handing, subject)
        for made, wait in subject.handed_waits:
            if wait.hit.effect.kind is kind:
                yield from _at_hand_over(code, made, wait, subject)

    return check


def _waits_elsewhere(kind: Kind, subject: Subject) -> bool:
    """Tell whether a function for both worlds waits only where no loop runs: on the loop it gives an awaitable."""
    return kind in BOTH_WORLDS and subject.summaries.worlds.is_facade(subject.frame)


def _is_callback(wait: Wait, subject: Subject) -> bool:
    """Tell whether a helper is run by the loop as well; it is reported where it stands."""
    if wait.helper is None:
        return False
    frame = subject.summaries.resolver.project.frame(wait.helper.name)
    return frame is not None and subject.summaries.callbacks.handing(frame) is not None


def _inside(code: str, wait: Wait, handing: Handing, subject: Subject) -> Iterator[Finding]:
    level = contextual_level(wait, subject)
    if level is None:
        return
    level = level.lowered() if handing.handover.rare else level
    message = describe_inside(wait, handing, subject)
    yield subject.finding(code, wait.fact, message, level, wait.hit.effect.anchor, wait.hit.trace)


def describe_inside(wait: Wait, handing: Handing, subject: Subject) -> str:
    """Return the message about a call inside a callback: the effect first, then who runs it, the way, the fix."""
    name = "a lambda" if subject.frame.function.is_lambda else subject.frame.function.name
    file = subject.frame.module.path.rpartition("/")[2]
    head = f"{said(wait.fact, wait.hit)} {verb(wait.hit.effect)} in {name}, run by the loop"
    message = f"{head} ({handing.by}, {file}:{handing.line}){chain(wait)}"
    advice = advise(wait.hit.effect, wait.fact.text, wait.fact, subject.context, wait.helper is not None)
    return _advised(message, advice, handing.handover.awaits, name)


def _at_hand_over(code: str, made: Registration, wait: Wait, subject: Subject) -> Iterator[Finding]:
    found = wait.hit.level.lowered() if made.handover.rare else wait.hit.level
    level = test_level(found, wait.hit.effect) if subject.context.is_test else found
    if level is None:
        return
    name = _name_of(wait)
    message = f"{name}() {verb(wait.hit.effect)} when the loop runs it for {made.fact.text}{chain(wait)}"
    advice = advise(wait.hit.effect, name, wait.fact, subject.context, wait.helper is not None)
    yield subject.finding(
        code, wait.fact, _advised(message, advice, made.handover.awaits, name), level, wait.hit.effect.anchor,
        wait.hit.trace,
    )  # fmt: skip


def _name_of(wait: Wait) -> str:
    if wait.helper is None:
        return wait.hit.effect.name.removeprefix("builtins.")
    return wait.helper.name.rpartition(":")[2].rpartition("<locals>.")[2]


def _advised(message: str, advice: str, awaits: bool, name: str) -> str:
    """A plain function can't await: the advice is for a task, or for the same function as a coroutine."""
    if not advice or advice.startswith(("import ", "hand ")):
        return f"{message}; {advice}" if advice else message
    if awaits and name.isidentifier():
        return f"{message}; make {name} a coroutine and {advice}"
    return f"{message}; in a task, {advice}"
