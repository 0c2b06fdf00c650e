"""Which classes name a base, and which files have some methods: a search in the text of packages' files.

A base in `common/` may have its classes in `app/`: the packages that stand side by side in one folder are searched.
Only the lines that begin a class or a method are read, and only when somebody asks. What is found is a candidate:
whether the name means that class, and whether the methods are of one class, is told by the module's facts.
"""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath

from flake8_bookmark.project.layout import SKIPPED, Layout
from flake8_bookmark.project.questions import ANYWHERE, CALLS, DECORATED, MARK, METHODS, PUT, SET, TEXTS
from flake8_bookmark.project.store import digest_of

MOST_FILES = 2500
"""Files of a package that are searched; a larger package is not searched at all, so that no answer is half of one.

The packages beside it are searched as long as all of them together have no more.
"""
MOST_SEARCHED = 1000
"""Files of packages that stand side by side whose texts are searched for calls."""
NO_LIMIT = 10**6
LARGEST_FILE = 2_000_000
_HEADER = re.compile(rb"class[ \t]{1,9}(\w++)[ \t]*+(?:\[[^\]]{0,2000}\])?[ \t]*+\(([^)]{0,800})\)")
_METHOD = re.compile(rb"^[ \t]+(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
# Of a text read backwards, where a call begins with a bracket: so a word is only looked at where one follows, and once.
_CALL = re.compile(rb"\(([\w\x80-\xff]++)")
_NAME = re.compile(rb"[A-Za-z_]\w*")
# What is set on another object than `self`, or under a key: `app.client = …`, `app["client"] = …`.
_SET = re.compile(rb"\.(?<!\bself\.)(\w++)(?:[ \t]*+:[^=\n]{1,80})?[ \t]*+=(?!=)")
_PUT = re.compile(rb"\[[\"']?(?:\w++\.)*+(\w++)[\"']?\][ \t]*+=(?!=)")
_DECORATOR = re.compile(rb"@(?:\w++\.)*+(\w++)")
APART = frozenset({"test", "tests", "doc", "docs", "example", "examples", "benchmarks"})
"""Folders whose classes are none of the program's."""
Candidates = dict[str, list[tuple[str, str]]]


class HeaderIndex:
    """The class headers of each top-level package below a root."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._tops: dict[str, Candidates | None] = {}
        self._around: dict[str, str] = {}
        self._methods: dict[str, dict[str, list[str]]] = {}
        self._texts: dict[str, dict[str, bytes]] = {}
        self._all: dict[str, dict[str, bytes]] = {}
        self._callers: dict[str, dict[bytes, list[str]]] = {}
        self._answers: dict[tuple[str, str], bytes] = {}
        self._found: dict[str, list[str]] = {}
        self._known: dict[str, list[tuple[bytes, bytes]]] = {}

    def query(self, path: str, name: str) -> str:
        """Return the question which classes of a path's package, or of those beside it, name `name` as a base."""
        return f"{self._top(str(PurePosixPath(path).parent))}{MARK}{name}"

    def answer(self, query: str) -> list[tuple[str, str]] | None:
        """Return (path, class) for each class that a question asks for; None where the package is too large.

        Of methods, the path of each file is returned that has them all, and no class.
        """
        top, _, name = query.partition(MARK)
        if name.startswith(METHODS):
            return [(path, "") for path in self._with_methods(top, name.removeprefix(METHODS).split(","))]
        if name.startswith(CALLS):
            return self._with_calls(top, name.removeprefix(CALLS).split(","))
        if name.startswith(ANYWHERE):
            return self._that_call(top, name.removeprefix(ANYWHERE))
        if top not in self._tops:
            self._tops[top] = self._read(top)
        candidates = self._tops[top]
        return None if candidates is None else candidates.get(name, [])

    def digest(self, query: str) -> str:
        """Return the digest of an answer, by which a later run tells whether it is still the same."""
        top, _, name = query.partition(MARK)
        if name == TEXTS:
            texts = self._searched(top)
            return digest_of(*(part for path, text in texts.items() for part in (os.fsencode(path), text)))
        if name.startswith(CALLS):
            if not self._searched(top):
                return digest_of(b"too large")
            return digest_of(*(self._told(top, called) for called in name.removeprefix(CALLS).split(",")))
        return digest_of(repr(self.answer(query)).encode("utf-8", "surrogatepass"))

    def _top(self, folder: str) -> str:
        """Return the folder of the top-level package around a folder, or the folder itself."""
        if folder not in self._around:
            self._around[folder] = self._package_around(folder)
        return self._around[folder]

    def _package_around(self, folder: str) -> str:
        here = folder
        while "__init__.py" in self._layout.listing(str(PurePosixPath(here).parent)) and here not in ("", "."):
            here = str(PurePosixPath(here).parent)
        return here

    def _read(self, top: str) -> Candidates | None:
        files = self._files(top)
        if len(files) > MOST_FILES:
            return None
        found: Candidates = {}
        for path in (*files, *self._files_beside(top, len(files))):
            for name, bases in self._headers(path):
                for base in dict.fromkeys(_NAME.findall(bases)):
                    found.setdefault(base.decode(), []).append((path, name.decode()))
        return found

    def _with_methods(self, top: str, names: list[str]) -> list[str]:
        if top not in self._methods:
            found = self._methods[top] = {}
            files = self._files(top)
            everywhere = (*files, *self._files_beside(top, len(files))) if len(files) <= MOST_FILES else ()
            for path in everywhere:
                for name in dict.fromkeys(_METHOD.findall(self._text(path))):
                    found.setdefault(name.decode(), []).append(path)
        first, *others = (self._methods[top].get(name, []) for name in names)
        return [path for path in first if all(path in other for other in others)]

    def _with_calls(self, top: str, names: list[str]) -> list[tuple[str, str]] | None:
        """Return the files whose text calls one of some names; None where the packages are too large to be searched."""
        if not self._searched(top):
            return None
        return sorted({(path, "") for name in names for path in self._callers_of(top, name)})

    def _that_call(self, top: str, name: str) -> list[tuple[str, str]]:
        """Return the files whose text calls one name, in packages of any size: each question goes through all texts."""
        if top not in self._all:
            files = self._walk(top, NO_LIMIT)
            files = [*files, *self._files_beside(top, len(files), NO_LIMIT)]
            self._all[top] = {path: self._text(path) for path in files}
        begun = name.encode("utf-8", "surrogatepass") + b"("
        called = re.compile(rb"(?<![\w\x80-\xff])" + re.escape(begun))
        return [(path, "") for path, text in self._all[top].items() if begun in text and called.search(text)]

    def _told(self, top: str, name: str) -> bytes:
        """Return an answer about one name as bytes; most names are asked for by many files."""
        key = (top, name)
        if key not in self._answers:
            self._answers[key] = repr(self._with_calls(top, [name])).encode("utf-8", "surrogatepass")
        return self._answers[key]

    def _callers_of(self, top: str, name: str) -> list[str]:
        if top not in self._callers:
            found = self._callers[top] = {}
            for path, text in self._searched(top).items():
                for called in _words(text):
                    found.setdefault(called, []).append(path)
        return self._callers[top].get(name.encode("utf-8", "surrogatepass"), [])

    def _searched(self, top: str) -> dict[str, bytes]:
        """Return the texts of a package and of those beside it; none if these are too many files."""
        if top not in self._texts:
            files = self._files(top)
            files = [*files, *self._files_beside(top, len(files))] if len(files) <= MOST_SEARCHED else []
            self._texts[top] = {path: self._text(path) for path in files} if len(files) <= MOST_SEARCHED else {}
        return self._texts[top]

    def _files_beside(self, top: str, known: int, most: int = MOST_FILES) -> list[str]:
        """Return the files of the packages beside a package, and the scripts there; none if there are too many."""
        if top in ("", ".") or "__init__.py" not in self._layout.listing(top):
            return []
        folder = str(PurePosixPath(top).parent)
        out: list[str] = []
        for name in sorted(self._layout.listing(folder)):
            path = name if folder == "." else f"{folder}/{name}"
            if _is_script(name):
                out.append(path)
            if "." in name or name in SKIPPED or name in APART or path == top:
                continue
            if "__init__.py" in self._layout.listing(path):
                out.extend(self._files(path) if most == MOST_FILES else self._walk(path, most))
            if known + len(out) > most:
                return []
        return out

    def _files(self, top: str) -> list[str]:
        """Return the files of a package, tests aside; a folder that is no package counts by itself."""
        if top not in self._found:
            self._found[top] = self._walk(top, MOST_FILES)
        return self._found[top]

    def _walk(self, top: str, most: int) -> list[str]:
        is_package = "__init__.py" in self._layout.listing(top)
        pending, found = [top], list[str]()
        while pending and len(found) <= most:
            folder = pending.pop()
            for name in sorted(self._layout.listing(folder)):
                path = name if folder in ("", ".") else f"{folder}/{name}"
                if name.endswith(".py"):
                    if _is_script(name):
                        found.append(path)
                elif is_package and "." not in name and name not in SKIPPED and name not in ("test", "tests"):
                    pending.append(path)
        return found

    def _headers(self, path: str) -> list[tuple[bytes, bytes]]:
        """Return the name and the bases of each class with bases in a file."""
        if path not in self._known:
            self._known[path] = _HEADER.findall(self._text(path))
        return self._known[path]

    def _text(self, path: str) -> bytes:
        full = os.path.join(self._layout.root, path)
        try:
            if os.path.getsize(full) > LARGEST_FILE:
                return b""
            with open(full, "rb") as file:
                return file.read()
        except OSError:
            return b""


def _is_script(name: str) -> bool:
    """Tell whether a file has code of the program, and not its tests."""
    return name.endswith(".py") and not name.startswith("test_") and name != "conftest.py"


def _words(text: bytes) -> set[bytes]:
    """Return the names that a text calls, those that it sets from outside, and those of its decorators."""
    words = {called[::-1] for called in set(_CALL.findall(text[::-1]))}
    words.update(SET.encode() + name for name in set(_SET.findall(text)))
    words.update(PUT.encode() + name for name in set(_PUT.findall(text)))
    words.update(DECORATED.encode() + name for name in set(_DECORATOR.findall(text)))
    return words
