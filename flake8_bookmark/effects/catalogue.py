"""The catalogue: what the project knows about libraries it doesn't read, looked up by qualified name.

The knowledge is data, one TOML file per top-level import (`libraries/SCHEMA.md` says how they look). A file
is read when the first name under its import is asked for, never otherwise: a project without Django doesn't
pay for Django. After that every question is a look-up in a dict.

A name is asked for as the code's imports spell it. `canonical` turns other spellings into the documented one,
and every question does so by itself. `X.*` in the data stands for all public methods of `X` (in `safe` tables
for the special methods too). Where a name is both blocking and safe, safe wins: silence is the cheaper
mistake.

What the user declares lies over what is shipped: a name in `bkm-nonblocking` is safe whatever the data says,
and a name in `bkm-blocking` blocks even though the data calls it safe.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from flake8_bookmark.effects.model import (
    DEFAULT_LEVEL,
    Condition,
    Effect,
    Handover,
    Kind,
    LockKind,
    Place,
    Spawner,
    Suspends,
)
from flake8_bookmark.finding import Level

LIBRARIES = Path(__file__).parent / "libraries"
DECLARED_CAUSE = "declared by the project"
MOST_ALIASES = 8  # an alias may lead to another one; more than this is a circle

_NAME = re.compile(r"[^\W\d]\w*(\.([^\W\d]\w*|\*))*")
_ARGUMENT = re.compile(r"\d{1,3}|[^\W\d]\w*")
_Value = TypeVar("_Value")


class DeclaredNames(Protocol):
    """What the user adds to the catalogue; the run's options have this shape."""

    @property
    def blocking(self) -> Sequence[str]: ...
    @property
    def nonblocking(self) -> Sequence[str]: ...
    @property
    def offloaders(self) -> Sequence[str]: ...
    @property
    def spawners(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Library:
    """One file of the catalogue, turned inside out: one dict per question, from name to answer.

    A key is a qualified name, or `X.*` for all that is directly under `X`.
    """

    name: str = ""
    root: str = ""
    source: str = ""
    aliases: dict[str, str] = field(default_factory=dict)
    bases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    coroutines: frozenset[str] = frozenset()
    effects: dict[str, tuple[Effect, ...]] = field(default_factory=dict)
    safe: dict[str, bool] = field(default_factory=dict)
    handovers: dict[str, tuple[Handover, ...]] = field(default_factory=dict)
    decorators: dict[str, Handover] = field(default_factory=dict)
    suspends: dict[str, Suspends] = field(default_factory=dict)
    spawners: dict[str, Spawner] = field(default_factory=dict)
    locks: dict[str, LockKind] = field(default_factory=dict)


class Catalogue:
    """All libraries, and what the user declared on top of them.

    Every method that takes a name takes any spelling of it. A name without a dot is a builtin.
    """

    __slots__ = ("_canonical", "_declared", "_effects", "_wide")

    def __init__(self, declared: Library, wide: Library) -> None:
        self._declared = declared  # exact names, and `X.*`
        self._wide = wide  # names with `*` before the last segment; few
        self._canonical: dict[str, str] = {}
        self._effects: dict[str, tuple[Effect, ...]] = {}

    @classmethod
    def shipped(cls, extra: DeclaredNames | Mapping[str, Sequence[str]] | None = None) -> Catalogue:
        """Return the shipped catalogue with the user's names over it.

        Raises ValueError, with a message for the user, for an entry that can't be understood.
        """
        declared = _declared_library(extra)
        wide = {name for name in (*declared.effects, *declared.safe) if "*" in name[:-1]}
        return cls(
            declared,
            Library(
                effects={name: found for name, found in declared.effects.items() if name in wide},
                safe={name: found for name, found in declared.safe.items() if name in wide},
            ),
        )

    def canonical(self, name: str) -> str:
        """Return the documented spelling of a name; the longest prefix that has an alias decides."""
        known = self._canonical.get(name)
        if known is None:
            known = self._canonical[name] = _follow_aliases(name)
        return known

    def effects(self, name: str) -> tuple[Effect, ...]:
        """Return what a call to `name` does to its thread; nothing for a name that is safe or unknown."""
        found = self._effects.get(name)
        if found is None:
            found = self._effects[name] = self._find_effects(self.canonical(name))
        return found

    def is_safe(self, name: str) -> bool:
        """Say whether `name` is known never to block, although a base class or a pattern says otherwise."""
        name = self.canonical(name)
        if _get(self._declared.safe, name) or _get_wide(self._wide.safe, name):
            return True
        if _get(self._declared.effects, name) or _get_wide(self._wide.effects, name):
            return False
        return bool(_get(library(name).safe, name))

    def first_known(self, names: Iterable[str]) -> str | None:
        """Return the first of these names that has an effect or is safe: a method along its class's bases."""
        return next((name for name in names if self.effects(name) or self.is_safe(name)), None)

    def handovers(self, name: str) -> tuple[Handover, ...]:
        """Return the arguments of `name` that are callables or coroutines, and where they run."""
        name = self.canonical(name)
        own = _get(self._declared.handovers, name) or ()
        return own or _get(library(name).handovers, name) or ()

    def decorator(self, name: str) -> Handover | None:
        """Return what decorating with `name` makes of the function under it."""
        name = self.canonical(name)
        return _get(library(name).decorators, name)

    def spawner(self, name: str) -> Spawner | None:
        name = self.canonical(name)
        return _get(self._declared.spawners, name) or _get(library(name).spawners, name)

    def lock(self, name: str) -> LockKind | None:
        name = self.canonical(name)
        return _get(library(name).locks, name)

    def suspends(self, name: str) -> Suspends | None:
        """Say whether awaiting what `name` returns gives the loop back, where that is known."""
        name = self.canonical(name)
        return _get(library(name).suspends, name)

    def is_async(self, name: str) -> bool:
        """Say whether calling `name` gives a coroutine (typeshed's data has the standard library's)."""
        name = self.canonical(name)
        return name in library(name).coroutines

    def type_of(self, name: str) -> str | None:
        """Return the type of an attribute, or of what a call returns, as an expression of qualified names."""
        name = self.canonical(name)
        return library(name).types.get(name)

    def bases(self, name: str) -> tuple[str, ...] | None:
        """Return the bases of a declared class; None for a name that isn't one."""
        name = self.canonical(name)
        return library(name).bases.get(name)

    def anchors(self, kind: Kind) -> dict[str, tuple[Effect, ...]]:
        """Return all shipped effects of a kind by the anchor of their section on the page, in order."""
        found: dict[str, list[Effect]] = {}
        for root in self.libraries():
            for effects in library(root).effects.values():
                for effect in effects:
                    if effect.kind is kind:
                        found.setdefault(effect.anchor, []).append(effect)
        return {anchor: tuple(sorted(found[anchor], key=_name_of)) for anchor in sorted(found)}

    def libraries(self) -> tuple[str, ...]:
        """Return the imports that are described, in order."""
        return tuple(sorted(_roots()))

    def _find_effects(self, name: str) -> tuple[Effect, ...]:
        if self.is_safe(name):
            return ()
        own = _get(self._declared.effects, name) or _get_wide(self._wide.effects, name)
        found = own or _get(library(name).effects, name) or ()
        return tuple(_named(effect, name) for effect in found)


def library(name: str) -> Library:
    """Return the library that `name` belongs to; an empty one where none is described."""
    root = name.partition(".")[0]
    return read_library(root) if root in _roots() else _NOTHING


@cache
def read_library(root: str) -> Library:
    """Read and turn inside out the file of one top-level import."""
    path = LIBRARIES / f"{root}.toml"
    try:
        return parse_library(tomllib.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error!r}") from error


def parse_library(data: Mapping[str, Any]) -> Library:
    """Turn the tables of one file into a Library."""
    head = data["library"]
    source = head["source"]
    return Library(
        name=head["name"],
        root=head["import"],
        source=source,
        aliases=dict(data.get("aliases", {})),
        bases={name: tuple(bases) for name, bases in data.get("bases", {}).items()},
        types=dict(data.get("types", {})),
        coroutines=frozenset(head.get("async", ())),
        effects=_collect((*_blocks(data, source), *_computes(data, source))),
        safe=dict.fromkeys((name for name, _ in _rows(data, "safe")), True),
        handovers=_collect((name, _handover(row)) for name, row in _rows(data, "runs")),
        decorators={name: _handover(row) for name, row in _rows(data, "decorators")},
        suspends={name: Suspends(row["suspends"]) for name, row in _rows(data, "awaitables")},
        spawners={name: Spawner(name, row["holds"]) for name, row in _rows(data, "tasks")},
        locks={name: LockKind(name, row["family"]) for name, row in _rows(data, "locks")},
    )


_NOTHING = Library()


@cache
def _roots() -> frozenset[str]:
    # One listing, no probe per name: on a file system that ignores case, `pil` must not find `PIL.toml`.
    return frozenset(path.stem for path in LIBRARIES.glob("*.toml"))


def _rows(data: Mapping[str, Any], table: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, row) for row in data.get(table, ()) for name in row["names"])


