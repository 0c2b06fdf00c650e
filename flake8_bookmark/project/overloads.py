"""Which overload of a first-party function a call means, where constants decide: `get_client(sync_client=True)`.

An overload is out where a constant argument is none of the values that its parameter's `Literal[…]` names, or where a
parameter without a default is not passed. The first that is left says what the call gives; where an argument that a
Literal would decide about is no constant, nothing is said.

https://typing.python.org/en/latest/spec/overload.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import FunctionFacts, ParameterFact
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import CallTerm, ConstantTerm, DisplayTerm, StarTerm, SubscriptTerm, Term
from flake8_bookmark.project.modules import Frame

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

OVERLOAD = frozenset({"typing.overload", "typing_extensions.overload"})
LITERAL = frozenset({"typing.Literal", "typing_extensions.Literal"})


class OverloadReader:
    """Finds overloads, and chooses among them."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def is_overload(self, module: ModuleFacts, key: str) -> bool:
        """Tell whether a function is only the statement of one overload."""
        facts = module.function(key)
        if not facts.decorators:
            return False
        return bool(OVERLOAD.intersection(self.resolver.attributes.decorator_names(module, facts)))

    def choose(self, module: ModuleFacts, key: str, call: CallTerm, bound: int) -> Frame | None:
        """Return the overload that a call means; None where there are none, or the call does not tell.

        `bound` counts the parameters that come before the call's own arguments.
        """
        base, _, number = key.partition("#")
        if not number.isdigit() or any(isinstance(a, StarTerm) for a in call.arguments):
            return None
        keys = [base, *(f"{base}#{n}" for n in range(2, int(number)))]
        for other in keys:
            if not self.is_overload(module, other):
                return None
        for other in keys:
            fits = self._fits(module, module.function(other), call, bound)
            if fits is None:
                return None
            if fits:
                return Frame(module, module.function(other))
        return None

    def _fits(self, module: ModuleFacts, facts: FunctionFacts, call: CallTerm, bound: int) -> bool | None:
        """Tell whether a call fits an overload; None where that depends on a value that is not known here."""
        for index, parameter in enumerate(facts.parameters[bound:]):
            if parameter.kind in ("vararg", "kwarg"):
                continue
            position = index if parameter.kind == "positional" else None
            given = _passed(call, parameter, position)
            if given is None:
                if parameter.default is None:
                    return False
                continue
            literals = self._literals(parameter.annotation, module, facts)
            if literals is None:
                continue
            if not isinstance(given, ConstantTerm):
                return None
            if given.value not in literals:
                return False
        return True

    def _literals(self, annotation: Term | None, module: ModuleFacts, facts: FunctionFacts) -> list[object] | None:
        """Return the values that `Literal[…]` names; None for another annotation."""
        if not isinstance(annotation, SubscriptTerm):
            return None
        outer = Frame(module, module.function(facts.parent))
        names = {getattr(v, "name", "") for v in self.resolver.resolve(annotation.value, outer)}
        if not names & LITERAL:
            return None
        index = annotation.index
        items = index.items if isinstance(index, DisplayTerm) else (index,)
        return [item.value for item in items if isinstance(item, ConstantTerm)]


def _passed(call: CallTerm, parameter: ParameterFact, position: int | None) -> Term | None:
    for keyword, term in call.keywords:
        if keyword == parameter.name:
            return term
    return call.arguments[position] if position is not None and position < len(call.arguments) else None
