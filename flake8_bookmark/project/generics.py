"""What the type variables of the project's own generic classes stand for, seen from a receiver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import ClassFacts
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import CallTerm, DisplayTerm, NameTerm, SubscriptTerm, Term, TypeVariableTerm
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, Symbol, Values, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

Variables = Mapping[str, Values]
NONE: Variables = {}
DECLARING = frozenset({"typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "typing_extensions.Generic"})
DEEPEST = 8


class GenericReader:
    """Follows type arguments from a receiver to the class that declares a method, for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._names: dict[str, tuple[str, ...]] = {}

    def variables(self, receiver: Instance | None, target: Frame) -> Variables:
        """Return what type variables stand for in a method that was found on a receiver."""
        owner = target.function.owner
        if receiver is None or not owner or not is_first_party(receiver.cls):
            return NONE
        return self.seen_as(receiver, f"{target.module.name}:{owner}")

    def seen_as(self, receiver: Instance, ancestor: str) -> Variables:
        """Return what the type variables of a class of the project stand for, the receiver being an instance of it."""
        if receiver.cls == ancestor and not receiver.arguments:
            return NONE
        return self._below(receiver.cls, receiver.arguments, ancestor, 0) or NONE

    def library_arguments(self, receiver: Instance, ancestor: str) -> tuple[Values, ...]:
        """Return the arguments with which a class of the project inherits from a library's."""
        found = self._inherited(receiver.cls, receiver.arguments, ancestor, 0)
        return found if found is not None else ()

    def _below(self, cls: str, arguments: tuple[Values, ...], ancestor: str, depth: int) -> Variables | None:
        given = dict(zip(self.names(cls), arguments, strict=False))
        if cls == ancestor:
            return given
        for base, inner in self._bases(cls, given) if depth < DEEPEST else ():
            if is_first_party(base):
                found = self._below(base, inner, ancestor, depth + 1)
                if found is not None:
                    return found
        return None

    def _inherited(
        self, cls: str, arguments: tuple[Values, ...], ancestor: str, depth: int
    ) -> tuple[Values, ...] | None:
        given = dict(zip(self.names(cls), arguments, strict=False))
        for base, inner in self._bases(cls, given) if depth < DEEPEST else ():
            if base == ancestor:
                return inner
            found = self._inherited(base, inner, ancestor, depth + 1) if is_first_party(base) else None
            if found is not None:
                return found
        return None

    def _bases(self, cls: str, given: Variables) -> Iterator[tuple[str, tuple[Values, ...]]]:
        """Yield the bases of a class of the project with their type arguments."""
        found = self.resolver.project.class_(cls)
        if found is None:
            return
        module, facts = found
        frame = Frame(module, module.function(facts.parent))
        for term in facts.bases:
            arguments: tuple[Values, ...] = ()
            if isinstance(term, SubscriptTerm):
                arguments = tuple(self.resolver.types.annotated(a, frame, given) for a in _arguments(term))
            for value in self.resolver.resolve(term, frame):
                if isinstance(value, Symbol) and value.name not in DECLARING:
                    yield value.name, arguments

    def names(self, cls: str) -> tuple[str, ...]:
        """Return the type variables of a class of the project, in order."""
        if cls not in self._names:
            found = self.resolver.project.class_(cls)
            self._names[cls] = tuple(self._declared(*found)) if found is not None else ()
        return self._names[cls]

    def _declared(self, module: ModuleFacts, facts: ClassFacts) -> list[str]:
        if facts.type_parameters:
            return list(facts.type_parameters)
        frame = Frame(module, module.function(facts.parent))
        names: list[str] = []
        for base in facts.bases:
            if not isinstance(base, SubscriptTerm):
                continue
            inner = [n for a in _arguments(base) if (n := self._variable(a, frame))]
            if {getattr(v, "name", "") for v in self.resolver.resolve(base.value, frame)} & DECLARING:
                return inner  # `Generic[...]` lists all of them
            names.extend(inner)
        return list(dict.fromkeys(names))

    def _variable(self, term: Term, frame: Frame) -> str:
        """Return the name of a type variable; empty for another term."""
        if isinstance(term, TypeVariableTerm):
            return term.id
        found = self.resolver.definition(term, frame) if isinstance(term, NameTerm) else None
        if found is None or not isinstance(found[0], CallTerm) or not isinstance(term, NameTerm):
            return ""
        made = (getattr(v, "name", "") for v in self.resolver.resolve(found[0].callee, found[1]))
        return term.id if any(name.endswith(".TypeVar") for name in made) else ""


def _arguments(term: SubscriptTerm) -> tuple[Term, ...]:
    return term.index.items if isinstance(term.index, DisplayTerm) else (term.index,)