def _collect(pairs: Iterable[tuple[str, _Value]]) -> dict[str, tuple[_Value, ...]]:
    found: dict[str, tuple[_Value, ...]] = {}
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return found


def _blocks(data: Mapping[str, Any], source: str) -> Iterator[tuple[str, Effect]]:
    for name, row in _rows(data, "blocks"):
        kind = Kind[row["kind"].upper()]
        yield name, _effect(name, kind, row, source)


def _computes(data: Mapping[str, Any], source: str) -> Iterator[tuple[str, Effect]]:
    for name, row in _rows(data, "computes"):
        yield name, _effect(name, Kind.COMPUTE, row, source)


def _effect(name: str, kind: Kind, row: Mapping[str, Any], source: str) -> Effect:
    return Effect(
        name=name,
        kind=kind,
        level=Level[row["level"].upper()] if "level" in row else DEFAULT_LEVEL[kind],
        anchor=row["anchor"],
        cause=row.get("cause", ""),
        instead=_instead(name, row.get("instead", {})),
        source=row.get("source", source),
        note=row.get("note", ""),
        releases_gil=row.get("releases_gil"),
        unless=tuple(_condition(item) for item in row.get("unless", ())),
        only_if=tuple(_condition(item) for item in row.get("only_if", ())),
        unless_called=tuple(row.get("unless_called", ())),
    )


