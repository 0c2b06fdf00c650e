"""The ladder: from a term to what it may be.

Each rung answers a kind of term: imports and bindings, annotations, constructors and factories, attributes of known
objects, operators and elements of known types. The first rung that knows answers; where none does the answer is
empty, and an empty answer is silent everywhere above.

Answers are kept per term, and terms that depend on themselves (a loop, a recursive factory) are solved as a fixed
point, so that an answer never depends on who asked first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library_types import LibraryTypes
from flake8_bookmark.facts.model import BindingFact
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.names import terms as t
from flake8_bookmark.project import containers
from flake8_bookmark.project.attributes import AttributeReader
from flake8_bookmark.project.callers import CallerReader
from flake8_bookmark.project.certainty import CertaintyReader
from flake8_bookmark.project.fixpoint import Fixpoint
from flake8_bookmark.project.generics import GenericReader
from flake8_bookmark.project.hierarchy import HierarchyReader
from flake8_bookmark.project.modules import Frame, Project
from flake8_bookmark.project.outside import OutsideReader
from flake8_bookmark.project.parameters import ParameterReader
from flake8_bookmark.project.passed import PassedReader
from flake8_bookmark.project.registered import RegisteredReader
from flake8_bookmark.project.results import ResultReader
from flake8_bookmark.project.types import TypeReader
from flake8_bookmark.project.values import UNKNOWN, Instance, Symbol, Value, Values, is_first_party, union

MOST_IMPORTS = 8
TYPED_DICTS = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})
NAMED_TUPLES = frozenset({"typing.NamedTuple", "typing_extensions.NamedTuple"})
SLICED = frozenset({"builtins.list", "builtins.str", "builtins.bytes", "typing.Sequence", "collections.abc.Sequence"})
"""Types whose slices are of the same type."""
SPECIAL_FORMS = ("typing.", "typing_extensions.")
REVERSED = {"__truediv__": "__rtruediv__", "__add__": "__radd__", "__or__": "__ror__"}


class Resolver:
    """Answers what terms may be, for one project."""

    def __init__(self, project: Project, catalogue: Catalogue, library: LibraryTypes) -> None:
        self.project = project
        self.catalogue = catalogue
        self.library = library
        self.types = TypeReader(self)
        self.attributes = AttributeReader(self)
        self.results = ResultReader(self)
        self.parameters = ParameterReader(self)
        self.passed = PassedReader(self)
        self.callers = CallerReader(self)
        self.registered = RegisteredReader(self)
        self.outside = OutsideReader(self)
        self.generics = GenericReader(self)
        self.hierarchy = HierarchyReader(self)
        self.containers = containers.ContainerReader(self)
        self.certainty = CertaintyReader(self)
        self._fixpoint = Fixpoint()
        self._kept: dict[tuple[int, int], object] = {}  # a key is only good for as long as its objects live

    def resolve(self, term: t.Term, frame: Frame) -> Values:
        """Return what a term of a function may be; empty when no rung knows."""
        key = (id(term), id(frame.function))
        known = self._fixpoint.known.get(key)
        if known is not None:
            return known
        if isinstance(term, t.NameTerm) and term.scope == "global":
            return self.module_name(frame.module, term.id)
        rung = _RUNGS.get(type(term))
        if rung is None:
            return UNKNOWN
        self._kept.setdefault(key, (term, frame.function))
        return self._fixpoint.solve(key, lambda: rung(self, term, frame))

    # names --------------------------------------------------------------------------------------------------------

    def name(self, term: t.NameTerm, frame: Frame) -> Values:
        owner = frame.sibling(term.owner) if term.owner else frame
        numbers = term.bindings or owner.function.named(term.id)
        found = union(*(self.binding(owner.function.bindings[n], owner) for n in numbers))
        if containers.lacks_items(found):
            found = self.containers.filled(found, owner, term.id)
        return found

    def binding(self, binding: BindingFact, frame: Frame) -> Values:
        return self.resolve(binding.term, frame)

    def module_name(self, module: ModuleFacts, name: str) -> Values:
        """Return what a name means at module level, or the builtin of that name."""
        key = (module.name, ":", name)
        known = self._fixpoint.known.get(key)
        return known if known is not None else self._fixpoint.solve(key, lambda: self._module_name(module, name))

    def _module_name(self, module: ModuleFacts, name: str) -> Values:
        facts = module.function(MODULE_KEY)
        frame = Frame(module, facts)
        numbers = facts.named(name)
        parts = [self.binding(facts.bindings[n], frame) for n in numbers]
        elsewhere = module.global_bindings(name)
        for key, binding in elsewhere:
            parts.append(self.binding(binding, frame.sibling(key)))
        if numbers or elsewhere:
            return self.containers.filled(union(*parts), frame, name)
        return self._starred(facts.named("*"), frame, name) or self._builtin(name)

    def _starred(self, numbers: tuple[int, ...], frame: Frame, name: str) -> Values:
        """Return what a name is by the star imports of a module; two modules may import all of each other."""
        if not numbers:
            return UNKNOWN
        return self._fixpoint.solve((frame.module.name, "*", name), lambda: self._by_star(numbers, frame, name))

    def _by_star(self, numbers: tuple[int, ...], frame: Frame, name: str) -> Values:
        for number in numbers:
            for value in self.binding(frame.function.bindings[number], frame):
                if isinstance(value, Symbol) and value.name.endswith(":*"):
                    values = self.member_of_module(value.name[:-2], name) if not name.startswith("_") else UNKNOWN
                    if values:
                        return values
                if isinstance(value, Symbol) and value.name.endswith(".*"):
                    found = f"{value.name[:-2]}.{name}"
                    if self.library.declaration(found) is not None or self.catalogue.effects(found):
                        return self.symbol(found)
        return UNKNOWN

    def _builtin(self, name: str) -> Values:
        known = self.library.declaration(f"builtins.{name}")
        return self.symbol(f"builtins.{name}") if known is not None else UNKNOWN

    def symbol(self, name: str) -> Values:
        """Return what a library's qualified name is: itself, or for a variable an instance of its type."""
        if "." not in name:
            return (Symbol(name),)  # a module
        name = self.catalogue.canonical(name)
        if name.startswith(SPECIAL_FORMS):
            return (Symbol(name),)
        declared = self.library.declaration(name)
        if declared is None or self.catalogue.effects(name) or self.catalogue.handovers(name):
            return (Symbol(name),)
        if declared.kind == "attribute":
            found = self.types.expression(declared.type)
            return tuple(replace(v, variable=name) if isinstance(v, Instance) else v for v in found) or (
                Symbol(declared.name),
            )
        return (Symbol(declared.name),)

    def imported(self, term: t.ImportTerm, frame: Frame) -> Values:
        found = self.project.find(frame.module, term.module, term.level)
        if found is not None:
            return self.member_of_module(found, term.name) if term.name else (Symbol(f"{found}:"),)
        if term.level:
            return UNKNOWN
        return self.symbol(f"{term.module}.{term.name}" if term.name else term.module)

    def member_of_module(self, name: str, member: str) -> Values:
        """Return what a name of a first-party module is: what the module binds, or a module inside the package."""
        if member == "*":
            return (Symbol(f"{name}:*"),)
        module = self.project.module(name)
        if module is not None:
            facts = module.function(MODULE_KEY)
            numbers = facts.named(member)
            if any(not self._imports_itself(facts.bindings[n].term, module) for n in numbers) or (
                module.global_bindings(member)
            ):
                return self.module_name(module, member)
            starred = self._starred(facts.named("*"), Frame(module, facts), member)
            if starred:
                return starred
        inner = self.project.submodule(name, member)
        return (Symbol(f"{inner}:"),) if inner is not None else UNKNOWN

    def _imports_itself(self, term: t.Term, module: ModuleFacts) -> bool:
        """Tell whether a binding is `from . import module` in the package that the module is in."""
        if not isinstance(term, t.ImportTerm) or not term.name or not module.is_package:
            return False
        return self.project.find(module, term.module, term.level) == module.name

    def definition(self, term: t.Term, frame: Frame) -> tuple[t.Term, Frame] | None:
        """Return what the only binding of a module's name binds it to, imports followed; None if there are several."""
        for _ in range(MOST_IMPORTS):
            match term:
                case t.NameTerm(scope="global"):
                    module: ModuleFacts | None = frame.module
                    name = term.id
                case t.ImportTerm() if term.name:
                    found = self.project.find(frame.module, term.module, term.level)
                    module = self.project.module(found) if found is not None else None
                    name = term.name
                case t.AttributeTerm():
                    owners = [v.name for v in self.resolve(term.value, frame) if isinstance(v, Symbol)]
                    module = self.project.module(owners[0][:-1]) if owners and owners[0].endswith(":") else None
                    name = term.name
                case _:
                    return term, frame
            facts = module.function(MODULE_KEY) if module is not None else None
            numbers = facts.named(name) if facts is not None else ()
            if module is None or facts is None or len(numbers) != 1:
                return None
            term, frame = facts.bindings[numbers[0]].term, Frame(module, facts)
        return None

    def once(self, term: t.Term, frame: Frame, read: Callable[[t.Term, Frame], Values]) -> Values:
        """Return another reading of a term than its value; it may depend on itself."""
        key = (id(term), id(frame.function), read.__name__)
        self._kept.setdefault(key[:2], (term, frame.function))
        return self._fixpoint.solve(key, lambda: read(term, frame))

    # values -------------------------------------------------------------------------------------------------------

    def attribute(self, term: t.AttributeTerm, frame: Frame) -> Values:
        values = self.resolve(term.value, frame)
        found = union(*(self.attributes.of(v, term.name, frame) for v in values))
        return found or union(*(self.outside.attribute(v, term.name, frame) for v in values))

    def call(self, term: t.CallTerm, frame: Frame) -> Values:
        found = union(*(self.results.of(v, term, frame) for v in self.resolve(term.callee, frame)))
        return found or self.results.builtin_calls.made(term, frame) or self.outside.item(term, frame)

    def awaited(self, term: t.AwaitTerm, frame: Frame) -> Values:
        return union(*(self.results.awaited(v) for v in self.resolve(term.value, frame)))

    def choice(self, term: t.ChoiceTerm, frame: Frame) -> Values:
        return union(*(self.resolve(o, frame) for o in term.options))

    def constant(self, term: t.ConstantTerm, frame: Frame) -> Values:
        if term.kind in ("NoneType", "ellipsis"):
            return UNKNOWN
        return (Instance(f"builtins.{term.kind}"),)

    def display(self, term: t.DisplayTerm, frame: Frame) -> Values:
        items = [self._item(i, frame) for i in term.items[:50]]
        if term.kind == "tuple":
            if any(isinstance(i, t.StarTerm) for i in term.items):
                return (Instance("typing.Sequence", (union(*items),)),)
            return (Instance("builtins.tuple", tuple(items)),)
        if term.kind == "dict":
            keys = union(*(self.resolve(k, frame) for k in term.keys[:50]))
            return (Instance("builtins.dict", (keys, containers.joined(items))),)
        return (Instance(f"builtins.{term.kind}", (containers.joined(items),)),)

    def _item(self, term: t.Term, frame: Frame) -> Values:
        """Return one item of a display; of `*value`, what stepping through it yields."""
        if not isinstance(term, t.StarTerm):
            return self.resolve(term, frame)
        return union(*(self.results.element(v, False) for v in self.resolve(term.value, frame)))

    def collected(self, term: t.CollectedTerm, frame: Frame) -> Values:
        return (Instance(f"builtins.{term.kind}", tuple(self.resolve(i, frame) for i in term.items)),)

    def function(self, term: t.FunctionTerm, frame: Frame) -> Values:
        if term.key.rpartition(".")[2].startswith("<genexpr>"):
            return self.results.returned(Frame(frame.module, frame.module.function(term.key)), None)
        return self.results.defined(frame.module, term.key)

    def class_(self, term: t.ClassTerm, frame: Frame) -> Values:
        return (Symbol(f"{frame.module.name}:{term.key}"),)

    def parameter(self, term: t.ParameterTerm, frame: Frame) -> Values:
        return self.parameters.read(frame, term.index)

    def element(self, term: t.ElementTerm, frame: Frame) -> Values:
        return union(*(self.results.element(v, term.is_async) for v in self.resolve(term.iterable, frame)))

    def entered(self, term: t.EnteredTerm, frame: Frame) -> Values:
        return union(*(self.results.entered(v, term.is_async) for v in self.resolve(term.manager, frame)))

    def unpacked(self, term: t.UnpackedTerm, frame: Frame) -> Values:
        out: list[Values] = []
        for value in self.resolve(term.value, frame):
            items = self._items(value)
            if items is not None:
                out.append(items[term.index] if term.index < len(items) else UNKNOWN)
            else:
                out.append(self.results.element(value, False))
        return union(*out)

    def _items(self, value: Value) -> tuple[Values, ...] | None:
        """Return the items of a tuple, or of a named tuple of the project."""
        if not isinstance(value, Instance):
            return None
        if value.cls == "builtins.tuple":
            return value.arguments
        if is_first_party(value.cls) and not NAMED_TUPLES.isdisjoint(self.attributes.mro(value.cls)):
            return tuple(self.attributes.of_instance(value, name) for name in self.attributes.fields(value.cls))
        return None

    def subscript(self, term: t.SubscriptTerm, frame: Frame) -> Values:
        index = term.index.value if isinstance(term.index, t.ConstantTerm) else None
        out: list[Values] = []
        for value in self.resolve(term.value, frame):
            items = self._items(value)
            if isinstance(value, Symbol):
                out.append((value,))  # `Queue[int]`: still the class
            elif isinstance(value, Instance) and term.index == t.SLICE and (items is not None or value.cls in SLICED):
                out.append((value,) if items is None else (Instance("typing.Sequence", (union(*items),)),))
            elif items is not None and isinstance(index, int):
                out.append(items[index] if -len(items) <= index < len(items) else UNKNOWN)
            elif isinstance(value, Instance) and isinstance(index, str) and self._is_typed_dict(value.cls):
                out.append(self.attributes.of_instance(value, index))
            else:
                out.append(self.results.method_result(value, "__getitem__", frame))
        return union(*out) or self.outside.item(term, frame)

    def _is_typed_dict(self, cls: str) -> bool:
        return is_first_party(cls) and not TYPED_DICTS.isdisjoint(self.attributes.mro(cls))

    def binary(self, term: t.BinaryTerm, frame: Frame) -> Values:
        left = union(*(self.results.method_result(v, term.operator, frame) for v in self.resolve(term.left, frame)))
        if left or term.operator not in REVERSED:
            return left
        right = self.resolve(term.right, frame)
        return union(*(self.results.method_result(v, REVERSED[term.operator], frame) for v in right))

    def caught(self, term: t.CaughtTerm, frame: Frame) -> Values:
        return tuple(Instance(v.name) for v in self.resolve(term.exception, frame) if isinstance(v, Symbol))

    def typed(self, term: t.TypedTerm, frame: Frame) -> Values:
        annotated = self.types.annotated(term.annotation, frame)
        value = self.resolve(term.value, frame) if term.value is not None else UNKNOWN
        stated = {v.cls: v for v in annotated if isinstance(v, Instance)}
        made = [v for v in value if isinstance(v, Instance) and v.cls in stated]
        # What was made there is known better than its annotation, but an empty container says less.
        agreed = tuple(v if any(v.arguments) else replace(v, arguments=stated[v.cls].arguments) for v in made)
        return agreed or annotated or value

    def narrowed(self, term: t.NarrowedTerm, frame: Frame) -> Values:
        if isinstance(term.cls, t.DisplayTerm):
            options = union(*(self.types.annotated(i, frame) for i in term.cls.items))
        else:
            options = self.types.annotated(term.cls, frame)
        known = self.resolve(term.value, frame)
        classes = {o.cls for o in options if isinstance(o, Instance)}
        agreed = tuple(v for v in known if isinstance(v, Instance) and self.attributes.is_a(v.cls, classes))
        if term.excluded:
            return tuple(self._without(v, classes) for v in known if v not in agreed)
        return agreed or options or known

    def _without(self, value: Value, classes: set[str]) -> Value:
        """Return a value of which it is known that it is of none of these classes, as far as they are below its own."""
        if not isinstance(value, Instance) or not is_first_party(value.cls):
            return value
        below = {cls for cls in classes if cls != value.cls and self.attributes.is_a(cls, {value.cls})}
        return replace(value, excluded=tuple(sorted({*value.excluded, *below}))) if below else value

    def type_variable(self, term: t.TypeVariableTerm, frame: Frame) -> Values:
        return UNKNOWN  # a type, not a value; annotations read it


_Rung = Callable[[Resolver, Any, Frame], Values]
_RUNGS: dict[type[Any], _Rung] = {
    t.NameTerm: Resolver.name,
    t.AttributeTerm: Resolver.attribute,
    t.CallTerm: Resolver.call,
    t.SubscriptTerm: Resolver.subscript,
    t.AwaitTerm: Resolver.awaited,
    t.BinaryTerm: Resolver.binary,
    t.ChoiceTerm: Resolver.choice,
    t.ConstantTerm: Resolver.constant,
    t.DisplayTerm: Resolver.display,
    t.CollectedTerm: Resolver.collected,
    t.FunctionTerm: Resolver.function,
    t.ClassTerm: Resolver.class_,
    t.ImportTerm: Resolver.imported,
    t.ParameterTerm: Resolver.parameter,
    t.ElementTerm: Resolver.element,
    t.EnteredTerm: Resolver.entered,
    t.UnpackedTerm: Resolver.unpacked,
    t.CaughtTerm: Resolver.caught,
    t.TypedTerm: Resolver.typed,
    t.NarrowedTerm: Resolver.narrowed,
    t.TypeVariableTerm: Resolver.type_variable,
}

