"""The floors of the house: rooms import from lower floors only; those of one floor don't know each other."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "flake8_bookmark"

# From the top; this is the picture in docs/how-it-works.md.
FLOORS = (
    {"__main__"},
    {"plugin", "cli", "formatters"},
    {"gate"},
    {"check", "pages"},
    {"rules", "report", "draw"},
    {"project"},
    {"facts", "effects"},
    {"names", "machine"},
    {"flow"},
    {"source"},
    {"finding", "options", "about"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

# What each room may use beside the standard library. A linter starts often: what it imports, everybody pays.
OUTSIDE = {
    "plugin": {"flake8"},
    "formatters": {"flake8"},
    "gate": {"flake8", "msgspec"},
    "project": {"msgspec"},
    "facts": {"msgspec"},
    "names": {"msgspec"},
}


def room_of(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, at any depth: inside functions and for type checkers, too."""
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ["flake8_bookmark", *path.parts[:-1]]
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from flake8_bookmark import check` names a room, too.
            yield from (
                f"{module}.{alias.name}" if module == "flake8_bookmark" else module for alias in node.names
            )


def rooms_used(path: Path) -> set[str]:
    parts = (name.split(".") for name in imported(path) if name.startswith("flake8_bookmark."))
    return {name[1] for name in parts}


def test_every_room_has_a_floor() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__"} == set(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_only_lower_floors_are_used(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        assert rooms_used(path) == set()
        return
    assert {used for used in rooms_used(path) - {room} if FLOOR[used] <= FLOOR[room]} == set()


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_few_things_from_outside(path: Path) -> None:
    outside = (
        {name.partition(".")[0] for name in imported(path)} - sys.stdlib_module_names - {"flake8_bookmark"}
    )
    assert outside <= OUTSIDE.get(room_of(path), set())
