"""Whether all that a value may be is known.

An unknown alternative is silent in an answer of the ladder: of `a() if test else unknown()` only what `a` gives is
left. Who wants to say "this is surely a coroutine" has to ask here, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.names import terms as t
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.builtin_calls import CASTS
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, Method, Symbol, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

DEEPEST = 6
Seen: TypeAlias = dict[tuple[int, int], int]
"""At which depth a term of a function was asked about."""


class CertaintyReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def is_complete(self, term: t.Term, frame: Frame) -> bool:
        """Tell whether every way to a value is known: each binding of its names, each branch, each base object.

        Of an attribute of an object of the project these are all that its class assigns to it, of a call of a function
        without a return annotation all that the function returns. What lies deeper than a few such steps is trusted.
        """
        return self._is_complete(term, frame, 0, {})

    def _is_complete(self, term: t.Term, frame: Frame, depth: int, seen: Seen) -> bool:
        key = (id(term), id(frame.function))
        if depth > DEEPEST or seen.get(key, depth + 1) <= depth:
            return True  # asked before: had the answer been no, nobody would ask on
        seen[key] = depth
        match term:
            case t.NameTerm(scope="local"):
                owner = frame.sibling(term.owner) if term.owner else frame
                numbers = term.bindings or owner.function.named(term.id)
                return all(self._is_known(owner.function.bindings[n].term, owner, depth, seen) for n in numbers)
            case t.NameTerm(scope="global"):
                module = frame.module.function(MODULE_KEY)
                outer = Frame(frame.module, module)
                return all(self._is_known(module.bindings[n].term, outer, depth, seen) for n in module.named(term.id))
            case t.AttributeTerm():
                if self._is_open(term, frame):
                    return False
                assigned = all(self._is_known(a, f, depth, seen) for a, f in self._assigned(term, frame))
                return assigned and self._is_complete(term.value, frame, depth + 1, seen)
            case t.CallTerm():
                given = [(a, frame) for a in self._given_back(term, frame)]
                returned = all(self._is_known(r, f, depth, seen) for r, f in (*given, *self._returned(term, frame)))
                return returned and self._is_complete(term.callee, frame, depth + 1, seen)
            case t.AwaitTerm():
                return self._is_complete(term.value, frame, depth + 1, seen)
            case t.ChoiceTerm():
                return all(self._is_known(o, frame, depth, seen) for o in term.options)
        return True

    def _is_open(self, term: t.AttributeTerm, frame: Frame) -> bool:
        """Tell whether one of several objects is of a library's class, and its attribute of that name is unknown.

        A class of the project that lacks the attribute is not meant.
        """
        owners = self.resolver.resolve(term.value, frame)
        foreign = (o for o in owners if isinstance(o, Instance) and not is_first_party(o.cls))
        return len(owners) > 1 and not all(self.resolver.attributes.of(o, term.name, frame) for o in foreign)

    def _is_known(self, term: t.Term, frame: Frame, depth: int, seen: Seen) -> bool:
        if isinstance(term, t.ConstantTerm) or self._is_overload(term, frame):
            return True
        return bool(self.resolver.resolve(term, frame)) and self._is_complete(term, frame, depth + 1, seen)

    def _is_overload(self, term: t.Term, frame: Frame) -> bool:
        """Tell whether a term is the statement of one overload, which the definition after them replaces."""
        return isinstance(term, t.FunctionTerm) and self.resolver.results.overloads.is_overload(frame.module, term.key)

    def _assigned(self, term: t.AttributeTerm, frame: Frame) -> Iterator[tuple[t.Term, Frame]]:
        """Yield what methods assign to an attribute that no class body defines or annotates."""
        attributes = self.resolver.attributes
        for value in self.resolver.resolve(term.value, frame):
            if not isinstance(value, Instance):
                continue
            classes = [cls for cls in attributes.mro(value.cls) if is_first_party(cls)]
            if any(attributes.is_in_body(cls, term.name) for cls in classes):
                continue
            for found in map(self.resolver.project.class_, classes):
                if found is not None:
                    module, facts = found
                    for key, attribute in module.attributes(facts.key).get(term.name, ()):
                        yield attribute.term, Frame(module, module.function(key))

    def _given_back(self, term: t.CallTerm, frame: Frame) -> Iterator[t.Term]:
        """Yield the argument that a library function gives back, and what a `cast` to an unknown type does."""
        for value in self.resolver.resolve(term.callee, frame):
            name = value.name if isinstance(value, (Symbol, Method)) else ""
            if name in CASTS and not self.resolver.types.annotated(term.arguments[0], frame):
                yield from term.arguments[1:2]
            given = self.resolver.catalogue.returned(name) if name and not is_first_party(name) else None
            back = argument(term, given) if given is not None else None
            if back is not None:
                yield back

    def _returned(self, term: t.CallTerm, frame: Frame) -> Iterator[tuple[t.Term, Frame]]:
        """Yield what the functions return that a call may run, where no annotation says what that is."""
        for value in self.resolver.resolve(term.callee, frame):
            name = value.name if isinstance(value, (Symbol, Method)) else ""
            target = self.resolver.project.frame(name) if is_first_party(name) else None
            if target is None or target.function.kind not in ("function", "coroutine"):
                continue
            shift = 1 if isinstance(value, Method) else 0
            if self.resolver.results.overloads.choose(target.module, target.function.key, term, shift) is not None:
                continue
            annotation, outer = target.function.annotation, target.sibling(target.function.parent)
            if annotation is None or not self.resolver.types.annotated(annotation, outer):
                yield from ((returned, target) for returned in target.function.returns)
