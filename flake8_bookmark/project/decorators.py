"""What a decorator of the project makes of a function: the function itself, or a wrapper that calls it or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import CallTerm, NameTerm, ParameterTerm, Term
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import UNKNOWN, Instance, Symbol, Values, Wrapped, is_first_party, union

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

WRAPPERS = ("function", "coroutine")


class DecoratorReader:
    """Reads decorators of the project for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def made(self, name: str, decorator: Term, frame: Frame) -> Wrapped | None:
        """Return what a decorator of the project makes of a function; None where it gives the function back."""
        unknown = Wrapped(name)
        maker = self._maker(decorator, frame)
        if maker is None or not maker.function.parameters or not maker.function.returns:
            return unknown
        first = _first(maker)
        given = [term for term in maker.function.returns if _is_parameter(term, maker, first)]
        if len(given) == len(maker.function.returns):
            return None
        wrapper = self._wrapper(name, maker) if not given else None
        if wrapper is None:
            return unknown
        return Wrapped(name, None, wrapper.name, first in parameters_called(wrapper, maker), maker.name)

    def _maker(self, decorator: Term, frame: Frame) -> Frame | None:
        """Return the function that is given the function under a decorator: of an object, its `__call__`."""
        callee = decorator.callee if isinstance(decorator, CallTerm) else decorator
        makers = self._functions(self.resolver.resolve(callee, frame))
        inner = [i for maker in makers for i in self._handing_on(maker)]
        if inner:
            return inner[0] if len(inner) == 1 else None
        values = self.resolver.resolve(decorator, frame)
        if not any(isinstance(v, Symbol) for v in values) and isinstance(decorator, CallTerm):
            objects = [v for v in values if isinstance(v, Instance) and is_first_party(v.cls)]
            values = self._called(objects[0]) if len(objects) == 1 else self._returned(decorator, frame)
        frames = self._functions(values)
        return frames[0] if len(frames) == len(values) == 1 else None

    def _called(self, value: Instance) -> Values:
        found = self.resolver.attributes.body_function(value.cls, "__call__")
        return (Symbol(f"{found[0].name}:{found[1]}"),) if found is not None else UNKNOWN

    def _handing_on(self, maker: Frame) -> Iterator[Frame]:
        """Yield the inner function that a decorator hands the function to: it works with and without arguments.

        `if function is None: return decorate`, then `return decorate(function)`.
        """
        for term in maker.function.returns:
            if isinstance(term, CallTerm) and any(_is_parameter(a, maker, _first(maker)) for a in term.arguments):
                inner = self._functions(self.resolver.resolve(term.callee, maker))
                yield from (frame for frame in inner if frame.function.parent == maker.function.key)

    def wrapped(self, module: ModuleFacts, key: str, receiver: Instance) -> Values:
        """Return what decorators put in the place of a method of an object; nothing where they leave it as it is."""
        facts = module.function(key)
        values = self.resolver.results.defined(module, key) if facts.decorators else UNKNOWN
        found = [v for v in values if isinstance(v, Wrapped)]
        if facts.kind != "function":
            wrappers = [self.resolver.project.frame(v.wrapper) for v in found if v.wrapper or v.handover is None]
            if not any(w is None or w.function.kind == "function" for w in wrappers):
                return UNKNOWN
        return tuple(structs.replace(v, receiver=receiver) for v in found)

    def _returned(self, decorator: CallTerm, frame: Frame) -> Values:
        """Return what the maker of a decorator gives; its annotation says no more than that it can be called."""
        frames = self._functions(self.resolver.resolve(decorator.callee, frame))
        return union(*(self.resolver.resolve(term, f) for f in frames for term in f.function.returns))

    def _functions(self, values: Values) -> list[Frame]:
        return [f for v in values if isinstance(v, Symbol) and (f := self._function(v)) is not None]

    def _function(self, value: Symbol) -> Frame | None:
        frame = self.resolver.project.frame(value.name) if is_first_party(value.name) else None
        return frame if frame is not None and frame.function.kind in WRAPPERS else None

    def _wrapper(self, name: str, maker: Frame) -> Frame | None:
        """Return the wrapper that a function gets: of one for coroutines and one for plain functions, its own."""
        target = self.resolver.project.frame(name)
        found = union(*(self.resolver.resolve(term, maker) for term in maker.function.returns))
        frames = [self._function(v) if isinstance(v, Symbol) else None for v in found]
        known = [f for f in frames if f is not None]
        if target is None or len(known) < len(frames):
            return None
        same = [f for f in known if f.function.kind == target.function.kind]
        chosen = same or known
        return chosen[0] if len(chosen) == 1 else None

    def passes_result(self, value: Wrapped) -> bool:
        """Tell whether a plain wrapper gives back what the function under it gives, on every way."""
        wrapper, maker = self.resolver.project.frame(value.wrapper), self.resolver.project.frame(value.maker)
        if wrapper is None or maker is None or wrapper.function.kind != "function":
            return False
        returns = wrapper.function.returns
        is_whole = bool(returns) and not wrapper.function.may_return_none
        return is_whole and all(_calls(term, wrapper, maker) for term in returns)

    def result(self, value: Wrapped) -> Values:
        """Return what calling a wrapper gives, its way of being awaited aside: what it returns of the function's."""
        wrapper = self.resolver.project.frame(value.wrapper)
        maker = self.resolver.project.frame(value.maker)
        target = self.resolver.project.frame(value.function)
        if wrapper is None or maker is None or target is None:
            return UNKNOWN
        out: list[Values] = []
        for term in wrapper.function.returns:
            if _calls(term, wrapper, maker):
                out.append(self.resolver.results.returned(target, None))
            else:
                out.append(self.resolver.resolve(term, wrapper))
        return union(*out)


def _calls(term: Term, wrapper: Frame, maker: Frame) -> bool:
    """Tell whether a term is a call of the maker's function, perhaps bound to a name first."""
    if isinstance(term, NameTerm) and len(term.bindings) == 1 and term.owner == wrapper.function.key:
        term = wrapper.function.bindings[term.bindings[0]].term
    return isinstance(term, CallTerm) and _is_parameter(term.callee, maker, _first(maker))


def _first(maker: Frame) -> int:
    """Return the number of the parameter that is the function: of an object that decorates, the one after itself."""
    return 1 if maker.function.owner and maker.function.name == "__call__" else 0


def _is_parameter(term: Term, owner: Frame, index: int) -> bool:
    if not isinstance(term, NameTerm) or term.owner != owner.function.key:
        return False
    numbers = term.bindings or owner.function.named(term.id)
    bound = [owner.function.bindings[n].term for n in numbers]
    return bool(bound) and all(isinstance(b, ParameterTerm) and b.index == index for b in bound)


def parameters_called(scope: Frame, owner: Frame) -> Iterator[int]:
    """Yield the numbers of the owner's parameters that a scope calls without awaiting what they give."""
    for fact in scope.function.calls:
        callee = getattr(fact.term, "callee", None)
        if fact.form != "call" or fact.use == "awaited" or not isinstance(callee, NameTerm):
            continue
        if callee.owner == owner.function.key:
            for number in callee.bindings or owner.function.named(callee.id):
                term = owner.function.bindings[number].term
                if isinstance(term, ParameterTerm):
                    yield term.index
