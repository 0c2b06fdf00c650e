"""What a call gives when that depends on the types of its arguments.

`sorted` takes an iterable of something and gives a list of the same. Its alternative says so with a type
variable: `list[_1] <- 0 iterable: collections.abc.Iterable[_1]`. To find `_1`, the type of the first argument
is seen as an Iterable: `dict[str, pathlib.Path]` is one of `str`. Of several alternatives the one counts that
the call fits and that leaves no variable without a type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from flake8_bookmark.effects.type_text import ANY, UNKNOWN, join_union, split_generic, split_union
from flake8_bookmark.effects.typeshed_data import Alternative, Input

View = Callable[[str, str], tuple[str, ...]]
"""Gives the arguments that one type has when it is seen as an instance of a generic class."""

_VARIABLE = re.compile(r"(?<![\w.])_\d+(?![\w.])")


def chosen(
    alternatives: Sequence[Alternative], positional: Sequence[str], keywords: Mapping[str, str], view: View
) -> tuple[tuple[Alternative, Mapping[str, str]], ...]:
    """Return the alternatives that a call fits best, each with what its type variables stand for."""
    best: list[tuple[Alternative, Mapping[str, str]]] = []
    best_rank = (False, 1)
    for alternative in alternatives:
        if not _fits(alternative, positional, keywords):
            continue
        bound: dict[str, list[str]] = {}
        for pattern, given in _pairs(alternative.inputs, positional, keywords):
            _bind(pattern, given, view, bound)
        variables = set(_VARIABLE.findall(alternative.type))
        rank = (variables <= bound.keys(), len(bound))
        if rank[1] and rank >= best_rank:
            best = best if rank == best_rank else []
            best_rank = rank
            found = {name: join_union(bound.get(name, ())) for name in variables}
            best.append((alternative, found))
    return tuple(best)


def _fits(alternative: Alternative, positional: Sequence[str], keywords: Mapping[str, str]) -> bool:
    if alternative.most is not None and len(positional) > alternative.most:
        return False
    if len(positional) + len(keywords) < alternative.least:
        return False
    required = (i for i in alternative.inputs if i.position is not None and i.position < alternative.least)
    return all(_given(wanted, positional, keywords) is not None for wanted in required)


def _given(wanted: Input, positional: Sequence[str], keywords: Mapping[str, str]) -> str | None:
    if wanted.position is not None and wanted.position < len(positional):
        return positional[wanted.position]
    return keywords.get(wanted.keyword)


def _pairs(
    inputs: Sequence[Input], positional: Sequence[str], keywords: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for wanted in inputs:
        if wanted.is_rest:
            yield from ((wanted.type, given) for given in positional[wanted.position :])
        else:
            yield wanted.type, _given(wanted, positional, keywords) or UNKNOWN


def _bind(pattern: str, given: str, view: View, bound: dict[str, list[str]]) -> None:
    """Note what the variables of a pattern stand for when an argument has the type `given`."""
    if given in (UNKNOWN, ANY):
        return
    for part in split_union(pattern):
        if _VARIABLE.fullmatch(part):
            bound.setdefault(part, []).append(given)
            continue
        head, inner = split_generic(part)
        if not _VARIABLE.search(part):
            continue
        for member in split_union(given):
            for below, value in zip(inner, view(member, head), strict=False):
                _bind(below, value, view, bound)
