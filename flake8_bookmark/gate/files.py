"""One file under the gate: read as flake8 reads it, checked by the same pipeline as the plugin."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from flake8.processor import FileProcessor

from flake8_bookmark.check import find_sites, waiving_entries
from flake8_bookmark.finding import FAULT_CODE, Finding, Hop, fault
from flake8_bookmark.gate.idle_marks import has_marks, idle_marks
from flake8_bookmark.gate.keys import Key, keys_of, ordinals
from flake8_bookmark.gate.noqa_lines import KnownLines
from flake8_bookmark.gate.settings import Settings
from flake8_bookmark.gate.unused import has_waivers, named_words, unused_waivers
from flake8_bookmark.gate.waivers import NoqaLine, Selection, is_waived
from flake8_bookmark.project.files import root_of
from flake8_bookmark.project.store import open_store
from flake8_bookmark.source.module import may_suspend
from flake8_bookmark.source.text import NotPython


@dataclass(frozen=True, slots=True)
class Place:
    """A file: the name it goes by, and where its text is, which is elsewhere for an older state of the project."""

    name: str
    location: str


@dataclass(frozen=True, slots=True)
class Site:
    """A finding that stands, with what a report and a baseline need beside it.

    `ordinal` says how many with the same key its file has before it, whether these stand or not.
    """

    finding: Finding
    key: Key
    source: str
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class FileResult:
    """What one file gave.

    `fault` says why it was not checked, or not completely; empty if it was. `mentioned` are the last names of our
    settings that occur in it, `entries` those of `bkm-nonblocking` that name functions of it, with whether one of these
    would wait otherwise. `trouble` says why what was worked out could not be kept for the next run.
    """

    name: str
    sites: tuple[Site, ...] = ()
    waived: int = 0
    fault: str = ""
    fault_line: int = 1
    mentioned: frozenset[str] = frozenset()
    entries: tuple[tuple[str, bool], ...] = ()
    trouble: str = ""


class Examiner:
    """Checks files, one after the other, in one process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.selection = Selection(settings.flake8)
        self.words = tuple(named_words(settings.options)) if settings.options.hints else ()

    def examine(self, place: Place) -> FileResult:
        """Return what a file gives. Nothing that is in a file ends the run."""
        result = self._examine(place)
        if self.settings.options.hints and self.settings.options.nonblocking and not result.fault:
            result = replace(result, entries=self.entries(place))
        trouble = open_store(self.settings.options.cache_dir).trouble
        return replace(result, trouble=trouble) if trouble else result

    def _examine(self, place: Place) -> FileResult:
        try:
            processor = FileProcessor(place.location, self.settings.flake8)
        except OSError as error:
            return FileResult(place.name, fault=f"can't be read: {error.strerror or error}")
        text = "".join(processor.lines)
        # Without the word, flake8's search for such comments in each line and token can be left out.
        has_noqa = "noqa" in text.lower()
        if has_noqa and processor.should_ignore_file():
            return FileResult(place.name)
        mentioned = frozenset(word for word in self.words if word in text)
        if not may_suspend(text) and not (self.settings.options.hints and (has_waivers(text) or has_marks(text))):
            return FileResult(place.name, mentioned=mentioned)
        try:
            found = self.found(os.path.normpath(place.location), text, processor.lines)
        except NotPython as error:
            return FileResult(place.name, fault=f"not valid Python: {error}", fault_line=error.line)
        except Exception as error:
            found = [fault(place.name, error)]
        store = open_store(self.settings.options.cache_dir)
        known = KnownLines(text, processor.noqa_line_for, store) if has_noqa and found else None
        result = self.judged(place, found, processor.lines, known or (processor.noqa_line_for if has_noqa else None))
        if known is not None:
            known.keep()
        return replace(result, mentioned=mentioned)

    def entries(self, place: Place) -> tuple[tuple[str, bool], ...]:
        """Return which entries of the settings name functions of a file, and whether these would wait otherwise."""
        try:
            text = "".join(FileProcessor(place.location, self.settings.flake8).lines)
            return tuple(sorted(waiving_entries(os.path.normpath(place.location), text, self.settings.options).items()))
        except (OSError, NotPython, RecursionError):
            return ()

    def found(self, path: str, text: str, lines: list[str]) -> list[Finding]:
        """Return all that is to be said of a file, before configuration and comments have had their say."""
        options = self.settings.options
        found = find_sites(path, text, None, options)
        return sorted([*found, *idle_marks(path, lines, options)]) if options.hints else found

    def judged(
        self, place: Place, found: list[Finding], lines: list[str], noqa_line_for: NoqaLine | None
    ) -> FileResult:
        """Return what stands of a file's findings by flake8's configuration and by comments."""
        if self.settings.options.hints and noqa_line_for is not None:
            found = sorted([*found, *unused_waivers(found, place.name, lines, noqa_line_for)])
        keys = keys_of(found, self.settings.path_of(place.name), lines)
        # Counted before anything is left out, so that a finding is called the same whatever happens to its equals.
        numbered = zip(found, keys, ordinals(keys), strict=True)
        chosen = [entry for entry in numbered if self.selection.decide(entry[0].code, place.name)]
        standing = chosen
        if noqa_line_for is not None and not self.settings.flake8.disable_noqa:
            standing = [entry for entry in chosen if not is_waived(entry[0], noqa_line_for)]
        broken = next((finding.message for finding, *_ in standing if finding.code == FAULT_CODE), "")
        folder = root_of(os.path.dirname(os.path.abspath(place.location))) if standing else ""
        sites = [
            Site(seen_from_here(finding, place, folder), key, line_of(lines, finding.line), ordinal)
            for finding, key, ordinal in standing
        ]
        return FileResult(place.name, tuple(sites), len(chosen) - len(standing), broken)


def seen_from_here(finding: Finding, place: Place, root: str) -> Finding:
    """Return the finding with paths as the working directory has them, where it spoke of the project's root."""
    hops = tuple(Hop(hop.name, shown_path(os.path.join(root, hop.path)), hop.line) for hop in finding.trace)
    return replace(finding, path=place.name.replace(os.sep, "/"), trace=hops)


def shown_path(path: str) -> str:
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:  # another drive of Windows
        return path.replace(os.sep, "/")


def line_of(lines: list[str], number: int) -> str:
    return lines[number - 1].rstrip() if 0 < number <= len(lines) else ""
