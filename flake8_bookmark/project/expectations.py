"""What an annotation rules out: where `str` is expected, a coroutine object is a mistake.

Only what is certain counts. `Any`, `object`, type variables, protocols and the abstract classes of `typing` and
`collections.abc` may all be kept by a coroutine object; a plain class, of the project or of a library, can't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.names.terms import (
    AttributeTerm,
    BinaryTerm,
    CallTerm,
    ConstantTerm,
    DisplayTerm,
    NameTerm,
    StarTerm,
    SubscriptTerm,
    Term,
    TypedTerm,
)
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Method, Symbol, Value, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

OPEN = ("typing.", "typing_extensions.", "collections.abc.", "types.", "abc.", "_typeshed.")
UNIONS = frozenset({"Union", "Optional"})
WRAPPERS = frozenset({"Annotated", "Final", "ClassVar", "Required", "NotRequired"})
CONCRETE = frozenset(
    {"List", "Dict", "Set", "FrozenSet", "Tuple", "Type", "DefaultDict", "OrderedDict", "Counter", "Deque", "Text"}
)
COLLECTIONS = frozenset({"list", "set", "tuple", "List", "Set", "Tuple", "Sequence", "Collection", "Iterable"})
MAKERS = frozenset({"__init__", "__new__"})
LOOSE = frozenset({"builtins.object", "asyncio.Future", "asyncio.Task"})
"""Whoever writes a future awaits it, or has a loop run it, and often takes any awaitable."""
VALUES = frozenset({"None", "NoneType", "Literal", "Sequence", "Mapping", "MutableMapping", "MutableSequence"})


class ExpectationReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def result_excludes(self, frame: Frame) -> bool:
        """Tell whether the return annotation of a function rules a coroutine object out."""
        annotation = frame.function.annotation
        outer = Frame(frame.module, frame.module.function(frame.function.parent))
        return annotation is not None and self.excludes(annotation, outer)

    def items_exclude(self, frame: Frame) -> bool:
        """Tell whether a function is annotated to return a list, set or tuple in which no coroutine object can be."""
        annotation = frame.function.annotation
        outer = Frame(frame.module, frame.module.function(frame.function.parent))
        while isinstance(annotation, BinaryTerm):  # `list[X] | None`
            annotation = annotation.left if isinstance(annotation.left, SubscriptTerm) else annotation.right
        if not isinstance(annotation, SubscriptTerm):
            return False
        kinds = {getattr(v, "name", "").rpartition(".")[2] for v in self.resolver.resolve(annotation.value, outer)}
        inner = annotation.index.items if isinstance(annotation.index, DisplayTerm) else (annotation.index,)
        items = [i for i in inner if not isinstance(i, ConstantTerm) or i.kind != "ellipsis"]
        return bool(kinds) and kinds <= COLLECTIONS and all(self.excludes(i, outer) for i in items)

    def excludes(self, term: Term, frame: Frame) -> bool:
        """Tell whether no coroutine object is of an annotated type."""
        match term:
            case ConstantTerm(kind="NoneType"):
                return True
            case BinaryTerm(operator="__or__"):
                return self.excludes(term.left, frame) and self.excludes(term.right, frame)
            case SubscriptTerm():
                return self._subscripted(term, frame)
            case NameTerm() | AttributeTerm():
                return self._named(term, frame)
        return False

    def _subscripted(self, term: SubscriptTerm, frame: Frame) -> bool:
        names = [v.name for v in self.resolver.resolve(term.value, frame) if isinstance(v, Symbol)]
        inner = term.index.items if isinstance(term.index, DisplayTerm) else (term.index,)
        short = names[0].rpartition(".")[2] if len(names) == 1 else ""
        if short in UNIONS and names[0].startswith(OPEN):
            return all(self.excludes(i, frame) for i in inner)
        if short in WRAPPERS and names[0].startswith(OPEN):
            return self.excludes(inner[0], frame)
        return bool(names) and all(self._is_closed(name) for name in names)

    def _named(self, term: NameTerm | AttributeTerm, frame: Frame) -> bool:
        values = self.resolver.resolve(term, frame)
        names = [v.name for v in values if isinstance(v, Symbol)]
        return bool(names) and len(names) == len(values) and all(self._is_closed(name) for name in names)

    def _is_closed(self, name: str) -> bool:
        """Tell whether a name is a class that no coroutine object is an instance of."""
        if name.startswith(OPEN):
            return name.rpartition(".")[2] in CONCRETE | VALUES
        if is_first_party(name):
            if self.resolver.project.class_(name) is None:
                return False
            line = list(self.resolver.attributes.mro(name))
            return not any(n.startswith(OPEN) and n.endswith(".Protocol") for n in line)
        declared = self.resolver.library.declaration(name)
        return declared is not None and declared.kind == "class" and name not in LOOSE

    # arguments --------------------------------------------------------------------------------------------------------

    def refused_argument(self, fact: CallFact, frame: Frame, place: int | str) -> str:
        """Return the first-party parameter that an argument of a call fills and whose annotation rules it out."""
        if not isinstance(fact.term, CallTerm) or any(isinstance(a, StarTerm) for a in fact.term.arguments):
            return ""
        found = {self._refusing(v, fact.term, place) for v in self.resolver.resolve(fact.term.callee, frame)}
        return found.pop() if len(found) == 1 else ""

    def _refusing(self, callee: Value, call: CallTerm, place: int | str) -> str:
        if not isinstance(callee, (Symbol, Method)) or not is_first_party(callee.name):
            return ""
        target = self.resolver.project.frame(callee.name)
        if target is None:
            return ""
        if target.function.kind == "class":
            return self._refusing_field(callee.name, place) if isinstance(place, str) else ""
        kind = self.resolver.attributes.binding_kind(target.module, target.function.key)
        shift = 1 if kind == "classmethod" or (kind == "method" and isinstance(callee, Method)) else 0
        outer = Frame(target.module, target.module.function(target.function.parent))
        for index, parameter in enumerate(target.function.parameters):
            named = parameter.name == place or (parameter.kind == "positional" and index - shift == place)
            if named and parameter.kind in ("positional", "keyword") and parameter.annotation is not None:
                return parameter.name if self.excludes(parameter.annotation, outer) else ""
        return ""

    def _refusing_field(self, cls: str, place: str) -> str:
        """Return the field of a class without `__init__` that an argument fills and whose annotation rules it out.

        Whatever reads the annotations (a dataclass, a TypedDict, a model of a library), it is told what it is given.
        """
        for name in self.resolver.attributes.mro(cls):
            known = self.resolver.project.class_(name) if is_first_party(name) else None
            if known is None:
                continue
            module, facts = known
            if any(method in MAKERS for method, _ in facts.methods):
                return ""
            body = module.function(facts.key)
            terms = [body.bindings[number].term for number in body.named(place)]
            if terms:
                frame = Frame(module, body)
                typed = (isinstance(term, TypedTerm) and self.excludes(term.annotation, frame) for term in terms)
                return place if all(typed) else ""
        return ""
