"""Findings that were worked out before, and still hold because nothing that they depend on has changed.

What a file's findings depend on: its own text, the options, this tool, the names of all files of the project (a new
file may answer an import), the texts of the modules that its imports led to, and which classes say that they inherit
from an abstract one that was met. The last two are known when the findings are: they belong to the modules in memory
that can be reached from the file over imports which the analysis followed.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from flake8_bookmark.finding import Finding
from flake8_bookmark.options import Options
from flake8_bookmark.project.files import is_on_disk, locate, read_bytes
from flake8_bookmark.project.headers import MARK, TEXTS, HeaderIndex, whole
from flake8_bookmark.project.layout import SKIPPED, Layout
from flake8_bookmark.project.store import Store, digest_of, open_store

if TYPE_CHECKING:
    from flake8_bookmark.project.modules import Project

MOST_FOLDERS = 20_000
Footprint = tuple[tuple[str, str], ...]


class FindingsRecord(Struct, frozen=True, array_like=True):
    """The findings of a file, and the digest of its footprint."""

    footprint: str
    findings: tuple[Finding, ...]


_findings = msgspec.msgpack.Decoder(FindingsRecord)
_footprints = msgspec.msgpack.Decoder(Footprint)
_digests: dict[str, dict[str, str]] = {}
_valid: dict[tuple[str, str], bool] = {}
_holding: dict[str, set[tuple[str, str]]] = {}
"""By root, the entries of footprints that still hold: most files share most of them."""


class Recall:
    """The place in a store for the findings of one file, as it is now."""

    def __init__(self, store: Store, root: str, place: str, text: str, options: Options) -> None:
        self._store = store
        self._root = root
        names = names_digest(root) if store.is_open else None
        # Not where the root is: two checkouts with the same content share what is known.
        parts = (place, text, repr(options), names or "")
        encoded = (part.encode("utf-8", "surrogatepass") for part in parts)
        self._digest = digest_of(*encoded) if names is not None else None

    def findings(self) -> list[Finding] | None:
        """Return what was found, if it still holds."""
        data = self._store.get("findings", self._digest) if self._digest is not None else None
        if data is None:
            return None
        try:
            record = _findings.decode(data)
        except (msgspec.MsgspecError, ValueError):
            return None
        return list(record.findings) if self._holds(record.footprint) else None

    def _holds(self, footprint: str) -> bool:
        key = (self._root, footprint)
        if key not in _valid:
            _valid[key] = self._is_unchanged(footprint)
        return _valid[key]

    def _is_unchanged(self, footprint: str) -> bool:
        data = self._store.get("footprint", footprint)
        try:
            places = _footprints.decode(data) if data is not None else None
        except (msgspec.MsgspecError, ValueError):
            return False
        if places is None:
            return False
        holding = _holding.setdefault(self._root, set())
        if holding.issuperset(places):
            return True
        before = dict(places)
        for entry in places:
            if entry not in holding:
                if not self._is_same(*entry, before):
                    return False
                holding.add(entry)
        return True

    def _is_same(self, place: str, digest: str, before: dict[str, str]) -> bool:
        # Where no text of the packages has changed, neither has any answer that was found in them.
        all_of_it = whole(place)
        if all_of_it in before and self._now(all_of_it) == before[all_of_it]:
            return True
        return place.endswith(MARK + TEXTS) or self._now(place) == digest

    def _now(self, place: str) -> str:
        known = _digests.setdefault(self._root, {})
        if place not in known:
            known[place] = _digest_now(self._root, place)
        return known[place]

    def keep(self, findings: list[Finding], project: Project, module: str) -> None:
        """Write down what was found, with the modules that it depends on."""
        if self._digest is None:
            return
        encoded = msgspec.msgpack.encode(project.footprint(module))
        digest = digest_of(encoded)
        if (self._root, digest) not in _valid:
            self._store.put("footprint", digest, encoded)
            _valid[(self._root, digest)] = True
        self._store.put("findings", self._digest, msgspec.msgpack.encode(FindingsRecord(digest, tuple(findings))))


def recall(path: str, text: str, options: Options) -> Recall | None:
    """Return the place for a file's findings in the store; None for a text that is not the one on disk."""
    found = locate(path)
    store = open_store(options.cache_dir)
    if found is None or not store.is_open or not is_on_disk(path, text):
        return None
    return Recall(store, *found, text, options)


def forget() -> None:
    """Look at the disk anew."""
    _digests.clear()
    _valid.clear()
    _holding.clear()
    names_digest.cache_clear()
    _headers.cache_clear()


def _digest_now(root: str, place: str) -> str:
    if MARK in place:
        return _headers(root).digest(place)
    data = read_bytes(os.path.join(root, place))
    return digest_of(data) if data is not None else ""


@lru_cache(maxsize=8)
def _headers(root: str) -> HeaderIndex:
    return HeaderIndex(Layout(root, (), frozenset()))


@lru_cache(maxsize=8)
def names_digest(root: str) -> str | None:
    """Return the digest of the names of all folders and Python files below a root; None if there are too many."""
    pending, names = [""], []
    for folder in pending:
        if len(pending) > MOST_FOLDERS:
            return None
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                for entry in entries:
                    inside = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.name.endswith(".py"):
                        names.append(inside)
                    elif "." not in entry.name and entry.name not in SKIPPED and entry.is_dir(follow_symlinks=False):
                        names.append(inside + "/")
                        pending.append(inside)
        except OSError:
            continue
    return digest_of(*(name.encode("utf-8", "surrogatepass") for name in sorted(names)))
