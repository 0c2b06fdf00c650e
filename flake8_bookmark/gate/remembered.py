"""What a whole run gave, kept in one record: a run over what nothing has changed in reads it, and no record of a file.

The record is named by what the run was: its files, the settings, and the names of all files of the projects that these
belong to. It has one digest for the texts of all of them; if that is the same, so is every result. If it is not, a
second record, its basis, tells for each file what its result depends on, and what no longer holds is examined anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from flake8_bookmark.gate.results import FileResult, Site
from flake8_bookmark.gate.settings import Settings
from flake8_bookmark.project.files import below_root
from flake8_bookmark.project.questions import MARK, TEXTS
from flake8_bookmark.project.recall import Footprint, still_given
from flake8_bookmark.project.snapshot import Snapshot, packed, snapshot_of, unpacked
from flake8_bookmark.project.store import digest_of, open_store

KIND, BASIS = "run", "basis"
MOST_BESIDE = 500
"""Files of the projects that a run is not asked about, beyond as many as it is: to read more would not pay."""
MOST_BROKEN = 4
"""Of so many answers, one may have become of no use before all are numbered anew."""
UNKNOWN = 2**32 - 1
"""Stands for the footprint of a file whose result can't be kept."""
NOTHING = Footprint()


class Row(Struct, frozen=True, array_like=True):
    """What is to be said of a file, by its number among the run's files; most files have no row."""

    number: int
    sites: tuple[Site, ...]
    waived: int
    mentioned: frozenset[str]


class Basis(Struct, frozen=True, array_like=True):
    """What each result depends on: the numbers of files, and of answers, in the project that its file belongs to.

    `of` has the number of its footprint for each file of the run.
    """

    texts: tuple[tuple[str, ...], ...]
    answers: tuple[tuple[int, str, str], ...]
    footprints: tuple[tuple[bytes, bytes], ...]
    of: bytes


class RunRecord(Struct, frozen=True, array_like=True):
    """The texts of all projects as one digest, files that have no number with theirs, and what was found.

    `basis` is the digest of the basis: of two runs that race, each may have written one of the two records.
    """

    texts: str
    others: tuple[tuple[int, str, str], ...]
    again: bytes
    rows: tuple[Row, ...]
    basis: str


_records = msgspec.msgpack.Decoder(RunRecord)
_bases = msgspec.msgpack.Decoder(Basis)


