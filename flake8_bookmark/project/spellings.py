"""The names by which a user knows a function of the project: those that an import would use.

Inside, a module's name follows from its path below the root (`src.app.db`). Python imports it as `app.db` where `src`
is no package, and a package may show the function under another name (`from app import load`). What the user declares
is looked up under all of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from flake8_bookmark.options import Options
from flake8_bookmark.project.values import Symbol

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver


class Spellings:
    """Answers for one project; `resolver` is set as soon as there is one."""

    def __init__(self, options: Options) -> None:
        offloaders = (entry.partition(":")[0] for entry in options.offloaders)
        declared = (*options.blocking, *options.nonblocking, *options.spawners, *offloaders)
        self.declared = tuple(name.strip() for name in declared)
        self.resolver: Resolver | None = None
        self._shown: dict[str, list[str]] | None = None

    def of(self, name: str) -> tuple[str, ...]:
        """Return the dotted names of a first-party one, `module:key`, the one from the root first."""
        module, _, key = name.partition(":")
        key = key.replace(".<locals>", "")
        paths = tuple(f"{path}.{key}" for path in self._paths(module))
        return (*paths, *self._shown_as().get(name, ()))

    def _paths(self, module: str) -> Iterator[str]:
        """Yield the dotted paths of a module from each folder that is no package, and so may be a root."""
        if self.resolver is None:
            return
        place = PurePosixPath(self.resolver.project.place(module) or module.replace(".", "/"))
        parts = place.with_suffix("").parts
        parts = parts[:-1] if parts[-1:] == ("__init__",) else parts
        for start, part in enumerate(parts):
            folder = str(PurePosixPath(*parts[:start]))
            if part not in ("/", ".", "..") and (not start or not self.resolver.project.is_package(folder)):
                yield ".".join(parts[start:])

    def _shown_as(self) -> dict[str, list[str]]:
        """Return the declared names that lead to a function by way of another module's imports."""
        if self._shown is None:
            self._shown = {}  # what is asked on the way finds nothing here yet
            for name in self.declared:
                for target in self._target(name):
                    self._shown.setdefault(target, []).append(name)
        return self._shown

    def _target(self, name: str) -> Iterator[str]:
        """Yield what a declared name refers to: a function of a module, or of a class in it."""
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            module = self.resolver.project.locate(".".join(parts[:end])) if self.resolver is not None else None
            if self.resolver is None or module is None:
                continue
            for value in self.resolver.member_of_module(module, parts[end]):
                if isinstance(value, Symbol) and not value.name.endswith((":", "*")):
                    yield ".".join((value.name, *parts[end + 1 :]))
            return
