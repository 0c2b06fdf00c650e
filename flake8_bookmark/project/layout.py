"""Where a project's modules are: from the name in an import to a file, without configuration.

The search follows what Python would do if the project were run or installed, nearest first: the folder that holds the
importer's top-level package, the folders above the importer that are no packages (a script sees its neighbours), the
usual source folders of the projects around it, any top-level package in the repository, as long as there is only one
of that name, and at last the folders above the importer where a program is started. Nothing is imported, and only
directory listings are read here.

https://docs.python.org/3/reference/import.html#searching
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePath, PurePosixPath

ROOT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", ".git", ".hg", "Pipfile", "requirements.txt")
REPOSITORIES = frozenset({".git", ".hg"})
INSTALLABLE = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
SOURCES = ("src", "lib", "python")
STARTED = frozenset({"main.py", "manage.py", "run.py", "requirements.txt"})
"""A folder that holds one of these is where a program is started, although it may look like a package itself."""
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist", "CVS"})
MOST_FOLDERS = 20_000
DEEPEST = 12
NEAR = 3


def find_root(folder: str) -> str:
    """Return the root of the repository or project that a folder belongs to.

    Where nothing marks one, that is the working directory, or the top of the packages that lie elsewhere.
    Several projects of one repository import from each other. A package may have folders inside that are none
    themselves.
    """
    project = _project_around(os.path.abspath(folder))
    if project is not None:
        return _repository(project, os.getcwd())
    return _working_directory(folder) or _top_of(os.path.abspath(folder))


@lru_cache(maxsize=MOST_FOLDERS)
def _project_around(folder: str) -> str | None:
    """Return the nearest folder, from this one upward, that something marks as a project's."""
    if _holds_any(folder, ROOT_MARKS):
        return folder
    parent = os.path.dirname(folder)
    return _project_around(parent) if parent != folder else None


def _top_of(folder: str) -> str:
    """Return the folder of the top-level package around a folder, or the folder itself."""
    top = above = folder
    for _ in range(DEEPEST):
        above, inside = os.path.dirname(above), above
        if above == inside:
            break
        if os.path.exists(os.path.join(inside, "__init__.py")):
            top = above
    return top


@lru_cache(maxsize=256)
def _repository(project: str, _: str) -> str:
    """Return the repository that a project is a part of; without one, the farthest project near above it.

    A home folder under version control is no project. The answer depends on the working directory, too.
    """
    above = [str(folder) for folder in PurePath(project).parents][:DEEPEST]
    for folder in (project, *above):
        if _holds_any(folder, REPOSITORIES):
            return project if folder == os.path.expanduser("~") else folder
    outer = [folder for folder in above[:NEAR] if _holds_any(folder, INSTALLABLE)]
    return _working_directory(project) or (outer[-1] if outer else project)


def forget_roots() -> None:
    """Look for the roots of projects anew."""
    _project_around.cache_clear()
    _repository.cache_clear()


def _working_directory(folder: str) -> str | None:
    """Return the working directory if a folder is below it, and it may be a project: a home folder is none."""
    here, folder = os.getcwd(), os.path.abspath(folder)
    is_project = here not in (os.path.dirname(here), os.path.expanduser("~"))
    return here if is_project and folder.startswith(os.path.join(here, "")) else None


def _holds_any(folder: str, names: Iterable[str]) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in names)


