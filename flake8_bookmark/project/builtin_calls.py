"""What a call of a function gives that says so by its arguments: `cast`, `getattr`, `super`, `__new__`, `attr.ib`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ConstantTerm
from flake8_bookmark.project.attributes import SUPER
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import UNKNOWN, Instance, Symbol, Values, union

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

CASTS = frozenset({"typing.cast", "typing_extensions.cast"})
FIELDS = frozenset({"attr.ib", "attr.attrib", "attr.attr.ib"})


class BuiltinCallReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def of(self, name: str, call: CallTerm, frame: Frame) -> Values | None:
        """Return what calling a library's function gives; None where its type says it as well as anything."""
        if name in CASTS and len(call.arguments) == 2:
            cast = self.resolver.types.annotated(call.arguments[0], frame)
            return cast or self.resolver.resolve(call.arguments[1], frame)
        if name == "typing.NewType" and len(call.arguments) == 2:
            meant = self.resolver.types.annotated(call.arguments[1], frame)
            return tuple(Symbol(v.cls) for v in meant if isinstance(v, Instance))
        if name == "builtins.getattr":
            return self._read_by_name(call, frame)
        if name == "builtins.super":
            return self._parents(frame)
        if name in FIELDS:
            stated = (term for word, term in call.keywords if word == "type")
            return union(*(self.resolver.types.annotated(term, frame) for term in stated)) or None
        return None

    def made(self, call: CallTerm, frame: Frame) -> Values:
        """Return what `cls.__new__(cls)` makes, where no class says anything else."""
        if not isinstance(call.callee, AttributeTerm) or call.callee.name != "__new__":
            return UNKNOWN
        made = union(*(self.resolver.resolve(a, frame) for a in call.arguments[:1]))
        return tuple(Instance(v.name) for v in made if isinstance(v, Symbol))

    def _read_by_name(self, call: CallTerm, frame: Frame) -> Values:
        """`getattr(value, "name")` is `value.name`, or the default."""
        if len(call.arguments) < 2 or not isinstance(call.arguments[1], ConstantTerm):
            return UNKNOWN
        name = call.arguments[1].value
        if not isinstance(name, str):
            return UNKNOWN
        found = self.resolver.resolve(AttributeTerm(call.arguments[0], name), frame)
        return union(found, *(self.resolver.resolve(a, frame) for a in call.arguments[2:3]))

    def _parents(self, frame: Frame) -> Values:
        """`super()` is the object seen from the bases of the class around the method."""
        key = frame.function.key
        while key and not frame.module.is_class(key):
            key = frame.module.parent_of(key)
        if not key:
            return UNKNOWN
        return (Instance(f"{frame.module.name}:{key}", variable=SUPER),)
