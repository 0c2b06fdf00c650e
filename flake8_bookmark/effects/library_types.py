"""What a library name is: module, function, class or attribute, and the type of what it gives.

Two sources answer. The standard library's declarations are derived from typeshed by `tools/typeshed.py` and
shipped as one JSON file per top-level module, read when the first name of that module is asked for.
Everything else comes from the catalogue, which also has the last word where it says something about a name of
the standard library.

    types.declaration("open").type                                     "io.TextIOWrapper | io.FileIO | …"
    types.declaration("posixpath.exists").name                         "os.path.exists"
    types.member("zipfile.ZipFile", "open").name                       "zipfile.ZipFile.open"
    types.member_type("dict", ("str", "pathlib.Path"), "__getitem__")  "pathlib.Path"
    types.call_type("sorted", ["set[pathlib.Path]"])                   "list[pathlib.Path]"

Names are canonical: the shortest public spelling. A canonical name always has a dot (`builtins.open`); in the
text of a type builtins stand bare (`list[str]`). Every look-up takes both, and any other spelling that
typeshed or the catalogue knows. An answer that isn't known is None for a declaration and the empty text for a
type.

A type variable never leaves this room, except in `Declaration.type` of what `member` returns: there the
declaration is given as it was written, with `Self` and the variables of the class that wrote it.
`member_type` is the one that knows the receiver and replaces them. A variable without an argument stands for
its default, else for the union of its constraints (`subprocess.Popen` without arguments has text or bytes in
its pipes), else for its bound, else for nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from flake8_bookmark.effects import call_types, typeshed_data
from flake8_bookmark.effects.ancestors import given_variables, linearise
from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.type_text import ANY, UNKNOWN, join_union, split_generic, split_union, substitute
from flake8_bookmark.effects.typeshed_data import Alternative, ClassRecord, Entry, ModuleData

DeclarationKind = Literal["module", "function", "class", "attribute", "either"]

_LONGEST_NAME = 12  # dots; no library nests deeper, and hostile text must not make the look-up deep
_BUILTINS = "builtins."
_OBJECT = "builtins.object"
_GENERATOR = "collections.abc.Generator"

# Classes that need not be named as a base: the methods that give what their first type variable stands for.
_STRUCTURAL: Mapping[str, tuple[str, ...]] = {
    "collections.abc.Iterable": ("__iter__", "__next__"),
    "collections.abc.Iterator": ("__next__",),
    "collections.abc.AsyncIterable": ("__aiter__", "__anext__"),
    "collections.abc.AsyncIterator": ("__anext__",),
    "contextlib.AbstractContextManager": ("__enter__",),
    "contextlib.AbstractAsyncContextManager": ("__aenter__",),
}
_AWAITED = ("__anext__", "__aenter__")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a qualified name is.

    `type` is what a call of a function returns, what an attribute or a property holds, and for a class its
    own name. For a coroutine function (`is_async`) it is the type of the awaited result. `kind` is "either"
    for a name whose type is known from the catalogue, which doesn't tell functions from attributes: calling
    it and reading it both give `type`. A property is a function with `is_property`. `bases` are names,
    `parameters` type variables; `alternatives` are for `LibraryTypes.call_type`.
    """

    name: str
    kind: DeclarationKind
    type: str = UNKNOWN
    is_async: bool = False
    is_property: bool = False
    bases: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


