"""What a run has to say, ready to be written in any format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from flake8_bookmark.finding import Finding


class Reported(NamedTuple):
    """A finding with what formats show beside it.

    `source` is its line of code, and `fingerprint` the same for the same finding in every run. Formats that show more
    get it in `drawing` (the machine of its function as text), `excerpt` (the lines around it, with their numbers) and
    `hop_sources` (the line of each hop of its chain).
    """

    finding: Finding
    source: str
    fingerprint: str
    link: str
    drawing: str = ""
    excerpt: tuple[tuple[int, str], ...] = ()
    hop_sources: tuple[str, ...] = ()

    @property
    def column(self) -> int:
        """Return the column in characters, from 1; the finding has it in bytes, from 0."""
        line = self.source.encode("utf-8", "surrogatepass")
        return len(line[: self.finding.column].decode("utf-8", "replace")) + 1

    @property
    def effect(self) -> str:
        """Return the message without the chain, for formats that show it apart."""
        return without_chain(self.finding)


class RuleInfo(NamedTuple):
    """A rule as formats name it."""

    code: str
    slug: str
    level: str
    summary: str
    link: str


class Cause(NamedTuple):
    """One place of one library call, and how many findings would be gone without it."""

    name: str
    path: str
    line: int
    sites: int


class Fault(NamedTuple):
    """A file that was not checked, or not completely."""

    path: str
    line: int
    text: str


class Report(NamedTuple):
    """The outcome of a run. `page_of` gives a rule's page as Markdown."""

    version: str
    found: tuple[Reported, ...]
    rules: tuple[RuleInfo, ...]
    page_of: Callable[[str], str]
    files: int = 0
    causes: tuple[Cause, ...] = ()
    faults: tuple[Fault, ...] = ()
    waived: int = 0
    accepted: int = 0
    older: int = 0
    stale: tuple[str, ...] = ()
    since: str = ""
    baseline: str = ""
    folder: str = ""

    @property
    def by_code(self) -> list[tuple[str, int]]:
        return sorted(Counter(reported.finding.code for reported in self.found).items())

    @property
    def by_level(self) -> list[tuple[str, int]]:
        """Return each level's word with its count, the worst first."""
        counts = Counter(reported.finding.level for reported in self.found)
        return [(level.word, counts[level]) for level in sorted(counts, reverse=True)]


class Style(NamedTuple):
    """What the reader's screen can do."""

    width: int = 100
    colour: bool = False
    links: bool = False
    statistics: bool = False
    quiet: bool = False


def without_chain(finding: Finding) -> str:
    """Return the message without its chain: `effect: hop > hop; advice` becomes `effect; advice`."""
    chain = " > ".join(str(hop) for hop in finding.trace)
    return finding.message.replace(f": {chain}", "", 1) if chain else finding.message


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
