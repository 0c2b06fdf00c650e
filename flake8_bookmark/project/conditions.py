"""Whether an effect's conditions hold for a call as it is written: `get(block=False)` waits for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Condition, Effect, Handover, Place
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.names.terms import (
    AttributeTerm,
    BinaryTerm,
    CallTerm,
    ConstantTerm,
    NameTerm,
    StarTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, Symbol

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver


class ConditionReader:
    """Compares arguments with the constants that a condition names."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def speak(self, effect: Effect, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call has an effect, going by its arguments."""
        if effect.unless_awaited and fact.use == "awaited":
            return False
        if not effect.unless and not effect.only_if:
            return True
        call = fact.term
        if not isinstance(call, CallTerm):
            return not effect.only_if
        silenced = any(self._holds(c, call, frame) for c in effect.unless)
        return not silenced and all(self._holds(c, call, frame) for c in effect.only_if)

    def lowers(self, effect: Effect, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call is written so that its effect matters less."""
        call = fact.term
        return isinstance(call, CallTerm) and any(self._holds(c, call, frame) for c in effect.lower_if)

    def _holds(self, condition: Condition, call: CallTerm, frame: Frame) -> bool:
        term = argument(call, Handover(condition.keyword, condition.position, Place.HERE))
        if term is None:
            starred = any(isinstance(a, StarTerm) for a in call.arguments) or any(not k for k, _ in call.keywords)
            return condition.absent and not starred
        if isinstance(term, ConstantTerm):
            short = term.value is not None or term.kind == "NoneType"
            if condition.written and term.value is not None:
                return True
            return short and term.value in condition.values
        return bool(self._names(term, frame) & {v for v in condition.values if isinstance(v, str) and "." in v})

    def _names(self, term: Term, frame: Frame) -> set[str]:
        """Return the qualified names of a library constant, such as `os.WNOHANG`, or of several put together by `|`."""
        found = self.resolver.definition(term, frame)
        if found is not None and isinstance(made := unannotated(found[0]), BinaryTerm):
            is_union = made.operator == "__or__"
            return self._names(made.left, found[1]) | self._names(made.right, found[1]) if is_union else set()
        if not isinstance(term, (NameTerm, AttributeTerm)):
            return set()
        values = self.resolver.resolve(term, frame)
        return {v.name if isinstance(v, Symbol) else v.variable for v in values if isinstance(v, (Symbol, Instance))}
