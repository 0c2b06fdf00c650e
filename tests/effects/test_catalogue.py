"""The shipped data is well-formed, and what it says of the standard library is true of the running Python."""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import select
import sys
import threading
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library import LIBRARIES, read_library
from flake8_bookmark.effects.library_types import LibraryTypes
from tests.effects.catalogue_schema import TABLES, named, problems

FILES = sorted(LIBRARIES.glob("*.toml"))
DATA = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in FILES}
STDLIB = sorted(root for root, data in DATA.items() if data.get("library", {}).get("name") == "stdlib")

# Parts of the standard library that a build of Python may lack.
OPTIONAL = (
    "bz2", "curses", "dbm.gnu", "dbm.ndbm", "dbm.sqlite3", "lzma", "sqlite3.Connection.load_extension",
    "tkinter",
)  # fmt: skip
# Names that typeshed has and the running module has not: methods that only say what a protocol asks for.
ONLY_IN_TYPESHED = {"importlib.abc.Loader.exec_module", "typing.IO.__iter__", "typing.IO.__next__"}
# What a function gives back has these, which the function itself has not.
ONLY_IN_TYPESHED |= {f"asyncio.run_coroutine_threadsafe.{name}" for name in ("result", "exception")}
# Classes of which an instance shows more than the class does.
MISSING = object()
MADE: dict[str, Callable[[], object]] = {
    "asyncio.Condition": asyncio.Condition,
    "multiprocessing.synchronize.SemLock": multiprocessing.Lock,
    "threading.Condition": threading.Condition,
    "threading.Lock": threading.Lock,
    "threading.RLock": threading.RLock,
}
# Modules whose names begin with a capital letter.
SPELLED_LIKE_CLASSES = frozenset({"huawei_lte_api.Connection", "huawei_lte_api.Session"})
if hasattr(select, "poll"):
    MADE["select.poll"] = select.poll


@pytest.mark.parametrize("root", sorted(DATA))
def test_every_file_conforms_to_the_schema(root: str) -> None:
    assert problems(root, DATA[root]) == []


@pytest.mark.parametrize("root", sorted(DATA))
def test_every_file_can_be_read(root: str) -> None:
    assert read_library(root).root == root


def test_every_class_that_a_method_is_named_on_is_declared() -> None:
    declared = {name for data in DATA.values() for name in data.get("bases", {})}
    missing = set()
    for root, data in DATA.items():
        if root in STDLIB:
            continue
        for table in TABLES:
            for row in data.get(table, []):
                owners = {name.rpartition(".")[0] for name in row["names"]}
                missing |= {o for o in owners if _looks_like_a_class(o) and o not in declared}
    assert sorted(missing) == []


NEVER: dict[str, Any] = {"keyword": "n", "values": []}


@pytest.mark.parametrize("bad", [
    {"library": {"name": "x", "import": "x"}},
    {"blocks": [{"kind": "nap", "names": ["x.y"], "anchor": "y"}]},
    {"blocks": [{"kind": "sleep", "names": ["x.y"], "anchor": "Y y"}]},
    {"blocks": [{"kind": "sleep", "names": ["z.y"], "anchor": "y"}]},
    {"blocks": [{"kind": "sleep", "names": ["x.*.y"], "anchor": "y"}]},
    {"blocks": [{"kind": "sleep", "names": ["x.y"], "anchor": "y", "colour": "red"}]},
    {"blocks": [{"kind": "sleep", "names": ["x.y"], "anchor": "y", "unless": [{"keyword": "n"}]}]},
    {"blocks": [{"kind": "sleep", "names": ["x.y"], "anchor": "y", "only_if": [NEVER]}]},
    {"blocks": [{"kind": "sleep", "names": ["x.y"], "anchor": "y", "instead": {"twisted": ["x.z"]}}]},
    {"computes": [{"names": ["x.y"], "anchor": "y"}]},
    {"runs": [{"names": ["x.y"], "place": "here"}]},
    {"tasks": [{"names": ["x.y"], "holds": "no"}]},
    {"types": {"x.y": "not a type"}},
    {"aliases": {"x.y": "x.y"}},
    {"sleeps": []},
])  # fmt: skip
def test_the_schema_rejects(bad: Mapping[str, Any]) -> None:
    head = {"name": "x", "import": "x", "source": "https://example.org"}
    assert problems("x", {"library": head}) == []
    assert problems("x", {"library": head, **bad}) != []


