"""Functions of two colours: they give an awaitable to whoever awaits, and wait themselves for whoever does not.

    def token(self):
        if self.is_async:
            async def fetch(): …
            return fetch()
        return httpx.get(self.url)

Where the result is awaited, the awaitable was given: what stands below the last `return` of one did not run. It is
awaited at once, by a name, or by a coroutine of the project that gets it as an argument: `await settle(self.token())`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.names.terms import CallTerm, NameTerm, unannotated
from flake8_bookmark.project.arguments import passed
from flake8_bookmark.project.decisions import Known, Question
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.targets import TargetReader, is_awaited

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

AWAITED: tuple[Question, bool] = ((-2, "awaited", ()), True)
"""Stands among what is known of a call's arguments; its number is that of no parameter."""


class ColourReader:
    """Answers for a resolver; where a function gives awaitables is worked out once."""

    def __init__(self, resolver: Resolver, targets: TargetReader) -> None:
        self.resolver = resolver
        self.targets = targets
        self._last: dict[str, int] = {}

    def known(self, known: Known, fact: CallFact, callee: Frame, frame: Frame, around: Known) -> Known:
        """Return what is known of a call, and whether its result is awaited, where the callee may give an awaitable.

        A function gives on what it returns: `around` is what is known of its own call.
        """
        given_on = AWAITED in around and _is_returned(fact, frame)
        if not given_on and fact.use != "argument" and not is_awaited(fact, frame.function):
            return known  # asked before anything is resolved
        if not self._last_awaitable(callee) or (fact.use == "argument" and not self._is_awaited_by(fact, frame)):
            return known
        return (*known, AWAITED)

    def is_other_way(self, known: Known, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call of a function runs only where its result is no awaitable, and it is awaited."""
        return AWAITED in known and fact.line > self._last_awaitable(frame)

    def _last_awaitable(self, frame: Frame) -> int:
        """Return the line of the last `return` of what surely is an awaitable; 0 where there is none."""
        known = self._last.get(frame.name)
        if known is None:
            self._last[frame.name] = 0  # a function that gives what it gives itself
            made = (t for t in _returned(frame) if self._gives(t, frame))
            is_plain = frame.function.kind == "function"
            known = self._last[frame.name] = max((t.site[0] for t in made), default=0) if is_plain else 0
        return known

    def _gives(self, call: CallTerm, frame: Frame) -> bool:
        return any(self.resolver.results.is_awaitable(v) for v in self.resolver.resolve(call, frame))

    def _is_awaited_by(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a coroutine of the project awaits the result of a call that it gets as an argument."""
        outer = self.targets.call_around(fact, frame)
        values = self.resolver.resolve(outer.callee, frame) if outer is not None else ()
        found = [self.resolver.project.frame(getattr(value, "name", "")) for value in values]
        return bool(found) and all(f is not None and self._awaits(fact, outer, f) for f in found)

    def _awaits(self, fact: CallFact, outer: CallTerm | None, callee: Frame) -> bool:
        """Tell whether a coroutine awaits the parameter that the result of a call is passed for."""
        if outer is None or callee.function.kind != "coroutine":
            return False
        kind = self.resolver.attributes.binding_kind(callee.module, callee.function.key)
        shift = 1 if callee.function.owner and kind != "staticmethod" else 0
        given = {
            parameter.name
            for index, parameter in enumerate(callee.function.parameters)
            if passed(outer, callee.function, index, shift) == fact.term
        }
        return not given.isdisjoint(callee.function.awaited)


def _returned(frame: Frame) -> Iterator[CallTerm]:
    """Yield the calls whose results a function returns, at once or by a name."""
    for term in frame.function.returns:
        numbers = term.bindings if isinstance(term, NameTerm) and term.owner == frame.function.key else ()
        for made in (term, *(unannotated(frame.function.bindings[number].term) for number in numbers)):
            if isinstance(made, CallTerm):
                yield made


def _is_returned(fact: CallFact, frame: Frame) -> bool:
    return fact.use == "returned" or (fact.use == "bound" and any(call == fact.term for call in _returned(frame)))
