"""Attributes of known values: methods, properties, what a class or its methods assign, base classes included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import ClassFacts, FunctionFacts
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, FunctionTerm, NameTerm, ParameterTerm, Term, TypedTerm
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import (
    UNKNOWN,
    Awaitable,
    Instance,
    Method,
    Symbol,
    Value,
    Values,
    Wrapped,
    is_first_party,
    union,
)

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

PROPERTIES = frozenset({"builtins.property", "functools.cached_property", "abc.abstractproperty"}) | {
    *("django.utils.functional.cached_property", "propcache.cached_property", "propcache.api.cached_property"),
}
OWN_CLASS = re.compile(r"(?<![\w.])Self\b")
LONGEST_MRO = 40
SUPER = "<super>"
"""The variable of an object that `super()` gave: its class's own attributes are not looked at."""


def linearise(name: str, lines: list[list[str]]) -> tuple[str, ...]:
    """Merge the lines of the bases by C3; where they contradict one another, by the first of them."""
    merged = [name]
    waiting = [line for line in lines if line]
    while waiting:
        later = {other for line in waiting for other in line[1:]}
        chosen = next((line[0] for line in waiting if line[0] not in later), waiting[0][0])
        merged.append(chosen)
        waiting = [rest for line in waiting if (rest := [other for other in line if other != chosen])]
    return tuple(merged)


