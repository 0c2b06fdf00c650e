"""Callables that an object was made with and keeps: `Plugin(install)` stores it, a method calls `self.install()`.

Known is what the calls give that make the object: the one call, where it is known which; otherwise those in the module
of its class and in the module that asks, subclasses' `super().__init__(…)` included. Another module may give something
else, so what is found this way is less sure than what an annotation says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, unannotated
from flake8_bookmark.project.arguments import parameter_of, passed
from flake8_bookmark.project.attributes import SUPER
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import UNKNOWN, Instance, Symbol, Values, is_first_party, union

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MOST = 3
"""Callables that an attribute may be; with more of them, nothing is said of it."""


class KeptReader:
    """Answers for a resolver; the calls that make objects of a class are looked for once per module."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._makers: dict[tuple[str, str], list[tuple[CallTerm, Frame]]] = {}

    def of(self, callee: AttributeTerm, frame: Frame) -> Values:
        """Return what an attribute of an object may hold that `__init__` takes from a parameter."""
        found: list[Values] = []
        for value in self.resolver.resolve(callee.value, frame):
            if isinstance(value, Instance) and is_first_party(value.cls):
                found.extend(self._kept(value, callee.name, frame))
        values = union(*found)
        return values if len(values) <= MOST else UNKNOWN

    def _kept(self, value: Instance, name: str, frame: Frame) -> Iterator[Values]:
        for cls in self.resolver.attributes.mro(value.cls):
            known = self.resolver.project.class_(cls) if is_first_party(cls) else None
            assigned = known[0].attributes(known[1].key).get(name, ()) if known is not None else ()
            for key, attribute in assigned:
                init = Frame(known[0], known[0].function(key)) if known is not None else frame
                number = parameter_of(unannotated(attribute.term), init.function)
                if number is None or init.function.name != "__init__":
                    continue
                for call, maker in self._calls(value, cls, frame):
                    term = passed(call, init.function, number, 1)
                    if term is not None:
                        yield self.resolver.resolve(term, maker)

    def _calls(self, value: Instance, cls: str, frame: Frame) -> Iterator[tuple[CallTerm, Frame]]:
        """Yield the calls that make an object: the one that is known, or those near its class and near who asks."""
        if value.origin is not None and value.cls == cls:
            module = self.resolver.project.module(value.origin[0])
            maker = Frame(module, module.function(value.origin[1])) if module is not None else None
            for fact in maker.function.calls if maker is not None else ():
                if maker is not None and fact.site == value.origin[2] and isinstance(fact.term, CallTerm):
                    yield fact.term, maker
            return
        owner = self.resolver.project.module(cls.partition(":")[0])
        for module in dict.fromkeys(m for m in (owner, frame.module) if m is not None):
            key = (cls, module.name)
            if key not in self._makers:
                self._makers[key] = list(self._in_module(module, cls))
            yield from self._makers[key]

    def _in_module(self, module: ModuleFacts, cls: str) -> Iterator[tuple[CallTerm, Frame]]:
        names = {cls.rpartition(":")[2].rpartition(".")[2], "__init__"}
        for function in module.functions():
            frame = Frame(module, function)
            calls = (f for f in function.calls if f.form == "call" and f.text.rpartition(".")[2] in names)
            for fact in calls:
                if isinstance(fact.term, CallTerm) and self._makes(fact.term, frame, cls):
                    yield fact.term, frame

    def _makes(self, call: CallTerm, frame: Frame, cls: str) -> bool:
        """Tell whether a call runs the `__init__` of a class: a call of it, or `super().__init__` right below it."""
        if isinstance(call.callee, AttributeTerm) and call.callee.name == "__init__":
            parents = self.resolver.resolve(call.callee.value, frame)
            below = [v.cls for v in parents if isinstance(v, Instance) and v.variable == SUPER]
            return any(list(self.resolver.attributes.mro(name))[1:2] == [cls] for name in below)
        return Symbol(cls) in self.resolver.resolve(call.callee, frame)
