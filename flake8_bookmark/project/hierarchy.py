"""Who answers a call of an abstract method: the classes of the project that override it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.names.terms import FunctionTerm
from flake8_bookmark.project.values import WIDEST, Instance, Method, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MOST_CLASSES = 12
"""Subclasses that are looked at; a base with more of them says nothing about a call."""
PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
Signatures: TypeAlias = dict[str, tuple[str, ...]]
OVERRIDE = "<override>"
"""The variable of an object that stands for one of the classes that an abstract one may be."""


class HierarchyReader:
    """Finds subclasses and overrides for a resolver; each class is asked about once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._subclasses: dict[str, tuple[str, ...] | None] = {}
        self._fits: dict[str, tuple[str, ...]] = {}

    def overrides(self, receiver: Instance, name: str) -> tuple[Method, ...]:
        """Return the methods that stand for an abstract one; none where the receiver was made as what it is."""
        if receiver.origin is not None or receiver.variable:
            return ()
        found: dict[str, Method] = {}
        for cls in self.subclasses(receiver.cls) or self._fitting(receiver.cls):
            method = self._method(cls, name)
            if method:
                found.setdefault(method, Method(method, name, Instance(cls, variable=OVERRIDE)))
        return tuple(found.values()) if len(found) <= WIDEST else ()

    def _method(self, cls: str, name: str) -> str:
        """Return the function that a class has for a method; empty if it has none, or again an abstract one."""
        for ancestor in self.resolver.attributes.mro(cls):
            found = self.resolver.attributes.body_function(ancestor, name) if is_first_party(ancestor) else None
            if found is not None:
                module, key = found
                return "" if module.function(key).is_stub else f"{module.name}:{key}"
        return ""

    def _fitting(self, cls: str) -> tuple[str, ...]:
        """Return the classes of the project that fit a Protocol without naming it; none if there are too many."""
        if cls not in self._fits:
            line = list(self.resolver.attributes.mro(cls))
            is_protocol = not PROTOCOLS.isdisjoint(line)
            own = [c for c in line if is_first_party(c)]
            wanted = {name: names for c in reversed(own) for name, names in self._methods(c).items()}
            asked = is_protocol and not all(name.startswith("_") for name in wanted)
            self._fits[cls] = tuple(self._find_fitting(cls, wanted)) if asked else ()
        return self._fits[cls]

    def _find_fitting(self, cls: str, wanted: Signatures) -> list[str]:
        owner = self.resolver.project.module(cls.partition(":")[0])
        modules = self.resolver.project.with_methods(owner, sorted(wanted)) if owner is not None else []
        found: list[str] = []
        for name in modules if len(modules) <= MOST_CLASSES else ():
            module = self.resolver.project.module(name)
            classes = [f"{name}:{key}" for key in module.keys_of("class")] if module is not None else []
            found.extend(c for c in classes if wanted.items() <= self._methods(c).items() and not self._is_protocol(c))
        return found if len(found) <= MOST_CLASSES else []

    def _is_protocol(self, cls: str) -> bool:
        return not PROTOCOLS.isdisjoint(self.resolver.attributes.mro(cls))

    def _methods(self, cls: str) -> Signatures:
        """Return the methods that the body of a class defines, each with the names of its parameters."""
        found = self.resolver.project.class_(cls)
        if found is None:
            return {}
        module, facts = found
        keys = (b.term.key for b in module.function(facts.key).bindings if isinstance(b.term, FunctionTerm))
        functions = (module.function(key) for key in keys)
        return {f.name: tuple(p.name for p in f.parameters) for f in functions}

    def subclasses(self, cls: str) -> tuple[str, ...]:
        """Return the classes of the project below a class, direct or not; none if there are too many to look at."""
        return self.all_below(cls) or ()

    def all_below(self, cls: str) -> tuple[str, ...] | None:
        """Return the classes of the project below a class, direct or not; None if there are too many to look at."""
        if cls not in self._subclasses:
            self._subclasses[cls] = self._below(cls)
        return self._subclasses[cls]

    def _below(self, cls: str) -> tuple[str, ...] | None:
        found: dict[str, None] = {}
        pending = [cls]
        while pending:
            direct = self._direct(pending.pop())
            if direct is None or len(found) + len(direct) > MOST_CLASSES:
                return None
            pending.extend(other for other in direct if other not in found)
            found.update(dict.fromkeys(direct))
        return tuple(found)

    def _direct(self, cls: str) -> list[str] | None:
        """Return the classes that name a class as a base; None where too many use its name."""
        owner = self.resolver.project.module(cls.partition(":")[0])
        short = cls.rpartition(":")[2].rpartition(".")[2]
        written = self.resolver.project.classes_below(owner, short) if owner is not None else None
        if owner is None or written is None or len(written) > MOST_CLASSES:
            return None
        names = [f"{owner.name}:{key}" for key in owner.keys_of("class")]
        names += [f"{module}:{name}" for module, name in written if module != owner.name]
        return [name for name in dict.fromkeys(names) if name != cls and self._has_base(name, cls)]

    def _has_base(self, name: str, base: str) -> bool:
        found = self.resolver.project.class_(name)
        return found is not None and base in self.resolver.attributes.bases(*found)