class Remembered:
    """The results of the runs before, for the files of this one."""

    def __init__(self, names: Sequence[str], settings: Settings) -> None:
        self.names = names
        self.snapshots: dict[str, Snapshot] = {}
        self._store = open_store(settings.options.cache_dir)
        self._record: RunRecord | None = None
        self._is_current = False
        self._answers: tuple[tuple[int, str, str], ...] = ()
        self._reused: dict[int, bytes] = {}
        self._places = list(self._placed()) if self._store.is_open else []
        if self.snapshots:
            self._numbers = {root: number for number, root in enumerate(self.snapshots)}
            self._texts = [[s.text(number) for number in s.files] for s in self.snapshots.values()]
            self._digest = digest_of(*(p.encode("utf-8", "surrogatepass") for p in self._parts(settings)))
            self._read()

    @property
    def trouble(self) -> str:
        return self._store.trouble

    def _placed(self) -> Iterator[tuple[str, int]]:
        """Yield the project and the number of each file; no snapshots remain where that would be too much to read."""
        folders: dict[str, tuple[str, str]] = {}
        for path in self.names:
            folder, name = os.path.split(path)
            if folder not in folders:
                folders[folder] = below_root(os.path.abspath(folder))
            root, inside = folders[folder]
            snapshot = self.snapshots.get(root) or snapshot_of(root)
            if snapshot is None or not snapshot.is_whole:
                self.snapshots.clear()
                return
            self.snapshots[root] = snapshot
            yield root, snapshot.number_of.get(f"{inside}/{name}" if inside else name, -1)
        if sum(len(s.names) for s in self.snapshots.values()) > 3 * len(self.names) + MOST_BESIDE:
            self.snapshots.clear()

    def _parts(self, settings: Settings) -> Iterator[str]:
        """Yield what the run is, beside the texts."""
        yield settings.said
        yield _from_here(settings.home)
        for root, snapshot in self.snapshots.items():
            yield from (_from_here(root), snapshot.digest)
        for name, (root, number) in zip(self.names, self._places, strict=True):
            yield f"{self._numbers[root]} {number} {name}"

    def _read(self) -> None:
        data = self._store.get(KIND, self._digest)
        try:
            self._record = _records.decode(data) if data is not None else None
        except (msgspec.MsgspecError, ValueError):
            self._record = None

    def _all_texts(self) -> str:
        return digest_of(*("".join(texts).encode() for texts in self._texts))

    # what still holds -------------------------------------------------------------------------------------------------

    def results(self) -> dict[str, FileResult]:
        """Return the results that still hold, by the names of their files."""
        if self._record is None:
            return {}
        try:
            self._is_current = self._record.texts == self._all_texts() and all(self._still(self._record.others))
            footprints = self._unchanged() if self._is_current else self._compared()
        except (msgspec.MsgspecError, ValueError, IndexError):
            return {}
        rows = {row.number: row for row in self._record.rows}
        return {
            name: _result(name, rows.get(number), footprint)
            for number, (name, footprint) in enumerate(zip(self.names, footprints, strict=True))
            if footprint is not None
        }

    def _still(self, answers: Sequence[tuple[int, str, str]]) -> list[bool]:
        """Tell for each answer whether it would be the same now."""
        held = {
            (number, answer)
            for root, number in self._numbers.items()
            for answer in still_given(root, [(place, digest) for of, place, digest in answers if of == number])
        }
        return [(number, (place, digest)) in held for number, place, digest in answers]

    def _unchanged(self) -> list[Footprint | None]:
        """Return something for each file whose result holds; what it depends on is not asked where nothing changed."""
        assert self._record is not None
        again = frozenset(unpacked(self._record.again))
        return [None if number in again else NOTHING for number in range(len(self.names))]

    def _compared(self) -> list[Footprint | None]:
        """Return the footprint of each file for which, as for the file itself, nothing has changed."""
        data = self._store.get(BASIS, self._digest) or b""
        if self._record is None or digest_of(data) != self._record.basis:
            raise ValueError("the basis is lost, or that of another run")
        basis = _bases.decode(data)
        changed = {
            root: {n for n, old, new in zip(snapshot.files, before, now, strict=True) if old != new}
            for (root, snapshot), before, now in zip(self.snapshots.items(), basis.texts, self._texts, strict=True)
        }
        still = self._still(basis.answers)
        broken = {number for number, holds in enumerate(still) if not holds}
        pairs = [(place, digest) for _, place, digest in basis.answers]
        # Answers keep their numbers as long as most of them are of use.
        keeps_numbers = len(broken) * MOST_BROKEN <= len(pairs)
        reused: dict[int, bytes] = {}
        known: dict[int, Footprint | None] = {}
        out: list[Footprint | None] = []
        for index, ((root, number), of) in enumerate(zip(self._places, unpacked(basis.of), strict=True)):
            files, answers = basis.footprints[of] if of != UNKNOWN else (b"", b"")
            if of not in known:
                numbers = unpacked(answers)
                holds = of != UNKNOWN and changed[root].isdisjoint(unpacked(files)) and broken.isdisjoint(numbers)
                named = () if keeps_numbers else tuple(pairs[n] for n in numbers)
                known[of] = Footprint(files, "", named) if holds else None
            out.append(known[of] if number not in changed[root] else None)
            if keeps_numbers and out[-1] is not None:
                reused[index] = answers
        self._answers, self._reused = basis.answers if keeps_numbers else (), reused
        return out

    # for the next run -------------------------------------------------------------------------------------------------

    def keep(self, results: Sequence[FileResult]) -> None:
        """Write down what the run gave, if that is not what was known."""
        if not self.snapshots or self._is_current:
            return
        placed = zip(results, self._places, strict=True)
        certain = [r.footprint if number >= 0 and not r.fault else None for r, (_, number) in placed]
        kept = ((number, r) for number, r in enumerate(results) if certain[number] is not None)
        rows = (Row(n, r.sites, r.waived, r.mentioned) for n, r in kept if r.sites or r.waived or r.mentioned)
        basis = self._basis(certain)
        data = msgspec.msgpack.encode(basis)
        record = RunRecord(
            self._all_texts(),
            tuple(answer for answer in basis.answers if MARK not in answer[1]),
            packed(number for number, footprint in enumerate(certain) if footprint is None),
            tuple(rows),
            digest_of(data),
        )
        self._store.put(BASIS, self._digest, data)
        self._store.put(KIND, self._digest, msgspec.msgpack.encode(record))

    def _basis(self, certain: Sequence[Footprint | None]) -> Basis:
        answers = {answer: number for number, answer in enumerate(self._answers)}
        footprints: dict[tuple[int, bytes, bytes], int] = {}
        of = []
        for index, ((root, _), footprint) in enumerate(zip(self._places, certain, strict=True)):
            if footprint is None:
                of.append(UNKNOWN)
                continue
            numbers = self._reused.get(index)
            if numbers is None:
                asked = ((self._numbers[root], *a) for a in footprint.answers if not a[0].endswith(MARK + TEXTS))
                numbers = packed([answers.setdefault(answer, len(answers)) for answer in asked])
            of.append(footprints.setdefault((self._numbers[root], footprint.files, numbers), len(footprints)))
        parts = tuple((files, numbers) for _, files, numbers in footprints)
        return Basis(tuple(map(tuple, self._texts)), tuple(answers), parts, packed(of))


def _from_here(path: str) -> str:
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive of Windows
        return path


def _result(name: str, row: Row | None, footprint: Footprint) -> FileResult:
    if row is None:
        return FileResult(name, footprint=footprint)
    return FileResult(name, row.sites, row.waived, mentioned=row.mentioned, footprint=footprint)
