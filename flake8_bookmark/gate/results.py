"""What the gate says of one file, as plain values: known from before, or worked out in another process."""

from __future__ import annotations

from typing import NamedTuple

from flake8_bookmark.finding import Finding
from flake8_bookmark.gate.keys import Key
from flake8_bookmark.project.recall import Footprint


class Place(NamedTuple):
    """A file: the name it goes by, and where its text is, which is elsewhere for an older state of the project."""

    name: str
    location: str


class Site(NamedTuple):
    """A finding that stands, with what a report and a baseline need beside it.

    `ordinal` says how many with the same key its file has before it, whether these stand or not.
    """

    finding: Finding
    key: Key
    source: str
    ordinal: int = 0


class FileResult(NamedTuple):
    """What one file gave.

    `fault` says why it was not checked, or not completely; empty if it was. `mentioned` are the last names of our
    settings that occur in it, `entries` those of `bkm-nonblocking` that name functions of it, with whether one of these
    would wait otherwise. `trouble` says why what was worked out could not be kept for the next run. `footprint` is
    what all of that depends on beside the text; None if that is not known.
    """

    name: str
    sites: tuple[Site, ...] = ()
    waived: int = 0
    fault: str = ""
    fault_line: int = 1
    mentioned: frozenset[str] = frozenset()
    entries: tuple[tuple[str, bool], ...] = ()
    trouble: str = ""
    footprint: Footprint | None = None
