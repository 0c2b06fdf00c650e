"""What an object was made with: `Cache()` has no `self.remote`, if its `__init__` only keeps a parameter of that name.

Only an object of which the one call is known that made it tells this, and only where that module assigns the attribute
of no other object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    ChoiceTerm,
    ConstantTerm,
    NameTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.arguments import parameter_of, passed
from flake8_bookmark.project.coroutines import CoroutineReader
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, Symbol, is_first_party

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
        kept = self._kept(value.cls, attribute, maker)
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
                cls = value.cls if isinstance(value, Instance) else value.name if isinstance(value, Symbol) else ""
                assigned = self._assigned(cls, term.name) if is_first_party(cls) else []
                return self._maker(*assigned[0], depth + 1) if len(assigned) == 1 else None
        return None

    def _kept(self, cls: str, attribute: str, maker: Frame) -> tuple[Term, Frame] | None:
        """Return what `__init__` assigns to an attribute, where nothing else does.

        A method that is given the value, as `__init__` is, counts only where it is called near the maker.
        """
        found = self._assigned(cls, attribute)
        made = [(term, frame) for term, frame in found if frame.function.name == "__init__"]
        setters = {frame.function.name for _, frame in found} - {"__init__"}
        if setters and not all(parameter_of(term, frame.function) is not None for term, frame in found):
            return None
        if len(made) != 1 or any(self._calls(module, setters) for module in (maker.module, made[0][1].module)):
            return None
        return made[0]

    def _calls(self, module: ModuleFacts, names: set[str]) -> bool:
        """Tell whether a module calls a method of one of some names."""
        facts = (fact for function in module.functions() for fact in function.calls) if names else ()
        return any(fact.form == "call" and fact.text.rpartition(".")[2] in names for fact in facts)

    def _assigned(self, cls: str, attribute: str) -> list[tuple[Term, Frame]]:
        """Return the terms that the classes of an object assign to an attribute, each with the function that does."""
        found: list[tuple[Term, Frame]] = []
        for name in self.resolver.attributes.mro(cls):
            known = self.resolver.project.class_(name) if is_first_party(name) else None
            if known is None:
                continue
            module, facts = known
            body = module.function(facts.key)
            found.extend((unannotated(body.bindings[n].term), Frame(module, body)) for n in body.named(attribute))
            assigned = module.attributes(facts.key).get(attribute, ())
            found.extend((unannotated(made.term), Frame(module, module.function(key))) for key, made in assigned)
        return found


def _given(term: Term, init: Frame, call: CallTerm) -> Term | None:
    """Return what a term of `__init__` is, of which a call gives the arguments."""
    if isinstance(term, ChoiceTerm) and term.test is not None and (test := _given(term.test, init, call)) is not None:
        is_so = _is_true(test)
        taken = None if is_so is None else unannotated(term.options[0 if is_so == term.wanted else -1])
        return _given(taken, init, call) if taken is not None else term
    number = parameter_of(term, init.function)
    return term if number is None else passed(call, init.function, number, 1)


def _is_true(term: Term | None) -> bool | None:
    if not isinstance(term, ConstantTerm):
        return None
    return bool(term.value) if term.value is not None or term.kind == "NoneType" else None


def is_own(term: Term, frame: Frame) -> bool:
    """Tell whether a term is the object whose method a function is."""
    return bool(frame.function.owner) and parameter_of(term, frame.function) == 0