class AttributeReader:
    """Looks attributes up for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._lines: dict[str, tuple[str, ...]] = {}
        self._bound: dict[tuple[str, str], tuple[ModuleFacts, tuple[str, ...]] | None] = {}

    def of(self, value: Value, name: str, frame: Frame) -> Values:
        """Return what `value.name` may be."""
        match value:
            case Symbol():
                return self._of_symbol(value.name, name)
            case Instance():
                return self._of_object(value, name, frame)
            case Method():
                return union(*(self.of(i, name, frame) for i in self.read(value)))
            case Awaitable():  # a coroutine has no such attributes; so it is a task or another future
                return self.of_instance(Instance("asyncio.Future", (value.results,)), name)
            case Wrapped():
                return union(*(self.of_instance(i, name) for i in self.made_by(value.maker)))
        return UNKNOWN

    def read(self, method: Method) -> tuple[Instance, ...]:
        """Return what a member is when it is read and not called, where the catalogue leaves that open."""
        if is_first_party(method.name):
            return ()
        declared = self.resolver.library.declaration(method.name)
        if declared is None or declared.kind != "either":
            return ()
        owner = method.receiver.cls
        if is_first_party(owner):
            owner = method.name.rpartition(".")[0]
        values = self.member_values(owner, method.attribute, method.receiver)
        return tuple(v for v in values if isinstance(v, Instance))

    def made_by(self, decorator: str) -> tuple[Instance, ...]:
        """Return the object that a decorator of a library puts in the place of a function."""
        known = decorator and not is_first_party(decorator)
        declared = self.resolver.library.declaration(decorator) if known else None
        values = self.resolver.types.expression(declared.type) if declared is not None else ()
        return tuple(v for v in values if isinstance(v, Instance))

    def _of_symbol(self, owner: str, name: str) -> Values:
        if owner.endswith(":"):
            return self.resolver.member_of_module(owner[:-1], name)
        if is_first_party(owner):
            return self._of_class(owner, name)
        found = self.resolver.symbol(f"{owner}.{name}")
        declared = self.resolver.library.declaration(owner)
        if declared is None or declared.kind != "either" or self.resolver.library.declaration(f"{owner}.{name}"):
            return found
        values = self.resolver.types.expression(declared.type)
        return union(*(self.of_instance(v, name) for v in values if isinstance(v, Instance))) or found

    def _of_class(self, owner: str, name: str) -> Values:
        return self.of_class(owner, name) or self.resolver.hierarchy.variables_below(owner, name)

    def of_class(self, owner: str, name: str) -> Values:
        """`Class.name`: a function of the class body, or a class variable."""
        for cls in self.mro(owner):
            if not is_first_party(cls):
                method = (Method(f"{cls}.{name}", name, Instance(owner)),)
                return method if self._by_receiver(cls, name) else self.resolver.symbol(f"{cls}.{name}")
            found = self._in_body(cls, name)
            if found is not None:
                module, key = found
                return self.resolver.results.defined(module, key) if key else self._variable(cls, name)
        return UNKNOWN

    def _by_receiver(self, cls: str, name: str) -> str:
        """Return what a method of a library's class gives, if that is the class on which it is called, or has it."""
        declared = self.resolver.library.member(cls, name)
        kind = declared.type if declared is not None and declared.kind in ("function", "either") else ""
        return kind if OWN_CLASS.search(kind) else ""

    # instances --------------------------------------------------------------------------------------------------------

    def _of_object(self, value: Instance, name: str, frame: Frame, through: tuple[str, ...] = ()) -> Values:
        found = self.of_instance(value, name, through)
        return found or self.resolver.hierarchy.below_library(value, name, frame.module)

    def of_instance(self, value: Instance, name: str, through: tuple[str, ...] = ()) -> Values:
        """Return an attribute of an object, by the order of its base classes; or what the classes below give it.

        `through` are the classes whose `__getattr__` led here: a proxy that inherits from what it stands for, or two
        that pass everything to each other, lead nowhere.
        """
        found = self.by_line(value, name)
        if not found and value.cls not in through:
            found = self._passed_through(value, name, (*through, value.cls))
        return found or self.resolver.hierarchy.below(value, name, through)

    def _passed_through(self, value: Instance, name: str, through: tuple[str, ...]) -> Values:
        """Return an attribute that `__getattr__` reads from another object: `return getattr(self._inner, name)`."""
        body = self.body_function(value.cls, "__getattr__") if is_first_party(value.cls) else None
        if body is None or name.startswith("__"):
            return UNKNOWN
        module, key = body
        frame = Frame(module, module.function(key))
        wanted = [p.name for p in frame.function.parameters[1:2]]
        read = [r for r in frame.function.returns if _is_getattr(r, wanted)]
        inner = union(*(self.resolver.resolve(r.arguments[0], frame) for r in read if isinstance(r, CallTerm)))
        objects = (v for v in inner if isinstance(v, Instance) and v.cls != value.cls)
        others = (self.of(v, name, frame) for v in inner if not isinstance(v, Instance))
        return union(*(self._of_object(v, name, frame, through) for v in objects), *others)

    def by_line(self, value: Instance, name: str) -> Values:
        above = value.variable == SUPER
        for cls in self.mro(value.cls):
            if above and cls == value.cls:
                continue
            look_up = self._first_party if is_first_party(cls) else self._library
            found = look_up(cls, name, value)
            if found is not None:
                return found
        return UNKNOWN

    def _first_party(self, cls: str, name: str, receiver: Instance) -> Values | None:
        found = self._in_body(cls, name)
        if found is not None and found[1]:
            module, key = found
            if self.is_property(module, key):
                return self.resolver.results.returned(Frame(module, module.function(key)), receiver)
            facts = module.function(key)
            if facts.is_stub and facts.kind != "coroutine":
                overrides = self.resolver.hierarchy.overrides(receiver, name)
                if overrides:
                    return overrides
            wrapped = self.resolver.results.decorators.wrapped(module, key, receiver)
            return wrapped or (Method(f"{module.name}:{key}", name, receiver),)
        variable = self._variable(cls, name, receiver)
        assigned = self._assigned(cls, name, receiver)
        if found is None and assigned is None:
            return None
        return variable or assigned or UNKNOWN

    def _library(self, cls: str, name: str, receiver: Instance) -> Values | None:
        library = self.resolver.library
        declared = library.member(cls, name)
        if declared is None and not name.startswith("_") and library.member(cls, "__getattr__") is not None:
            return self.member_values(cls, "__getattr__", receiver) or None
        if declared is None:
            spelling = self._mentioned(cls, name)
            return (Method(spelling, name, receiver),) if spelling else None
        if declared.kind in ("function", "either") and not declared.is_property:
            return (Method(declared.name, name, receiver),)
        return self.member_values(cls, name, receiver)

    def _mentioned(self, cls: str, name: str) -> str:
        """Return by which name the catalogue says anything about a method that no type declares."""
        line = self.resolver.library.mro(cls)
        owner = next((c for c in line if self.resolver.catalogue.passes(f"{c}.{name}")), "")
        return f"{owner or cls}.{name}" if owner or self._is_mentioned(f"{cls}.{name}") else ""

    def _is_mentioned(self, name: str) -> bool:
        """Tell whether the catalogue says anything about a method that no type declares."""
        catalogue = self.resolver.catalogue
        said = catalogue.effects(name) or catalogue.handovers(name) or catalogue.is_safe(name)
        return bool(said or catalogue.decorator(name) or catalogue.spawner(name) or catalogue.scope(name))

    def member_values(self, cls: str, name: str, receiver: Instance) -> Values:
        """Return the type of a library class's member, its type variables replaced by the receiver's arguments."""
        given = receiver.arguments
        if is_first_party(receiver.cls) and not is_first_party(cls):
            if text := self._by_receiver(cls, name):
                return self.resolver.types.expression(text, (Instance(receiver.cls, given),))
            given = self.resolver.generics.library_arguments(receiver, cls)
        places = tuple(f"_argument{i}" for i in range(len(given)))
        text = self.resolver.library.member_type(cls, places, name)
        variables = dict(zip(places, given, strict=True))
        return self.resolver.types.expression(text, (receiver,), variables) if text else UNKNOWN

    # first-party classes ----------------------------------------------------------------------------------------------

    def mro(self, name: str) -> Iterator[str]:
        """Yield a class and its bases in the order of look-up: the project's by their facts, a library's at once.

        For a library class only the class itself is yielded; its bases are looked up inside the library's types.
        """
        return iter(self._linear(name, ()))

    def _linear(self, name: str, below: tuple[str, ...]) -> tuple[str, ...]:
        """Linearise a class's ancestors as Python does (C3, https://docs.python.org/3/howto/mro.html)."""
        known = self._lines.get(name)
        if known is not None:
            return known
        found = self.resolver.project.class_(name) if is_first_party(name) else None
        if found is None or name in below or len(below) > LONGEST_MRO:
            return (name,)
        bases = list(dict.fromkeys(self.bases(*found)))
        lines = [list(self._linear(base, (*below, name))) for base in bases]
        line = linearise(name, [*lines, bases])[:LONGEST_MRO]
        if not below:
            self._lines[name] = line
        return line

    def is_a(self, cls: str, classes: set[str]) -> bool:
        """Tell whether a class is one of some classes, or inherits from one of them."""
        if cls in classes:
            return True
        for name in self.mro(cls):
            line = (name,) if is_first_party(name) else (name, *self.resolver.library.mro(name))
            if not classes.isdisjoint(line):
                return True
        return False

    def bases(self, module: ModuleFacts, facts: ClassFacts) -> list[str]:
        """Return the names of the base classes that are known."""
        frame = Frame(module, module.function(facts.parent))
        out: list[str] = []
        for base in facts.bases:
            out.extend(v.name for v in self.resolver.resolve(base, frame) if isinstance(v, Symbol))
        return out

    def _in_body(self, cls: str, name: str) -> tuple[ModuleFacts, str] | None:
        """Return (module, key of the function), with an empty key for another kind of binding; None if unbound."""
        if (cls, name) not in self._bound:
            self._bound[(cls, name)] = self._bound_in_body(cls, name)
        found = self._bound[(cls, name)]
        if found is None:
            return None
        module, functions = found
        properties = [key for key in functions if self.is_property(module, key)]
        if properties:
            return module, properties[0]  # the getter; setters of the same name follow it
        return module, functions[-1] if functions else ""

    def setter(self, cls: str, name: str) -> str:
        """Return the function that assigning to a property of the project runs; empty if there is none."""
        for owner in self.mro(cls):
            found = self._in_body(owner, name) if is_first_party(owner) else None
            if found is not None:
                module, functions = self._bound[(owner, name)] or (found[0], ())
                return next((f"{module.name}:{key}" for key in functions if _is_setter(module, key)), "")
        return ""

    def is_in_body(self, cls: str, name: str) -> bool:
        """Tell whether a class body of the project defines or annotates a name."""
        found = self.resolver.project.class_(cls)
        return found is not None and bool(found[0].function(found[1].key).named(name))

    def fields(self, cls: str) -> list[str]:
        """Return the names that the body of a class of the project annotates, in order."""
        found = self.resolver.project.class_(cls)
        body = found[0].function(found[1].key).bindings if found is not None else ()
        return list(dict.fromkeys(b.name for b in body if isinstance(b.term, TypedTerm)))

    def _bound_in_body(self, cls: str, name: str) -> tuple[ModuleFacts, tuple[str, ...]] | None:
        """Return the module of a class, and the functions that its body binds to a name; None if it binds nothing."""
        found = self.resolver.project.class_(cls)
        if found is None:
            return None
        module, facts = found
        body = module.function(facts.key)
        terms = [body.bindings[n].term for n in body.named(name)]
        return (module, tuple(term.key for term in terms if isinstance(term, FunctionTerm))) if terms else None

    def body_function(self, cls: str, name: str) -> tuple[ModuleFacts, str] | None:
        """Return (module, key) of the function that a first-party class body binds to a name."""
        found = self._in_body(cls, name)
        return found if found is not None and found[1] else None

    def method_of_class(self, cls: str, name: str) -> str:
        """Return the function of the project that a class or its bases bind to a name; empty if there is none."""
        for owner in self.mro(cls):
            found = self.body_function(owner, name) if is_first_party(owner) else None
            if found is not None:
                return f"{found[0].name}:{found[1]}"
        return ""

    def _variable(self, cls: str, name: str, receiver: Instance | None = None) -> Values:
        found = self.resolver.project.class_(cls)
        if found is None:
            return UNKNOWN
        module, facts = found
        frame = Frame(module, module.function(facts.key))
        terms = [frame.function.bindings[n].term for n in frame.function.named(name)]
        stated = [term.annotation for term in terms if isinstance(term, TypedTerm)]
        given = self.resolver.generics.seen_as(receiver, cls) if stated and receiver is not None else {}
        if given:
            return union(*(self.resolver.types.annotated(annotation, frame, given) for annotation in stated))
        values = union(*(self.resolver.resolve(term, frame) for term in terms))
        return self.resolver.containers.filled_attribute(values, module, facts.key, name)

    def _assigned(self, cls: str, name: str, receiver: Instance) -> Values | None:
        found = self.resolver.project.class_(cls)
        if found is None:
            return None
        module, facts = found
        parts: list[Values] = []
        for key, attribute in module.attributes(facts.key).get(name, ()):
            frame = Frame(module, module.function(key))
            given = self._given(attribute.term, frame, cls, receiver)
            parts.append(given or self.resolver.resolve(attribute.term, frame))
        if not parts:
            return None
        return self.resolver.containers.filled_attribute(union(*parts), module, facts.key, name)

    def _given(self, term: Term, frame: Frame, cls: str, receiver: Instance) -> Values:
        """Return what `self.name = parameter` holds where the parameter is annotated with a type variable."""
        if not isinstance(term, NameTerm) or len(term.bindings) != 1 or term.owner != frame.function.key:
            return UNKNOWN
        bound = frame.function.bindings[term.bindings[0]].term
        given = self.resolver.generics.seen_as(receiver, cls) if isinstance(bound, ParameterTerm) else None
        if not given or not isinstance(bound, ParameterTerm):
            return UNKNOWN
        annotation = frame.function.parameters[bound.index].annotation
        outer = frame.sibling(frame.function.parent)
        return self.resolver.types.annotated(annotation, outer, given) if annotation is not None else UNKNOWN

    def is_property(self, module: ModuleFacts, key: str) -> bool:
        """Tell whether reading the attribute runs the function."""
        return any(name in PROPERTIES for name in self.decorator_names(module, module.function(key)))

    def binding_kind(self, module: ModuleFacts, key: str) -> str:
        """Return "staticmethod", "classmethod", "method", or "function" for one outside a class."""
        facts = module.function(key)
        if not facts.owner:
            return "function"
        names = self.decorator_names(module, facts)
        for kind in ("staticmethod", "classmethod"):
            if f"builtins.{kind}" in names:
                return kind
        return "method"

    def decorator_names(self, module: ModuleFacts, facts: FunctionFacts) -> list[str]:
        """Return the qualified names of a function's decorators that are known."""
        if not facts.decorators or not facts.parent:
            return []
        frame = Frame(module, module.function(facts.parent))
        out: list[str] = []
        for decorator in facts.decorators:
            callee = getattr(decorator, "callee", decorator)
            out.extend(v.name for v in self.resolver.resolve(callee, frame) if isinstance(v, (Symbol, Method)))
        return out


def _is_getattr(term: Term, names: list[str]) -> bool:
    """Tell whether a term is `getattr(…, name)`."""
    if not isinstance(term, CallTerm) or not isinstance(term.callee, NameTerm) or term.callee.id != "getattr":
        return False
    return [getattr(a, "id", "") for a in term.arguments[1:2]] == names


def _is_setter(module: ModuleFacts, key: str) -> bool:
    decorators = module.function(key).decorators
    return any(isinstance(d, AttributeTerm) and d.name == "setter" for d in decorators)
