"""Whether an effect's conditions hold for a call as it is written: `get(block=False)` waits for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Condition, Effect, Handover, Place
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.names.terms import (
    AttributeTerm,
    BinaryTerm,
    CallTerm,
    ChoiceTerm,
    ConstantTerm,
    NameTerm,
    ParameterTerm,
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
        silenced = any(self._holds(c, call, fact, frame) or _is_for_caller(c, call, frame) for c in effect.unless)
        return not silenced and all(self._holds(c, call, fact, frame) for c in effect.only_if)

    def lowers(self, effect: Effect, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call is written so that its effect matters less."""
        call = fact.term
        return isinstance(call, CallTerm) and any(self._holds(c, call, fact, frame) for c in effect.lower_if)

    def _holds(self, condition: Condition, call: CallTerm, fact: CallFact, frame: Frame) -> bool:
        term = argument(call, Handover(condition.keyword, condition.position, Place.HERE))
        if term is None:
            starred = any(isinstance(a, StarTerm) for a in call.arguments) or any(not k for k, _ in call.keywords)
            return condition.absent and not starred
        if condition.begins:
            return _begins(term, condition.begins, fact, frame)
        texts = _asked_for(term, "equals", fact, frame)
        if texts:
            return all(text in condition.values for text in texts)
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
        if not isinstance(term, (NameTerm, AttributeTerm)) or _is_one_of_several(term, frame):
            return set()
        values = self.resolver.resolve(term, frame)
        return {v.name if isinstance(v, Symbol) else v.variable for v in values if isinstance(v, (Symbol, Instance))}


def _is_one_of_several(term: Term, frame: Frame) -> bool:
    """Tell whether a local name is one constant here and another there."""
    if not isinstance(term, NameTerm) or term.scope != "local" or term.owner != frame.function.key:
        return False
    bound = [unannotated(frame.function.bindings[number].term) for number in term.bindings]
    return len(bound) > 1 or any(isinstance(b, ChoiceTerm) for b in bound)


def _is_for_caller(condition: Condition, call: CallTerm, frame: Frame) -> bool:
    """Tell whether the caller may pass the argument: all that the function does not know, it hands on by `**kwargs`."""
    if not condition.values or argument(call, Handover(condition.keyword, condition.position, Place.HERE)) is not None:
        return False
    function = frame.function
    mappings = (term for word, term in call.keywords if not word)
    numbers = (n for term in mappings if isinstance(term, NameTerm) and term.scope == "local" for n in term.bindings)
    indexes = (b.index for n in numbers if isinstance(b := function.bindings[n].term, ParameterTerm))
    return any(function.parameters[index].kind == "kwarg" for index in indexes)


def _begins(term: Term, beginning: str, fact: CallFact, frame: Frame) -> bool:
    """Tell whether a text begins so: as it is written, or because a parameter was asked for it on the way."""
    if isinstance(term, ConstantTerm):
        return isinstance(term.value, str) and term.value.startswith(beginning)
    texts = _asked_for(term, "begins", fact, frame)
    return bool(texts) and all(text.startswith(beginning) for text in texts)


def _asked_for(term: Term, word: str, fact: CallFact, frame: Frame) -> tuple[str, ...]:
    """Return the texts that a parameter was asked for on the way to a call; none if a term is no such parameter."""
    bindings = frame.function.bindings
    numbers = term.bindings if isinstance(term, NameTerm) and term.scope == "local" else ()
    indexes = {b.index for n in numbers if isinstance(b := bindings[n].term, ParameterTerm)}
    asked = (t.texts for t in fact.when if t.word == word and t.wanted and indexes == {t.index})
    return next(asked, ()) if len(numbers) == 1 else ()