def _instead(name: str, row: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the replacements; one that ends in `.*` is the method of the same name."""
    method = name.rpartition(".")[2]
    return {
        framework: tuple(f"{other[:-1]}{method}" if other.endswith(".*") else other for other in others)
        for framework, others in row.items()
    }


def _condition(row: Mapping[str, Any]) -> Condition:
    return Condition(row["keyword"], row.get("position"), tuple(row["values"]), row.get("absent", False))


def _handover(row: Mapping[str, Any]) -> Handover:
    return Handover(row.get("keyword", ""), row.get("position"), Place(row["place"]), row.get("result", ""))


def _follow_aliases(name: str) -> str:
    if "." not in name:
        return name if name in _roots() else f"builtins.{name}"
    for _ in range(MOST_ALIASES):
        aliases = library(name).aliases
        prefix = next((p for p in _prefixes(name) if p in aliases), None) if aliases else None
        if prefix is None:
            break
        name = aliases[prefix] + name[len(prefix) :]
    return name


def _prefixes(name: str) -> Iterator[str]:
    """Yield the name, then what is left of its dots, longest first."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _get(table: Mapping[str, _Value], name: str) -> _Value | None:
    found = table.get(name)
    if found is not None:
        return found
    owner, _, last = name.rpartition(".")
    found = table.get(f"{owner}.*")
    # Private and special methods are none of the many that a pattern means, except that all of them are safe.
    return found if found is True or not last.startswith("_") else None


def _get_wide(table: Mapping[str, _Value], name: str) -> _Value | None:
    if not table:
        return None
    segments = name.split(".")
    for pattern in sorted(table):
        wanted = pattern.split(".")
        if len(wanted) == len(segments) and all(w in ("*", s) for w, s in zip(wanted, segments, strict=True)):
            return table[pattern]
    return None


def _name_of(effect: Effect) -> str:
    return effect.name


def _named(effect: Effect, name: str) -> Effect:
    """Return the effect of a pattern as that of the name it was found for."""
    if effect.name == name:
        return effect
    return replace(effect, name=name, instead=_instead(name, effect.instead))


def _declared_library(extra: DeclaredNames | Mapping[str, Sequence[str]] | None) -> Library:
    blocking = [_declared_name(entry, "bkm-blocking") for entry in _entries(extra, "blocking")]
    nonblocking = [_declared_name(entry, "bkm-nonblocking") for entry in _entries(extra, "nonblocking")]
    for name in sorted(set(blocking) & set(nonblocking)):
        raise ValueError(f"bkm-blocking and bkm-nonblocking both name {name!r}")
    spawners = [_declared_name(entry, "bkm-spawners") for entry in _entries(extra, "spawners")]
    return Library(
        effects={name: (_declared_effect(name),) for name in blocking},
        safe=dict.fromkeys(nonblocking, True),
        handovers=_collect(_offloader(entry) for entry in _entries(extra, "offloaders")),
        spawners={name: Spawner(name, holds=True) for name in spawners},
    )


def _entries(extra: DeclaredNames | Mapping[str, Sequence[str]] | None, key: str) -> Iterable[str]:
    if extra is None:
        return ()
    found: Sequence[str] = extra.get(key, ()) if isinstance(extra, Mapping) else getattr(extra, key)
    return found


def _declared_name(entry: str, option: str) -> str:
    name = entry.strip()
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{option}: {entry!r} is no qualified name, such as package.module.function or package.Class.*"
        )
    return _follow_aliases(name)


def _declared_effect(name: str) -> Effect:
    kind = Kind.PERSON
    return Effect(name, kind, DEFAULT_LEVEL[kind], anchor="declared", cause=DECLARED_CAUSE)


def _offloader(entry: str) -> tuple[str, Handover]:
    name, colon, argument = (part.strip() for part in entry.partition(":"))
    if not colon or not _ARGUMENT.fullmatch(argument):
        raise ValueError(
            f"bkm-offloaders: {entry!r} is no name:argument, such as package.run:func or package.run:0"
        )
    name = _declared_name(name, "bkm-offloaders")
    if argument.isdecimal():
        return name, Handover("", int(argument), Place.WORKER)
    return name, Handover(argument, None, Place.WORKER)
