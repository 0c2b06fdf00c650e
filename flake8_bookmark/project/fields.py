"""What an object was made with: `Cache()` has no `self.remote`, if its `__init__` only keeps a parameter of that name.

Only an object of which the one call is known that made it tells this, and only where that module assigns the attribute
of no other object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Handover, Place
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    ConstantTerm,
    NameTerm,
    ParameterTerm,
    StarTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.coroutines import CoroutineReader
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.results import argument
from flake8_bookmark.project.values import Instance, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

DEEPEST = 5


class FieldReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver, coroutines: CoroutineReader) -> None:
        self.resolver = resolver
        self.coroutines = coroutines

    def is_set(self, owner: Term, frame: Frame, attribute: str) -> bool | None:
        """Tell whether an attribute of an object is true; None where that is not known."""
        made = self._maker(owner, frame, 0)
        if made is None:
            return None
        call, maker = made
        values = self.resolver.resolve(call, maker)
        value = values[0] if len(values) == 1 else None
        if not isinstance(value, Instance) or not is_first_party(value.cls):
            return None
        kept = self._kept(value.cls, attribute)
        if kept is None:
            return None
        term, init = kept
        if init.module is not maker.module and attribute in self.coroutines.replaced(maker.module):
            return None
        return _is_true(_given(term, init, call))

    def _maker(self, term: Term, frame: Frame, depth: int) -> tuple[CallTerm, Frame] | None:
        """Return the only call that makes an object, with the function that calls."""
        term = unannotated(term)
        if depth > DEEPEST:
            return None
        match term:
            case CallTerm():
                return term, frame
            case NameTerm(scope="global"):
                found = self.resolver.definition(term, frame)
                if found is None or found[1].module.global_bindings(term.id):
                    return None
                return self._maker(found[0], found[1], depth + 1)
            case NameTerm(scope="local", bindings=(number,)):
                owner = frame.sibling(term.owner) if term.owner else frame
                return self._maker(owner.function.bindings[number].term, owner, depth + 1)
            case AttributeTerm():
                values = self.resolver.resolve(term.value, frame)
                value = values[0] if len(values) == 1 else None
                found = self._assigned(value.cls, term.name) if isinstance(value, Instance) else None
                return self._maker(found[0], found[1], depth + 1) if found is not None else None
        return None

    def _kept(self, cls: str, attribute: str) -> tuple[Term, Frame] | None:
        """Return what `__init__` assigns to an attribute, where nothing else does."""
        found = self._assigned(cls, attribute)
        return found if found is not None and found[1].function.name == "__init__" else None

    def _assigned(self, cls: str, attribute: str) -> tuple[Term, Frame] | None:
        """Return the only term that the classes of an object assign to an attribute."""
        found: list[tuple[Term, Frame]] = []
        for name in self.resolver.attributes.mro(cls):
            known = self.resolver.project.class_(name) if is_first_party(name) else None
            if known is None:
                continue
            module, facts = known
            body = module.function(facts.key)
            found.extend((body.bindings[n].term, Frame(module, body)) for n in body.named(attribute))
            assigned = module.attributes(facts.key).get(attribute, ())
            found.extend((made.term, Frame(module, module.function(key))) for key, made in assigned)
        return (unannotated(found[0][0]), found[0][1]) if len(found) == 1 else None


def _given(term: Term, init: Frame, call: CallTerm) -> Term | None:
    """Return what a term of `__init__` is, of which a call gives the arguments."""
    if not isinstance(term, NameTerm) or len(term.bindings) != 1 or term.owner != init.function.key:
        return term
    bound = init.function.bindings[term.bindings[0]].term
    if not isinstance(bound, ParameterTerm):
        return bound
    if any(isinstance(a, StarTerm) for a in call.arguments) or any(not k for k, _ in call.keywords):
        return None
    parameter = init.function.parameters[bound.index]
    position = bound.index - 1 if parameter.kind == "positional" else None
    return argument(call, Handover(parameter.name, position, Place.HERE)) or parameter.default


def _is_true(term: Term | None) -> bool | None:
    if not isinstance(term, ConstantTerm):
        return None
    return bool(term.value) if term.value is not None or term.kind == "NoneType" else None


def is_own(term: Term, frame: Frame) -> bool:
    """Tell whether a term is the object whose method a function is."""
    if not isinstance(term, NameTerm) or not frame.function.owner or len(term.bindings) != 1:
        return False
    return term.owner == frame.function.key and frame.function.bindings[term.bindings[0]].term == ParameterTerm(0)
