"""What the user declares, as a library that lies over the shipped ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from flake8_bookmark.effects.library import Library, collect, follow_aliases
from flake8_bookmark.effects.model import DEFAULT_LEVEL, Effect, Handover, Kind, Place, Spawner

DECLARED_CAUSE = "declared by the project"

_NAME = re.compile(r"[^\W\d]\w*(\.([^\W\d]\w*|\*))*")
_ARGUMENT = re.compile(r"\d{1,3}|[^\W\d]\w*")


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


def declared_library(extra: DeclaredNames | Mapping[str, Sequence[str]] | None) -> Library:
    """Return the user's names as a library of their own.

    Raises ValueError, with a message for the user, for an entry that can't be understood.
    """
    blocking = [_declared_name(entry, "bkm-blocking") for entry in _entries(extra, "blocking")]
    nonblocking = [_declared_name(entry, "bkm-nonblocking") for entry in _entries(extra, "nonblocking")]
    for name in sorted(set(blocking) & set(nonblocking)):
        raise ValueError(f"bkm-blocking and bkm-nonblocking both name {name!r}")
    spawners = [_declared_name(entry, "bkm-spawners") for entry in _entries(extra, "spawners")]
    return Library(
        effects={name: (_declared_effect(name),) for name in blocking},
        safe=dict.fromkeys(nonblocking, True),
        handovers=collect(_offloader(entry) for entry in _entries(extra, "offloaders")),
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
    return follow_aliases(name)


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
