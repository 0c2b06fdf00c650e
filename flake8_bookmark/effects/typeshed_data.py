"""Reads the declarations that `tools/typeshed.py` derived from typeshed.

One JSON file per top-level module of the standard library:

    {"aliases": {"posixpath.exists": "os.path.exists"},    other spelling -> canonical name
     "classes": {"builtins.enumerate": {
         "bases": ["collections.abc.Iterator[tuple[int, _T]]"],
         "variables": ["_T"],                               or "AnyStr = str | bytes": if nothing is given
         "members": {"__iter__": "def Self"},               entries, see below
         "new": "1/2 enumerate[_1] <- 0 iterable: collections.abc.Iterable[_1]"
     }},
     "modules": ["builtins"],
     "names": {"builtins.len": "def int"}}

An entry is a word (`def`, `async`, `property`, `var`) and a type, if that is known. Where the result depends
on the arguments, alternatives follow, each after `||`:

    def list || 1/1 list[_1] <- 0 iterable: collections.abc.Iterable[_1]

`1/1` is how many parameters have no default and how many positional arguments there can be (`*` for any
number). `_1` is a type variable of the function. The inputs after the arrow tell what it stands for: position
(`0*` for this one and all after it, `-` for none), keyword, and the type that has the variable in it. `new`
has the alternatives of a class's constructor.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "typeshed"

_INPUT = re.compile(r"(\d+|-)(\*?) (\w+): (.+)")


@dataclass(frozen=True, slots=True)
class Input:
    """A parameter that tells what type variables stand for: what the argument's type has in their place.

    `is_rest` is true for one that takes all further positional arguments.
    """

    keyword: str
    position: int | None
    is_rest: bool
    type: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to call something, and the type that this gives; `most` is None for any number of arguments."""

    least: int
    most: int | None
    type: str
    inputs: tuple[Input, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """The declaration of a function or a value."""

    word: str
    type: str = ""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """The declaration of a class.

    `variables` maps its type variables to what stands for them if nothing is given.
    """

    name: str
    bases: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    constructor: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleData:
    """What is known about one top-level module and everything below it."""

    aliases: Mapping[str, str] = field(default_factory=dict)
    modules: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


NOTHING = ModuleData()


@cache
def present(folder: Path = FOLDER) -> frozenset[str]:
    """Return the top-level modules that are described."""
    # One listing instead of a probe per name: on a file system that ignores case, `Queue` must not find
    # `queue.json`.
    return frozenset(path.stem for path in folder.glob("*.json"))


def load(root: str, folder: Path = FOLDER) -> ModuleData:
    """Return the data of a top-level module; nothing for a module that isn't of the standard library."""
    if root not in present(folder):
        return NOTHING
    found = json.loads((folder / f"{root}.json").read_text(encoding="utf-8"))
    return ModuleData(found["aliases"], frozenset(found["modules"]), found["names"], found["classes"])


def read_class(name: str, raw: Mapping[str, Any]) -> ClassRecord:
    """Return a class of the data as a record."""
    variables = (text.partition(" = ") for text in raw.get("variables", ()))
    return ClassRecord(
        name,
        tuple(raw.get("bases", ())),
        {variable: fallback for variable, _, fallback in variables},
        raw.get("members", {}),
        _alternatives(raw["new"].split(" || ")) if "new" in raw else (),
    )


@lru_cache(maxsize=4096)
def read_entry(text: str) -> Entry:
    """Return the entry that a text stands for."""
    declared, *alternatives = text.split(" || ")
    word, _, kind = declared.partition(" ")
    return Entry(word, kind, _alternatives(alternatives))


def _alternatives(texts: list[str]) -> tuple[Alternative, ...]:
    return tuple(_read_alternative(text) for text in texts)


def _read_alternative(text: str) -> Alternative:
    declared, _, inputs = text.partition(" <- ")
    arity, _, kind = declared.partition(" ")
    least, _, most = arity.partition("/")
    read = tuple(_read_input(part) for part in inputs.split("; ")) if inputs else ()
    return Alternative(int(least), None if most == "*" else int(most), kind, read)


def _read_input(text: str) -> Input:
    found = _INPUT.fullmatch(text)
    if found is None:
        raise ValueError(f"not an input: {text!r}")
    position, rest, keyword, kind = found.groups()
    return Input(keyword, None if position == "-" else int(position), bool(rest), kind)
