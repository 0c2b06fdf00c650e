"""What runs where no call is written: the special methods behind operators and builtins, and setters of properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flake8_bookmark.effects.model import Place
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.specials import OPERATORS
from flake8_bookmark.names.terms import BinaryTerm, CallTerm
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.target import Target
from flake8_bookmark.project.values import Frozen, Instance, Value, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver
    from flake8_bookmark.project.targets import TargetReader

IN_PLACE = {f"__i{name[2:]}": name for name, _ in OPERATORS.values()}
"""What runs for `name += value` where the class has no `__iadd__`."""
BY_BUILTIN = {
    "builtins.len": "__len__",
    "builtins.next": "__next__",
    "builtins.str": "__str__",
    "builtins.repr": "__repr__",
    "builtins.bool": "__bool__",
    "builtins.int": "__int__",
    "builtins.float": "__float__",
    "builtins.bytes": "__bytes__",
    "builtins.hash": "__hash__",
    "builtins.abs": "__abs__",
    "builtins.reversed": "__reversed__",
    "builtins.format": "__format__",
}
"""The special method of its first argument that a builtin runs."""


class SpecialReader:
    """Finds the targets of such steps, for a reader of targets."""

    def __init__(self, resolver: Resolver, targets: TargetReader) -> None:
        self.resolver = resolver
        self.targets = targets
        self._known: dict[tuple[str, str, str], bool] = {}

    def set(self, value: Value, name: str) -> Iterator[Target]:
        """Assigning to an attribute runs the setter of a property of the project."""
        setter = self.resolver.attributes.setter(value.cls, name) if isinstance(value, Instance) else ""
        if setter:
            yield Target(setter, True, (), value if isinstance(value, Instance) else None)

    def operated(self, fact: CallFact, frame: Frame) -> Iterator[Target]:
        """An operator runs the special method of its left side; of a library, only where the catalogue knows it."""
        assert isinstance(fact.term, BinaryTerm)
        name = fact.term.operator
        values = self.resolver.resolve(fact.term.left, frame)
        found = [t for value in values for t in self._may_run(value, name)]
        if not found and name in IN_PLACE:
            found = [t for value in values for t in self._may_run(value, IN_PLACE[name])]
        yield from found

    def _may_run(self, value: Value, name: str) -> Iterator[Target]:
        """Yield what a special method runs, if it may do anything that is known of."""
        if not isinstance(value, Instance):
            return
        key = (value.cls, value.variable, name)
        known = self._known.get(key)
        if known is None:
            targets = list(self.targets.special(value, name))
            known = self._known[key] = any(
                t.is_function or self.resolver.catalogue.first_known((t.name, *t.alternatives)) for t in targets
            )
        if known:
            yield from self.targets.special(value, name)

    def asked_by(self, builtin: str, value: Value) -> Iterator[Target]:
        """A builtin such as `len` runs a special method of its argument; `next` goes on with a generator."""
        if isinstance(value, Frozen):
            if value.kind == "generator" and builtin == "builtins.next":
                yield Target(value.function, True)
            return
        yield from self._may_run(value, BY_BUILTIN[builtin])

    def making(self, cls: str) -> Iterator[Target]:
        """Making an object runs `__call__` of its metaclass, and what its fields are made by."""
        for name in self.resolver.attributes.mro(cls):
            found = self.resolver.project.class_(name) if is_first_party(name) else None
            if found is None:
                continue
            module, facts = found
            if facts.metaclass is not None:
                outer = Frame(module, module.function(facts.parent))
                for meta in self.resolver.resolve(facts.metaclass, outer):
                    method = self.resolver.attributes.body_function(getattr(meta, "name", ""), "__call__")
                    if method is not None:
                        yield Target(f"{method[0].name}:{method[1]}", True)
            yield from self._fields(Frame(module, module.function(facts.key)))

    def _fields(self, body: Frame) -> Iterator[Target]:
        """`field(default_factory=f)` in the body of a class calls `f` for each object."""
        for fact in body.function.calls:
            if not isinstance(fact.term, CallTerm) or fact.use != "bound" or not fact.term.keywords:
                continue
            for callee in self.resolver.resolve(fact.term.callee, body):
                for handover in self.resolver.catalogue.handovers(getattr(callee, "name", "")):
                    term = argument(fact.term, handover) if handover.place is Place.MADE else None
                    for value in self.resolver.resolve(term, body) if term is not None else ():
                        yield from (replace(t, bound=None) for t in self.targets.called(value))