class Layout:
    """The folders and files below one root; paths are relative to it, with forward slashes.

    `libraries` are the top-level names that the catalogue describes.
    """

    def __init__(self, root: str, source_roots: tuple[str, ...], libraries: frozenset[str]) -> None:
        self.root = root
        self._source_roots = source_roots
        self._libraries = libraries
        self._listings: dict[str, frozenset[str]] = {}
        self._tops: dict[tuple[str, str], str | None] = {}
        self._packages: dict[str, list[str]] | None = None

    # from an import to a place --------------------------------------------------------------------------------------

    def locate(self, importer: str, module: str, level: int, extends_path: bool = False) -> str | None:
        """Return the file of a module, or the folder of a package without `__init__.py`; None if not first-party.

        A program that extends its `sys.path` finds what lies in the importer's own folder, package or not.
        """
        folder = str(PurePosixPath(importer).parent)
        if level:
            for _ in range(level - 1):
                folder = str(PurePosixPath(folder).parent)
            return self.below(folder, module.split(".") if module else [])
        first = module.partition(".")[0]
        extended = extends_path and self._holds(folder, first)
        base = folder if extended else self._top(folder, first)
        return self.below(base, module.split(".")) if base is not None else None

    def below(self, folder: str, parts: list[str]) -> str | None:
        """Return the module that dotted parts name below a folder."""
        for number, part in enumerate(parts):
            listing = self.listing(folder)
            if part in listing and self._is_package(_join(folder, part)):
                folder = _join(folder, part)
            elif f"{part}.py" in listing and number == len(parts) - 1:
                return _join(folder, f"{part}.py")
            else:
                return None
        return _join(folder, "__init__.py") if "__init__.py" in self.listing(folder) else folder

    def _top(self, folder: str, name: str) -> str | None:
        key = (folder, name)
        if key not in self._tops:
            self._tops[key] = next((base for base in self._bases(folder, name) if self._holds(base, name)), None)
        return self._tops[key]

    def _bases(self, folder: str, name: str) -> Iterator[str]:
        if name in sys.stdlib_module_names:
            return
        here = PurePosixPath(folder)
        for base in (here, *here.parents):
            if "__init__.py" not in self.listing(str(base)):
                yield str(base)
            if str(base) == "." or not INSTALLABLE.isdisjoint(self.listing(str(base))):
                yield from (_join(str(base), source) for source in (*self._source_roots, *SOURCES))
        if name not in self._libraries:
            found = self._top_level_packages().get(name, [])
            if len(found) == 1:
                yield found[0]
            for base in (here, *here.parents):
                if not STARTED.isdisjoint(self.listing(str(base))):
                    yield str(base)

    def _holds(self, base: str, name: str) -> bool:
        """Tell whether a folder holds a module or package; a bare folder does not beat a library of its name."""
        listing = self.listing(base)
        if f"{name}.py" in listing:
            return True
        if name not in listing:
            return False
        inner = self.listing(_join(base, name))
        return "__init__.py" in inner or (self._is_package(_join(base, name)) and name not in self._libraries)

    def _is_package(self, folder: str) -> bool:
        """Tell whether a folder holds modules, or folders that may (a namespace package)."""
        listing = self.listing(folder)
        return any(name.endswith(".py") or "." not in name for name in listing)

    # the file system --------------------------------------------------------------------------------------------------

    def listing(self, folder: str) -> frozenset[str]:
        """Return the names in a folder; empty for what is no readable folder."""
        found = self._listings.get(folder)
        if found is None:
            try:
                found = frozenset(os.listdir(os.path.join(self.root, folder)))
            except (OSError, ValueError):
                found = frozenset()
            self._listings[folder] = found
        return found

    def _top_level_packages(self) -> dict[str, list[str]]:
        """Return the folders that hold each top-level package of the repository, found by one bounded walk."""
        if self._packages is None:
            self._packages = {}
            pending, seen = [("", 0)], 0
            while pending and seen < MOST_FOLDERS:
                folder, depth = pending.pop()
                seen += 1
                for name in sorted(self.listing(folder)):
                    path = _join(folder, name)
                    if "." in name or name in SKIPPED or not os.path.isdir(os.path.join(self.root, path)):
                        continue
                    if "__init__.py" in self.listing(path):
                        self._packages.setdefault(name, []).append(folder or ".")
                    elif depth < DEEPEST:
                        pending.append((path, depth + 1))
        return self._packages


def _join(folder: str, name: str) -> str:
    return name if folder in ("", ".") else f"{folder}/{name}"
