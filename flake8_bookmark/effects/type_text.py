"""Types as text: `list[pathlib.Path] | None` taken apart and put together again.

A type is written as in an annotation, with qualified names; builtins stand bare. The empty text means
unknown; inside brackets, where something has to stand, unknown is written `Any`. `|` is the only operator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

UNKNOWN = ""
ANY = "Any"

_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?![\w.])")
_ONLY_UNKNOWN_ARGUMENTS = re.compile(r"\[Any(?:, (?:Any|\.\.\.))*\]")


def split_union(text: str) -> tuple[str, ...]:
    """Return the members of a union in their order; one for any other type, none for the unknown type."""
    if "|" not in text:
        return (text,) if text else ()
    return tuple(part for part in _split(text, "|") if part)


def split_generic(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the name of a type that is no union, and its arguments."""
    head, bracket, rest = text.partition("[")
    if not bracket:
        return text.strip(), ()
    return head.strip(), tuple(_split(rest.rstrip().removesuffix("]"), ","))


def join_union(members: Iterable[str]) -> str:
    """Return the union of some types without repetition; unknown members are left out.

    What is known about a value is worth more to a reader of calls than the certainty that nothing else can
    happen: a method that is looked up on `Path | Any` is found on Path. A union of which only None is known
    is unknown.
    """
    kept: dict[str, None] = {}
    unknown = False
    for member in members:
        for part in split_union(member) or (ANY,):
            if part == ANY:
                unknown = True
            else:
                kept[part] = None
    if unknown and set(kept) <= {"None"}:
        return UNKNOWN
    return " | ".join(kept)


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Return the type with its type variables replaced; those whose replacement is unknown become unknown."""
    if not variables or not text:
        return text
    replaced = _NAME.sub(lambda found: variables.get(found[0], found[0]) or ANY, text)
    return text if replaced == text else tidy(replaced)


def tidy(text: str) -> str:
    """Return the type without arguments that say nothing, and without members that say nothing."""
    return join_union(split_union(_ONLY_UNKNOWN_ARGUMENTS.sub("", text)))


def _split(text: str, separator: str) -> list[str]:
    parts: list[str] = []
    depth = start = 0
    for index, character in enumerate(text):
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == separator and not depth:
            parts.append(text[start:index].strip())
            start = index + 1
    last = text[start:].strip()
    return [*parts, last] if last or parts else parts
