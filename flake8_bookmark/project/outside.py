"""What others put on an object: `app.state.client = Client()`, `app["client"] = …`, `hass.data[DOMAIN] = …`.

An attribute that neither the class of an object nor its bases set is looked for in the text of the packages, by its
name. An assignment counts where it is to an object of that class, or of one above or below it; one to an item, where
the key is the same as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.facts.model import PlacedFact
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    ConstantTerm,
    NameTerm,
    SubscriptTerm,
    Term,
)
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.questions import PUT, SET
from flake8_bookmark.project.values import UNKNOWN, Instance, Method, Symbol, Value, Values, is_first_party, union

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MOST_FILES = 12
"""Files that set an attribute of that name; one that more of them set is too common to be followed."""
MOST_KINDS = 2
DEEPEST = 3
PLAIN = ("builtins.", "typing.", "collections.")
"""Where the classes are from of which a program has many objects for many things."""
ITEM_METHODS = frozenset({"setdefault", "get"})
Key: TypeAlias = tuple[str, str]
ANY: Key = ("", "")
"""The key of an item that is known only when the program runs."""


class OutsideReader:
    """Answers for a resolver; the assignments of a name are looked for once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._placed: dict[str, dict[str, list[tuple[PlacedFact, Frame]]]] = {}

    def attribute(self, value: Value, name: str, frame: Frame) -> Values:
        """Return what is set as an attribute of an object, or of a class or module, by code that is not its own."""
        owners = self._shared((value,)) if not name.startswith("__") else UNKNOWN
        found: list[Values] = []
        for fact, maker in self._that_set(frame, f"{SET}{name}") if owners else ():
            if isinstance(fact.place, AttributeTerm) and self._is_same(owners, self._read(fact.place.value, maker)):
                found.append(self._objects(fact.term, maker))
        return _few(found)

    def item(self, term: SubscriptTerm | CallTerm, frame: Frame) -> Values:
        """Return what is put into a container under a key: of an attribute, or of an object that is a mapping."""
        owner, keys = self._steps(term, frame)
        if not keys or keys[-1] == ANY:
            return UNKNOWN
        attribute, owners = self._container(owner, frame)
        found: list[Values] = []
        for fact, maker in self._that_put(frame, term, keys[-1]) if owners else ():
            other, wanted = self._steps(fact.place, maker)
            if wanted == keys:
                name, theirs = self._container(other, maker)
                if name == attribute and self._is_same(owners, theirs):
                    found.append(self._objects(fact.term, maker))
        return _few(found)

    # places -----------------------------------------------------------------------------------------------------------

    def _steps(self, term: Term, frame: Frame) -> tuple[Term, list[Key]]:
        """Take the items off a term: return whose they are, and their keys."""
        keys: list[Key] = []
        while len(keys) < DEEPEST:
            match term:
                case SubscriptTerm(value=inner, index=index):
                    pass
                case CallTerm(callee=AttributeTerm(value=inner, name=name)) if name in ITEM_METHODS and term.arguments:
                    index = term.arguments[0]
                case _:
                    break
            keys.insert(0, self._key(index, frame))
            term = inner
        return term, keys

    def _key(self, index: Term, frame: Frame) -> Key:
        """Return what tells one key from others: its text, or the name of a constant and where it stands."""
        if isinstance(index, ConstantTerm):
            return ("", index.value) if isinstance(index.value, str) else ANY
        if not isinstance(index, (NameTerm, AttributeTerm)):
            return ANY
        meant = self.resolver.definition(index, frame) if _is_global(index) else None
        if meant is None:
            return (".", index.name) if isinstance(index, AttributeTerm) else ANY
        if isinstance(meant[0], ConstantTerm):
            return self._key(*meant)
        return (meant[1].module.name, _written(index))

    def _container(self, owner: Term, frame: Frame) -> tuple[str, Values]:
        """Return a container where its class tells it from others, or the name of an attribute and whose it is."""
        found = self._read(owner, frame)
        if found or not isinstance(owner, AttributeTerm):
            return "", found
        return owner.name, self._read(owner.value, frame)

    def _read(self, term: Term, frame: Frame) -> Values:
        return self._shared(self.resolver.resolve(term, frame))

    def _shared(self, values: Values) -> Values:
        """Return the objects of which a program hands one around; of lists and texts there are many."""
        read = (self.resolver.attributes.read(v) if isinstance(v, Method) else (v,) for v in values)
        return tuple(v for found in read for v in found if _may_be_shared(v))

    def _is_same(self, values: Values, others: Values) -> bool:
        """Tell whether two terms may be of one object: of the same class, or one of a class above the other's."""
        return any(value == other or self._are_related(value, other) for value in values for other in others)

    def _are_related(self, value: Value, other: Value) -> bool:
        if not isinstance(value, Instance) or not isinstance(other, Instance):
            return False
        is_a = self.resolver.attributes.is_a
        return is_a(value.cls, {other.cls}) or is_a(other.cls, {value.cls})

    def _objects(self, term: Term, frame: Frame) -> Values:
        return tuple(v for v in self.resolver.resolve(term, frame) if isinstance(v, Instance))

    # assignments ------------------------------------------------------------------------------------------------------

    def _that_set(self, frame: Frame, word: str) -> Iterator[tuple[PlacedFact, Frame]]:
        modules = self.resolver.project.that_call(frame.module, [word])
        if modules is None or len(modules) > MOST_FILES:
            return
        for module in dict.fromkeys((*modules, frame.module)):
            yield from self._of_module(module).get(word, ())

    def _that_put(self, frame: Frame, term: SubscriptTerm | CallTerm, key: Key) -> Iterator[tuple[PlacedFact, Frame]]:
        """Yield what is put under a key: as it is written here, or as its text."""
        index = term.index if isinstance(term, SubscriptTerm) else term.arguments[0]
        for word in dict.fromkeys((_written(index), key[1])):
            yield from self._that_set(frame, f"{PUT}{word}")

    def _of_module(self, module: ModuleFacts) -> dict[str, list[tuple[PlacedFact, Frame]]]:
        if module.name not in self._placed:
            found = self._placed[module.name] = {}
            for function in module.functions():
                frame = Frame(module, function)
                for fact in function.placed:
                    found.setdefault(_word(fact.place), []).append((fact, frame))
        return self._placed[module.name]


def _word(place: Term) -> str:
    """Return by which word an assignment is found in a text."""
    if isinstance(place, AttributeTerm):
        return f"{SET}{place.name}"
    return f"{PUT}{_written(place.index)}" if isinstance(place, SubscriptTerm) else ""


def _written(index: Term) -> str:
    """Return the last word of an index."""
    match index:
        case ConstantTerm(value=str() as text):
            return text
        case AttributeTerm(name=name) | NameTerm(id=name):
            return name
    return ""


def _is_global(term: Term) -> bool:
    while isinstance(term, AttributeTerm):
        term = term.value
    return isinstance(term, NameTerm) and term.scope == "global"


def _may_be_shared(value: Value) -> bool:
    if isinstance(value, Symbol):
        return is_first_party(value.name)
    return isinstance(value, Instance) and not value.cls.startswith(PLAIN)


def _few(found: list[Values]) -> Values:
    values = union(*found)
    return values if len(values) <= MOST_KINDS else UNKNOWN
