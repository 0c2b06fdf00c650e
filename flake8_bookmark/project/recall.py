"""Findings that were worked out before, and still hold because nothing that they depend on has changed.

What a file's findings depend on: its own text, the options, this tool, the names of all files of the project (a new
file may answer an import), the texts of the modules that its imports led to, and which classes say that they inherit
from an abstract one that was met. The last two are known when the findings are: they belong to the modules in memory
that can be reached from the file over imports which the analysis followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from flake8_bookmark.finding import Finding
from flake8_bookmark.options import Options
from flake8_bookmark.project.files import is_on_disk, locate, read_bytes
from flake8_bookmark.project.layout import forget_roots
from flake8_bookmark.project.questions import MARK, TEXTS, whole
from flake8_bookmark.project.snapshot import Snapshot, forget_snapshots, packed, snapshot_of, unpacked
from flake8_bookmark.project.store import Store, digest_of, open_store

if TYPE_CHECKING:
    from flake8_bookmark.project.headers import HeaderIndex
    from flake8_bookmark.project.modules import Project

Answer = tuple[str, str]
"""A question to the texts of packages, or a file that has no number, with the digest of what it was answered."""


class Footprint(Struct, frozen=True, array_like=True):
    """What a file's findings depend on beside its own text: other files by their numbers, and answers.

    `texts` is the digest of these files' texts.
    """

    files: bytes = b""
    texts: str = ""
    answers: tuple[Answer, ...] = ()


class FindingsRecord(Struct, frozen=True, array_like=True):
    """The findings of a file, and the digest of its footprint."""

    footprint: str
    findings: tuple[Finding, ...]


_findings = msgspec.msgpack.Decoder(FindingsRecord)
_footprints = msgspec.msgpack.Decoder(Footprint)
_digests: dict[str, dict[str, str]] = {}
_valid: dict[tuple[str, str], Footprint | None] = {}
_holding: dict[str, dict[Answer, Answer]] = {}
"""By root, the answers of footprints that still hold: most files share most of them."""


class Recall:
    """The place in a store for the findings of one file, as it is now; `footprint` is known once they are."""

    def __init__(self, store: Store, root: str, place: str, text: str, options: Options) -> None:
        self.footprint: Footprint | None = None
        self._store = store
        self._root = root
        self._snapshot = snapshot_of(root) if store.is_open else None
        if self._snapshot is not None:
            # Not where the root is: two checkouts with the same content share what is known.
            parts = (place, text, repr(options), self._snapshot.digest)
            self._digest = digest_of(*(part.encode("utf-8", "surrogatepass") for part in parts))

    def findings(self) -> list[Finding] | None:
        """Return what was found, if it still holds."""
        data = self._store.get("findings", self._digest) if self._snapshot is not None else None
        if data is None:
            return None
        try:
            record = _findings.decode(data)
        except (msgspec.MsgspecError, ValueError):
            return None
        key = (self._root, record.footprint)
        if key not in _valid:
            _valid[key] = self._unchanged(record.footprint)
        self.footprint = _valid[key]
        return list(record.findings) if self.footprint is not None else None

    def _unchanged(self, digest: str) -> Footprint | None:
        """Return the footprint of a digest if all that belongs to it is as it was."""
        assert self._snapshot is not None
        data = self._store.get("footprint", digest)
        try:
            known = _footprints.decode(data) if data is not None else None
            if known is None or self._snapshot.combined(unpacked(known.files)) != known.texts:
                return None
        except (msgspec.MsgspecError, ValueError, IndexError):
            return None
        answers = still_given(self._root, known.answers)
        return Footprint(known.files, known.texts, tuple(answers)) if len(answers) == len(known.answers) else None

    def keep(self, findings: list[Finding], project: Project, module: str) -> None:
        """Write down what was found, with the modules that it depends on.

        Not where a file was another one for a part of the analysis than for the rest.
        """
        footprint = _footprint(self._snapshot, project.footprint(module)) if self._snapshot is not None else None
        if footprint is None:
            return
        encoded = msgspec.msgpack.encode(footprint)
        digest = digest_of(encoded)
        key = (self._root, digest)
        if _valid.get(key) is None:
            self._store.put("footprint", digest, encoded)
            _valid[key] = footprint
        self.footprint = footprint
        self._store.put("findings", self._digest, msgspec.msgpack.encode(FindingsRecord(digest, tuple(findings))))


def recall(path: str, text: str, options: Options) -> Recall | None:
    """Return the place for a file's findings in the store; None for a text that is not the one on disk."""
    found = locate(path)
    store = open_store(options.cache_dir)
    if found is None or not store.is_open or not is_on_disk(path, text):
        return None
    return Recall(store, *found, text, options)


def _footprint(snapshot: Snapshot, entries: Iterable[Answer]) -> Footprint | None:
    """Return the footprint of places with their digests; None if one of them has changed meanwhile."""
    numbers, answers = list[int](), list[Answer]()
    for entry in entries:
        number = snapshot.number_of.get(entry[0])
        if number is None:
            answers.append(entry)
        elif snapshot.agrees(number, entry[1]):
            numbers.append(number)
        else:
            return None
    return Footprint(packed(numbers), snapshot.combined(numbers), tuple(answers))


def still_given(root: str, answers: Sequence[Answer]) -> list[Answer]:
    """Return those answers, found together, that would be the same now; equal ones are one object from then on."""
    holding = _holding.setdefault(root, {})
    before = None
    out = []
    for answer in answers:
        known = holding.get(answer)
        if known is None:
            before = dict(answers) if before is None else before
            if not _is_same(root, *answer, before):
                continue
            known = holding[answer] = answer
        out.append(known)
    return out


def _is_same(root: str, place: str, digest: str, before: dict[str, str]) -> bool:
    # Where no text of the packages has changed, neither has any answer that was found in them.
    all_of_it = whole(place)
    if all_of_it in before and _now(root, all_of_it) == before[all_of_it]:
        return True
    return place.endswith(MARK + TEXTS) or _now(root, place) == digest


def _now(root: str, place: str) -> str:
    known = _digests.setdefault(root, {})
    if place not in known:
        known[place] = _digest_now(root, place)
    return known[place]


def forget() -> None:
    """Look at the disk anew."""
    _digests.clear()
    _valid.clear()
    _holding.clear()
    forget_snapshots()
    forget_roots()
    _headers.cache_clear()


def _digest_now(root: str, place: str) -> str:
    if MARK in place:
        return _headers(root).digest(place)
    data = read_bytes(os.path.join(root, place))
    return digest_of(data) if data is not None else ""


@lru_cache(maxsize=8)
def _headers(root: str) -> HeaderIndex:
    from flake8_bookmark.project.headers import HeaderIndex  # not asked where no text has changed
    from flake8_bookmark.project.layout import Layout

    return HeaderIndex(Layout(root, (), frozenset()))
