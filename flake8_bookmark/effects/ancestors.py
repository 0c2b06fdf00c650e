"""Ancestors of a class: their order, and what type variables mean to them."""

from __future__ import annotations

from collections.abc import Mapping

from flake8_bookmark.effects.type_text import ANY, UNKNOWN, join_union
from flake8_bookmark.effects.typeshed_data import ClassRecord

_TUPLE = "builtins.tuple"


def given_variables(record: ClassRecord, arguments: tuple[str, ...]) -> Mapping[str, str]:
    """Return what the type variables of a class stand for when it is written with these arguments."""
    if record.name == _TUPLE:  # the one class whose arguments are not its type variables
        return dict.fromkeys(record.variables, join_union(a for a in arguments if a != "..."))
    given = dict(record.variables)
    for name, argument in zip(record.variables, arguments, strict=False):
        given[name] = UNKNOWN if argument == ANY else argument
    return given


def linearise(name: str, lines: list[list[str]]) -> tuple[str, ...]:
    """Return a class and its ancestors, from the lines of its bases, in the order that Python gives them.

    Where the data is contradictory: depth first, without repetition.

    https://docs.python.org/3/howto/mro.html
    """
    merged = [name]
    heads = [line[0] for line in lines]
    waiting = [list(line) for line in (*lines, heads) if line]
    while waiting:
        blocked = {later for line in waiting for later in line[1:]}
        chosen = next((line[0] for line in waiting if line[0] not in blocked), waiting[0][0])
        merged.append(chosen)
        waiting = [rest for line in waiting if (rest := [other for other in line if other != chosen])]
    return tuple(merged)