@pytest.mark.parametrize("root", STDLIB)
def test_every_name_of_the_standard_library_exists(root: str) -> None:
    wrong = []
    for names, guard in _guarded(DATA[root]):
        for name in names:
            there = _exists(name.removesuffix(".*"))
            if there is not None and there != _should_exist(guard):
                wrong.append(f"{name}: {'there' if there else 'not there'} ({guard or 'no guard'})")
    assert wrong == []


def test_names_are_spelled_as_the_type_data_spells_them() -> None:
    # A call is looked up by the name the type data gives it: a name spelled otherwise would never be found.
    catalogue = Catalogue.shipped()
    types = LibraryTypes(catalogue)
    unknown = []
    for root in STDLIB:
        described = read_library(root)
        for name in (*described.effects, *described.safe, *described.handovers):
            declared = types.declaration(name.removesuffix(".*"))
            known = declared.name if declared else ""
            if (
                known != name.removesuffix(".*")
                and not catalogue.effects(known)
                and not catalogue.handovers(known)
            ):
                unknown.append((name, known))
    assert unknown == []


def test_replacements_from_the_standard_library_exist() -> None:
    names = {
        other
        for root in DATA
        for effects in read_library(root).effects.values()
        for effect in effects
        for others in effect.instead.values()
        for other in others
        if other.partition(".")[0] in sys.stdlib_module_names
    }
    assert "asyncio.sleep" in names
    assert sorted(name for name in names if _exists(name.removesuffix(".*")) is False) == []


def test_named_covers_every_table() -> None:
    data: dict[str, Any] = {table: [{"names": [f"x.{table}"]}] for table in TABLES}
    assert {f"x.{table}" for table in TABLES} <= set(named(data))


def _looks_like_a_class(owner: str) -> bool:
    """Say whether a dotted name is spelled like a class; a few old libraries spell modules so too."""
    return "." in owner and owner.rpartition(".")[2][:1].isupper() and owner not in SPELLED_LIKE_CLASSES


def _guarded(data: Mapping[str, Any]) -> Iterator[tuple[list[str], dict[str, str]]]:
    guarded: set[str] = set()
    for table in TABLES:
        for row in data.get(table, []):
            guard = {key: row[key] for key in ("since", "until", "platform") if key in row}
            guarded.update(row["names"] if guard else ())
            yield row["names"], guard
    yield [name for name in data.get("types", {}) if name not in guarded], {}
    yield list(data.get("aliases", {}).values()), {}


def _should_exist(guard: Mapping[str, str]) -> bool:
    version = f"{sys.version_info.major}.{sys.version_info.minor:02}"
    here = {"posix", sys.platform} if sys.platform != "win32" else {"win32"}
    return (
        guard.get("since", "3.00") <= version < guard.get("until", "3.99")
        and guard.get("platform", sys.platform) in here
    )


def _exists(name: str) -> bool | None:
    """Say whether a name can be reached in this Python; None for what this test can't tell."""
    if name in ONLY_IN_TYPESHED:
        return None
    if _reach(name) is not MISSING:
        return True
    return None if any(f"{name}.".startswith(f"{part}.") for part in OPTIONAL) else False


def _reach(name: str) -> object:
    """Return the module, or the attribute, that a dotted name stands for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return importlib.import_module(name)
        except ImportError:
            pass
    owner, _, last = name.rpartition(".")
    if not owner:
        return MISSING
    value = MADE[owner]() if owner in MADE else _reach(owner)
    return getattr(value, last, MISSING)