class LibraryTypes:
    """Answers questions about library names; every answer is remembered."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._roots: dict[str, ModuleData] = {}
        self._records: dict[str, ClassRecord | None] = {}
        self._declarations: dict[str, Declaration | None] = {}
        self._members: dict[tuple[str, str], tuple[str, Declaration] | None] = {}
        self._linear: dict[str, tuple[str, ...]] = {}
        self._bound: dict[tuple[str, tuple[str, ...]], Mapping[str, Mapping[str, str]]] = {}

    # names --------------------------------------------------------------------------------------------------

    def declaration(self, name: str) -> Declaration | None:
        """Return what a name is, whatever its spelling; members of classes and of typed values included.

        `pathlib.Path.cwd` gives a function of type `pathlib.Path`, `os.environ.get` one of type `str | None`.
        """
        if name not in self._declarations:
            found = self._declare(name) if name.count(".") <= _LONGEST_NAME else None
            if found is not None and found.name != name and self._is_spelled_so(name):
                found = replace(found, name=name)
            self._declarations[name] = found
        return self._declarations[name]

    def _is_spelled_so(self, name: str) -> bool:
        """Say whether the catalogue describes a name in this very spelling, which then is the one to show."""
        return "." in name and self._catalogue.canonical(name) == name and self._is_described(name)

    def _declare(self, name: str) -> Declaration | None:
        name = self._canonical(name)
        found = self._listed(name)
        if found is None and "." in name:
            found = self._declared_inside(name)
        return found or self._corrected(name, None)

    def _declared_inside(self, name: str) -> Declaration | None:
        """Return the declaration of a member of a class, or of a value whose class is known."""
        owner_name, _, attribute = name.rpartition(".")
        owner = self.declaration(owner_name)
        if owner is None or (owner.kind == "function" and not owner.is_property):
            return None
        if owner.kind == "module":
            return None if owner.name == owner_name else self.declaration(f"{owner.name}.{attribute}")
        return self._declared_by_value(owner.type, attribute)

    def _declared_by_value(self, value_type: str, attribute: str) -> Declaration | None:
        for part in split_union(value_type):
            head, arguments = split_generic(part)
            found = self.member(head, attribute)
            if found is not None:
                return replace(found, type=self.member_type(head, arguments, attribute))
        return None

    def _canonical(self, name: str) -> str:
        if "." not in name and not self._is_root(name):
            name = _BUILTINS + name
        for _ in range(2):
            data = self._data(name)
            if name in data.names or name in data.classes or name in data.modules:
                return name
            other = data.aliases.get(name) or self._catalogue.canonical(name)
            if other == name:
                break
            name = other
        return name

    def _is_root(self, name: str) -> bool:
        return name in self._data(name).modules

    def _data(self, name: str) -> ModuleData:
        root = name.partition(".")[0]
        data = self._roots.get(root)
        if data is None:
            data = self._roots[root] = typeshed_data.load(root)
        return data

    def _listed(self, name: str) -> Declaration | None:
        """Return the declaration of a name that the data lists, or of a class that the catalogue lists."""
        data = self._data(name)
        if name in data.modules:
            return Declaration(name, "module")
        record = self._record(name)
        if record is not None:
            bases = tuple(self._class_name(split_generic(base)[0]) for base in record.bases)
            itself = name.removeprefix(_BUILTINS)
            parameters = tuple(record.variables)
            return Declaration(
                name, "class", itself, bases=bases, parameters=parameters, alternatives=record.constructor
            )
        entry = data.names.get(name)
        if entry is None:
            return None
        return self._corrected(name, _from_entry(name, typeshed_data.read_entry(entry)))

    def _corrected(self, name: str, found: Declaration | None) -> Declaration | None:
        """Add what the catalogue says about a name that isn't a class."""
        catalogue = self._catalogue
        kind = catalogue.type_of(name)
        is_async = catalogue.is_async(name)
        if found is not None:
            changed = kind is not None or is_async
            if not changed:
                return found
            return replace(found, type=kind or found.type, is_async=is_async or found.is_async)
        if catalogue.is_property(name):
            return Declaration(name, "function", kind or UNKNOWN, is_async, is_property=True)
        if is_async or self._is_described(name):
            return Declaration(name, "function", kind or UNKNOWN, is_async)
        return None if kind is None else Declaration(name, "either", kind)

    def _is_described(self, name: str) -> bool:
        """Say whether the catalogue has more to say about a name than its type."""
        catalogue = self._catalogue
        many = (catalogue.effects, catalogue.handovers, catalogue.is_safe)
        one = (catalogue.suspends, catalogue.spawner, catalogue.decorator, catalogue.lock)
        return any(ask(name) for ask in many) or any(ask(name) is not None for ask in one)

    # classes ------------------------------------------------------------------------------------------------

    def mro(self, class_name: str) -> tuple[str, ...]:
        """Return the class and its ancestors in the order in which attributes are looked up.

        Unknown bases are skipped; the result is empty for what isn't a known class.
        """
        name = self._class_name(class_name)
        if name not in self._linear:
            self._linear[name] = ()  # a class among its own ancestors (bad data) ends here
            record = self._record(name)
            if record is not None:
                bases = [split_generic(base)[0] for base in record.bases]
                lines = [list(line) for base in bases if (line := self.mro(base))]
                merged = [other for other in linearise(name, lines) if other != _OBJECT]
                self._linear[name] = (*merged, _OBJECT)
        return self._linear[name]

    def member(self, class_name: str, attribute: str) -> Declaration | None:
        """Return what the first class of the MRO that declares the attribute says about it.

        Its name is the qualified name where it was found. Where that is a private class (`_socket.socket`),
        it is the name in the last public class on the way there (`socket.socket.recv`).
        """
        found = self._found(class_name, attribute)
        return found[1] if found else None

    def member_type(self, class_name: str, arguments: tuple[str, ...], attribute: str) -> str:
        """Return the member's type for a receiver `class_name[arguments]`; "Self" is the receiver's type."""
        found = self._found(class_name, attribute)
        if found is None or not found[1].type:
            return UNKNOWN
        owner, declaration = found
        receiver = self._class_name(class_name).removeprefix(_BUILTINS)
        if arguments:
            receiver = f"{receiver}[{', '.join(arguments)}]"
        variables = dict(self.substitutes(class_name, arguments, owner))
        return substitute(declaration.type, {**variables, "Self": receiver})

    def substitutes(
        self, class_name: str, arguments: tuple[str, ...], ancestor: str = ""
    ) -> Mapping[str, str]:
        """Return what the type variables of an ancestor (by default of the class itself) stand for.

        `substitutes("collections.Counter", ("str",), "dict")` is `{"_KT": "str", "_VT": "int"}`.
        """
        name = self._class_name(class_name)
        key = (name, arguments)
        if key not in self._bound:
            self._bound[key] = self._bind(name, arguments)
        return self._bound[key].get(self._class_name(ancestor) if ancestor else name, {})

    def _found(self, class_name: str, attribute: str) -> tuple[str, Declaration] | None:
        key = (class_name, attribute)
        if key not in self._members:
            self._members[key] = self._find(class_name, attribute)
        return self._members[key]

    def _find(self, class_name: str, attribute: str) -> tuple[str, Declaration] | None:
        line = self.mro(class_name)
        public = line[0] if line else ""
        first: tuple[str, Declaration] | None = None
        for owner in line:
            if not _is_private(owner):
                public = owner
            found = self._own_member(owner, attribute)
            if found is None:
                continue
            if first is None and _is_private(owner):
                found = replace(found, name=f"{public}.{attribute}")
            if found.type or found.alternatives or found.kind == "attribute":
                return owner, found if first is None else replace(found, name=first[1].name)
            # What the catalogue says of a method may leave its type to a base of the class.
            first = first or (owner, found)
        return first

    def _own_member(self, owner: str, attribute: str) -> Declaration | None:
        name = f"{owner}.{attribute}"
        if self._record(name) is not None:
            return self._listed(name)
        record = self._record(owner)
        entry = record.members.get(attribute) if record else None
        found = _from_entry(name, typeshed_data.read_entry(entry)) if entry is not None else None
        return self._corrected(name, found)

    def _class_name(self, name: str) -> str:
        """Return the canonical name of a class, the name itself when it isn't known."""
        if self._record(name) is not None:
            return name
        found = self.declaration(name)
        return found.name if found is not None else name

    def _record(self, name: str) -> ClassRecord | None:
        if name not in self._records:
            raw = self._data(name).classes.get(name)
            if raw is not None:
                self._records[name] = typeshed_data.read_class(name, raw)
            else:
                bases = self._catalogue.bases(name) if "." in name else None
                self._records[name] = ClassRecord(name, bases) if bases is not None else None
        return self._records[name]

    def _bind(self, name: str, arguments: tuple[str, ...]) -> Mapping[str, Mapping[str, str]]:
        """Return the type variables of a class and of all its ancestors with what they stand for."""
        bound: dict[str, Mapping[str, str]] = {}
        waiting = [(name, arguments)]
        while waiting:
            current, given = waiting.pop(0)
            record = self._record(current)
            if record is None or current in bound:
                continue
            variables = bound[current] = given_variables(record, given)
            for base in record.bases:
                head, inner = split_generic(substitute(base, variables))
                waiting.append((self._class_name(head), inner))
        return bound

    # calls and protocols ------------------------------------------------------------------------------------

    def call_type(
        self,
        name: str,
        positional: Sequence[str] = (),
        keywords: Mapping[str, str] | None = None,
        receiver: str = UNKNOWN,
    ) -> str:
        """Return what a call gives when its arguments have these types; unknown ones are empty.

        For a method also pass the type of its receiver (no union). An argument that is a callable has the
        type `collections.abc.Callable[R]`, with R what it returns. For a coroutine function the type is the
        awaited one.
        """
        head, arguments = split_generic(receiver)
        attribute = name.rpartition(".")[2]
        found = self._found(head, attribute) if receiver else None
        declaration = found[1] if found else self.declaration(name)
        if declaration is None:
            return UNKNOWN
        variables: dict[str, str] = {}
        if found:
            variables = {**self.substitutes(head, arguments, found[0]), "Self": receiver}
        fitting = call_types.chosen(declaration.alternatives, positional, keywords or {}, self._seen_as)
        if not fitting:
            return substitute(declaration.type, variables)
        return join_union(substitute(a.type, {**variables, **bound}) for a, bound in fitting)

    def element_type(self, iterable: str, is_async: bool = False) -> str:
        """Return what iterating over a value of this type gives."""
        steps = _STRUCTURAL["collections.abc.AsyncIterable" if is_async else "collections.abc.Iterable"]
        return functools.reduce(self._by_member, steps, iterable)

    def awaited_type(self, awaitable: str) -> str:
        """Return what awaiting a value of this type gives: `asyncio.Future[int]` gives `int`."""
        steps = split_union(self._by_member(awaitable, "__await__"))
        return join_union(result for step in steps for result in self._seen_as(step, _GENERATOR)[2:])

    def _by_member(self, value_type: str, attribute: str) -> str:
        found = (self._of_member(*split_generic(part), attribute) for part in split_union(value_type))
        return join_union(part for part in found if part)

    def _of_member(self, class_name: str, arguments: tuple[str, ...], attribute: str) -> str:
        """Return what a special method gives; what `async for` and `async with` await, after awaiting it."""
        kind = self.member_type(class_name, arguments, attribute)
        found = self.member(class_name, attribute) if attribute in _AWAITED else None
        return kind if found is None or found.is_async else self.awaited_type(kind)

    def _seen_as(self, value_type: str, ancestor: str) -> tuple[str, ...]:
        """Return the arguments that a type has when it is seen as an instance of one of its ancestors."""
        head, arguments = split_generic(value_type)
        if head == ancestor:
            return arguments
        found = self.substitutes(head, arguments, ancestor)
        if found or ancestor not in _STRUCTURAL:
            return tuple(bound or ANY for bound in found.values())
        return (functools.reduce(self._by_member, _STRUCTURAL[ancestor], value_type) or ANY,)


def _from_entry(name: str, entry: Entry) -> Declaration:
    if entry.word == "var":
        return Declaration(name, "attribute", entry.type)
    is_async, is_property = entry.word == "async", entry.word == "property"
    return Declaration(name, "function", entry.type, is_async, is_property, alternatives=entry.alternatives)


def _is_private(name: str) -> bool:
    return name.startswith("_") or "._" in name
