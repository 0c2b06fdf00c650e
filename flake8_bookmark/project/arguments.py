"""Which argument of a call is which parameter of the function that it calls."""

from __future__ import annotations

from flake8_bookmark.effects.model import Handover, Place
from flake8_bookmark.facts.model import FunctionFacts
from flake8_bookmark.names.terms import CallTerm, NameTerm, NarrowedTerm, ParameterTerm, StarTerm, Term


def argument(call: CallTerm, handover: Handover) -> Term | None:
    """Return the argument of a call that a handover speaks of; None if it is not passed, or hidden in a star."""
    for keyword, term in call.keywords:
        if keyword and keyword == handover.keyword:
            return term
    if handover.position is None or handover.position < 0:
        return None
    head = call.arguments[: handover.position + 1]
    if any(isinstance(a, StarTerm) for a in head) or len(head) <= handover.position:
        return None
    return head[handover.position]


def passed(call: CallTerm, callee: FunctionFacts, index: int, shift: int) -> Term | None:
    """Return the argument for a parameter, or its default; None where that is not known."""
    parameter = callee.parameters[index]
    place = Handover(parameter.name, index - shift if parameter.kind == "positional" else None, Place.HERE)
    term = argument(call, place)
    starred = any(isinstance(a, StarTerm) for a in call.arguments) or any(not k for k, _ in call.keywords)
    return parameter.default if term is None and not starred else term


def parameter_of(term: Term, facts: FunctionFacts) -> int | None:
    """Return the number of the parameter that a term is, whatever was asked of its type on the way."""
    if not isinstance(term, NameTerm) or not term.bindings or term.owner != facts.key:
        return None
    found = {_parameter_under(number, facts) for number in term.bindings}
    return found.pop() if len(found) == 1 else None


def _parameter_under(number: int, facts: FunctionFacts) -> int | None:
    bound = facts.bindings[number].term
    if isinstance(bound, NarrowedTerm):
        # What was narrowed was bound before; a loop may also bring back what is bound later in it.
        is_later = isinstance(bound.value, NameTerm) and any(other >= number for other in bound.value.bindings)
        return parameter_of(bound.value, facts) if not is_later else None
    return bound.index if isinstance(bound, ParameterTerm) else None
