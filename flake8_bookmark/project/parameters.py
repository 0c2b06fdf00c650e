"""What a parameter is: the object of its method, what its annotation or its default says, or what is injected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Place
from flake8_bookmark.names.terms import AttributeTerm, BinaryTerm, CallTerm, NameTerm, SubscriptTerm, Term
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import (
    UNKNOWN,
    WIDEST,
    Awaitable,
    Frozen,
    Instance,
    Symbol,
    Values,
    is_first_party,
    union,
)

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

ANY = frozenset({"typing.Any", "typing_extensions.Any"})


class ParameterReader:
    """Evaluates parameters for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def read(self, frame: Frame, index: int) -> Values:
        """Return what a parameter of a function may be."""
        facts = frame.function
        parameter = facts.parameters[index]
        if facts.owner and index == 0 and parameter.kind == "positional":
            bound = self._bound_object(frame)
            if bound is not None:
                return bound
        outer = Frame(frame.module, frame.module.function(facts.parent))
        annotated = self.resolver.types.annotated(parameter.annotation, outer) if parameter.annotation else UNKNOWN
        if parameter.kind == "kwarg":
            return (Instance("builtins.dict", ((Instance("builtins.str"),), annotated)),)
        if parameter.kind == "vararg":
            return (Instance("typing.Sequence", (annotated,)),)
        if annotated:
            return annotated
        says_nothing = parameter.annotation is None or self._is_any(parameter.annotation, outer)
        if says_nothing and parameter.kind == "positional":
            passed = self._passed(frame, index)
            if passed:
                return passed
        if not says_nothing:
            return self.injected(parameter.default, outer) if parameter.default is not None else UNKNOWN
        by_default = self.resolver.resolve(parameter.default, outer) if parameter.default is not None else UNKNOWN
        return by_default or self.resolver.passed.of(frame, index)

    def _is_any(self, annotation: Term, frame: Frame) -> bool:
        """Tell whether an annotation is `Any`, maybe beside None, which says no more than none."""
        match annotation:
            case BinaryTerm(operator="__or__"):
                return self._is_any(annotation.left, frame) or self._is_any(annotation.right, frame)
            case SubscriptTerm():
                named = self.resolver.resolve(annotation.value, frame)
                is_optional = any(isinstance(v, Symbol) and v.name == "typing.Optional" for v in named)
                return is_optional and self._is_any(annotation.index, frame)
            case NameTerm() | AttributeTerm():
                named = self.resolver.resolve(annotation, frame)
                return any(isinstance(v, Symbol) and v.name in ANY for v in named)
        return False

    def _passed(self, frame: Frame, index: int) -> Values:
        """Return what a library passes to a function that it decorates, or to a method that it calls by its name."""
        facts = frame.function
        catalogue, attributes = self.resolver.catalogue, self.resolver.attributes
        names = attributes.decorator_names(frame.module, facts) if facts.decorators else []
        owner = f"{frame.module.name}:{facts.owner}" if facts.owner else ""
        if owner and frame.module.class_(facts.owner).bases:
            lines = (self.resolver.library.mro(c) or (c,) for c in attributes.mro(owner) if not is_first_party(c))
            names = [*names, *(f"{cls}.{facts.name}" for line in lines for cls in line)]
        for name in names:
            types = catalogue.passed(name, facts.name)
            at = index - 1 if owner else index
            if types and 0 <= at < len(types):
                return self.resolver.types.expression(types[at])
        return UNKNOWN

    def injected(self, term: Term, frame: Frame) -> Values:
        """Return what a framework puts in the place of `Depends(function)`: what the function gives or yields."""
        if not isinstance(term, CallTerm):
            return UNKNOWN
        for value in self.resolver.resolve(term.callee, frame):
            name = value.name if isinstance(value, Symbol) else ""
            handovers = self.resolver.catalogue.handovers(name) if name else ()
            if any(h.place is Place.ENDPOINT and h.result == "value" for h in handovers):
                return self.resolver.resolve(term, frame)
        return UNKNOWN

    def _bound_object(self, frame: Frame) -> Values | None:
        names = self.resolver.attributes.decorator_names(frame.module, frame.function)
        owner = f"{frame.module.name}:{frame.function.owner}"
        if "builtins.staticmethod" in names:
            return None
        if frame.function.name == "__init_subclass__":
            return tuple(Symbol(cls) for cls in self.resolver.hierarchy.subclasses(owner)[:WIDEST]) or (Symbol(owner),)
        if "builtins.classmethod" in names or frame.function.name == "__new__":
            return (Symbol(owner),)
        return (Instance(owner),)


def provided(results: Values) -> Values:
    """Return what is injected for the result of a dependency: awaited, or stepped to, where it must be."""
    out: list[Values] = []
    for value in results:
        if isinstance(value, Awaitable):
            out.append(value.results)
        else:
            out.append(value.yields if isinstance(value, Frozen) else (value,))
    return union(*out)
