"""One file of the catalogue, read and turned inside out: from tables with names to one dict per question."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from flake8_bookmark.effects.model import (
    DEFAULT_LEVEL,
    Condition,
    Effect,
    Handover,
    Kind,
    Lifetime,
    LockKind,
    Place,
    Scope,
    Spawner,
    Suspends,
)
from flake8_bookmark.finding import Level

LIBRARIES = Path(__file__).parent / "libraries"
MOST_ALIASES = 8  # an alias may lead to another one; more than this is a circle

_Value = TypeVar("_Value")


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
    properties: frozenset[str] = frozenset()
    effects: dict[str, tuple[Effect, ...]] = field(default_factory=dict)
    safe: dict[str, bool] = field(default_factory=dict)
    handovers: dict[str, tuple[Handover, ...]] = field(default_factory=dict)
    decorators: dict[str, Handover] = field(default_factory=dict)
    hooks: dict[str, Handover] = field(default_factory=dict)
    returned: dict[str, Handover] = field(default_factory=dict)
    passed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    like: dict[str, str] = field(default_factory=dict)
    plain: dict[str, frozenset[str]] = field(default_factory=dict)
    suspends: dict[str, Suspends] = field(default_factory=dict)
    shielded: frozenset[str] = frozenset()
    spawners: dict[str, Spawner] = field(default_factory=dict)
    locks: dict[str, LockKind] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    sharing: dict[str, bool] = field(default_factory=dict)
    lifetimes: dict[str, Lifetime] = field(default_factory=dict)
    replays: frozenset[str] = frozenset()


def library(name: str) -> Library:
    """Return the library that `name` belongs to; an empty one where none is described."""
    root = name.partition(".")[0]
    return read_library(root) if root in roots() else NOTHING


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
        properties=frozenset(head.get("properties", ())),
        effects=collect((*_blocks(data, source), *_computes(data, source))),
        safe=dict.fromkeys((name for name, _ in _rows(data, "safe")), True),
        handovers=collect((name, _handover(row)) for name, row in _rows(data, "runs")),
        decorators={name: _handover(row) for name, row in _rows(data, "decorators")},
        hooks={name: _handover(row) for name, row in _rows(data, "hooks")},
        returned={name: _handover({**row, "place": Place.HERE}) for name, row in _rows(data, "returns")},
        passed={name: tuple(row["types"]) for name, row in _rows(data, "passes") if "types" in row},
        like={name: row["like"] for name, row in _rows(data, "passes") if "like" in row},
        plain={name: frozenset(row["arguments"]) for name, row in _rows(data, "plain")},
        suspends={name: Suspends(row["suspends"]) for name, row in _rows(data, "awaitables")},
        shielded=frozenset(name for name, row in _rows(data, "awaitables") if row.get("shielded")),
        spawners={name: Spawner(name, row["holds"]) for name, row in _rows(data, "tasks")},
        locks={n: _lock(n, row) for n, row in _rows(data, "locks")},
        scopes={name: Scope(row["scope"]) for name, row in _rows(data, "scopes")},
        sharing={name: row["together"] for name, row in _rows(data, "sharing")},
        lifetimes={name: Lifetime(row["one_for"]) for name, row in _rows(data, "lifetimes")},
        replays=frozenset(name for name, _ in _rows(data, "replays")),
    )


NOTHING = Library()


@cache
def roots() -> frozenset[str]:
    # One listing, no probe per name: on a file system that ignores case, `pil` must not find `PIL.toml`.
    return frozenset(path.stem for path in LIBRARIES.glob("*.toml"))


def _rows(data: Mapping[str, Any], table: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, row) for row in data.get(table, ()) for name in row["names"])


def _lock(name: str, row: Mapping[str, Any]) -> LockKind:
    return LockKind(name, row["family"], row.get("exclusive", False), row.get("refuses", False))


def collect(pairs: Iterable[tuple[str, _Value]]) -> dict[str, tuple[_Value, ...]]:
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
        instead=instead_of(name, row.get("instead", {})),
        source=row.get("source", source),
        note=row.get("note", ""),
        releases_gil=row.get("releases_gil"),
        element=row.get("element", ""),
        unless=tuple(_condition(item) for item in row.get("unless", ())),
        only_if=tuple(_condition(item) for item in row.get("only_if", ())),
        lower_if=tuple(_condition(item) for item in row.get("lower_if", ())),
        unless_called=tuple(row.get("unless_called", ())),
        unless_zero=tuple(row.get("unless_zero", ())),
        unless_from=tuple(row.get("unless_from", ())),
        unless_awaited=row.get("unless_awaited", False),
        lazy=row.get("lazy", False),
        anew=row.get("anew", False),
    )


def instead_of(name: str, row: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the replacements; one that ends in `.*` is the method of the same name."""
    method = name.rpartition(".")[2]
    return {
        framework: tuple(f"{other[:-1]}{method}" if other.endswith(".*") else other for other in others)
        for framework, others in row.items()
    }


def _condition(row: Mapping[str, Any]) -> Condition:
    absent, written = row.get("absent", False), row.get("written", False)
    values, begins = tuple(row.get("values", ())), row.get("begins", "")
    return Condition(row["keyword"], row.get("position"), values, absent, written, begins)


def _handover(row: Mapping[str, Any]) -> Handover:
    return Handover(
        keyword=row.get("keyword", ""),
        position=row.get("position"),
        place=Place(row["place"]),
        result=row.get("result", ""),
        awaits=row.get("awaits", False),
        rare=row.get("rare", False),
        plain=row.get("plain", False),
    )


def follow_aliases(name: str) -> str:
    """Return the documented spelling of a name; the longest prefix that has an alias decides."""
    if "." not in name:
        return name if name in roots() else f"builtins.{name}"
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


