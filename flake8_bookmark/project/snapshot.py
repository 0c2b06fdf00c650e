"""A project's files as they are now: the names of all of them, and the digests of those texts that were asked for.

Each file has a number, by its place among all names. So a list of files takes four bytes for each, and whether none of
them has changed is told by one digest.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping

from flake8_bookmark.project.files import read_bytes
from flake8_bookmark.project.layout import INSTALLABLE, SKIPPED, STARTED
from flake8_bookmark.project.store import digest_of

MOST_FOLDERS = 20_000
MARKS = INSTALLABLE | STARTED
"""Files beside those of Python whose presence says where modules are looked for."""


class Snapshot:
    """All names below a root, and the digests of texts, each as it was when it was first asked for.

    `is_whole` says that no folder of the project is a link: what lies behind one has no number.
    """

    def __init__(self, root: str, names: list[str], is_whole: bool) -> None:
        self.root = root
        self.names = sorted(names)
        self.is_whole = is_whole
        self.digest = digest_of(*(name.encode("utf-8", "surrogatepass") for name in self.names))
        self.number_of = {name: number for number, name in enumerate(self.names)}
        self._texts: list[str | None] = [None] * len(self.names)

    @property
    def files(self) -> list[int]:
        """The numbers of all Python files."""
        return [number for number, name in enumerate(self.names) if name.endswith(".py")]

    def text(self, number: int) -> str:
        """Return the digest of a file's text; empty for one that can't be read."""
        known = self._texts[number]
        if known is None:
            data = read_bytes(os.path.join(self.root, self.names[number]))
            known = self._texts[number] = digest_of(data) if data is not None else ""
        return known

    def agrees(self, number: int, digest: str) -> bool:
        """Tell whether a text that somebody has read is the one that is known here; the first one is."""
        if self._texts[number] is None:
            self._texts[number] = digest
        return self._texts[number] == digest

    def combined(self, numbers: Iterable[int]) -> str:
        """Return one digest for the texts of some files; IndexError if there is no such file."""
        return digest_of("".join(map(self.text, numbers)).encode())


_taken: dict[str, Snapshot | None] = {}


def snapshot_of(root: str) -> Snapshot | None:
    """Return the files below a root, as they were when this was first asked; None if there are too many."""
    if root not in _taken:
        _taken[root] = _take(root)
    return _taken[root]


def adopt(taken: Mapping[str, Snapshot]) -> None:
    """Take over what another process has looked at."""
    _taken.update(taken)


def forget_snapshots() -> None:
    """Look at the disk anew."""
    _taken.clear()


def _take(root: str) -> Snapshot | None:
    pending, names, is_whole = [""], list[str](), True
    for folder in pending:
        if len(pending) > MOST_FOLDERS:
            return None
        for entry in _entries(os.path.join(root, folder)):
            inside = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.endswith(".py") or entry.name in MARKS:
                names.append(inside)
            elif "." not in entry.name and entry.name not in SKIPPED:
                if entry.is_dir(follow_symlinks=False):
                    names.append(inside + "/")
                    pending.append(inside)
                elif entry.is_symlink() and entry.is_dir():
                    is_whole = False
    return Snapshot(root, names, is_whole)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return


def packed(numbers: Iterable[int]) -> bytes:
    """Return numbers as bytes, for a record."""
    return array("I", numbers).tobytes()


def unpacked(data: bytes) -> array[int]:
    """Return the numbers of a record; ValueError for bytes that are none."""
    numbers = array("I")
    numbers.frombytes(data)
    return numbers
