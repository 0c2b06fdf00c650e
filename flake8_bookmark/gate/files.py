"""One file under the gate: read as flake8 reads it, checked by the same pipeline as the plugin."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping

from flake8.processor import FileProcessor

from flake8_bookmark.check import Note, find_sites, waiving_entries
from flake8_bookmark.finding import FAULT_CODE, Finding, Hop, fault
from flake8_bookmark.gate.idle_marks import has_marks, idle_marks
from flake8_bookmark.gate.keys import keys_of, ordinals
from flake8_bookmark.gate.noqa_lines import KnownLines
from flake8_bookmark.gate.results import FileResult, Place, Site
from flake8_bookmark.gate.settings import Settings
from flake8_bookmark.gate.unused import has_waivers, named_words, unused_waivers
from flake8_bookmark.gate.waivers import NoqaLine, Selection, is_waived
from flake8_bookmark.project.files import decoded, locate, read_bytes, root_of
from flake8_bookmark.project.recall import Footprint
from flake8_bookmark.project.snapshot import Snapshot, adopt
from flake8_bookmark.project.store import digest_of, open_store
from flake8_bookmark.source.text import NotPython
from flake8_bookmark.source.words import may_suspend


class Examiner:
    """Checks files, one after the other, in one process.

    `snapshots` are the projects, by their roots, as the run has found them: only what belongs to such a state says
    what it depends on.
    """

    def __init__(self, settings: Settings, snapshots: Mapping[str, Snapshot] | None = None) -> None:
        self.settings = settings
        self.snapshots = snapshots or {}
        adopt(self.snapshots)
        self.selection = Selection(settings.flake8)
        self.words = tuple(named_words(settings.options)) if settings.options.hints else ()

    def examine(self, place: Place) -> FileResult:
        """Return what a file gives. Nothing that is in a file ends the run."""
        result = self._examine(place)
        if self.settings.options.hints and self.settings.options.nonblocking and not result.fault:
            result = result._replace(entries=self.entries(place))
        trouble = open_store(self.settings.options.cache_dir).trouble
        return result._replace(trouble=trouble) if trouble else result

    def _examine(self, place: Place) -> FileResult:
        try:
            lines, digest = read_lines(place.location)
            processor = FileProcessor(place.location, self.settings.flake8, lines)
        except OSError as error:
            return FileResult(place.name, fault=f"can't be read: {error.strerror or error}")
        notes: list[Footprint] = []
        text = "".join(processor.lines)
        # Without the word, flake8's search for such comments in each line and token can be left out.
        has_noqa = "noqa" in text.lower()
        if has_noqa and processor.should_ignore_file():
            return FileResult(place.name, footprint=self.certain(place, digest, text, [Footprint()]))
        mentioned = frozenset(word for word in self.words if word in text)
        if not may_suspend(text) and not (self.settings.options.hints and (has_waivers(text) or has_marks(text))):
            known_to = self.certain(place, digest, text, [Footprint()])
            return FileResult(place.name, mentioned=mentioned, footprint=known_to)
        try:
            found = self.found(os.path.normpath(place.location), text, processor.lines, notes.append)
        except NotPython as error:
            return FileResult(place.name, fault=f"not valid Python: {error}", fault_line=error.line)
        except Exception as error:
            found = [fault(place.name, error)]
        store = open_store(self.settings.options.cache_dir)
        known = KnownLines(text, processor.noqa_line_for, store) if has_noqa and found else None
        result = self.judged(place, found, processor.lines, known or (processor.noqa_line_for if has_noqa else None))
        if known is not None:
            known.keep()
        return result._replace(mentioned=mentioned, footprint=self.certain(place, digest, text, notes))

    def certain(self, place: Place, digest: str, text: str, notes: list[Footprint]) -> Footprint | None:
        """Return what a file's result depends on beside its text, if it was worked out in the state of the run."""
        options = self.settings.options
        if not notes or not digest or (options.hints and (options.nonblocking or has_marks(text))):
            return None
        root, inside = locate(place.location) or ("", "")
        snapshot = self.snapshots.get(root)
        number = snapshot.number_of.get(inside) if snapshot is not None else None
        return notes[0] if snapshot is not None and number is not None and snapshot.text(number) == digest else None

    def entries(self, place: Place) -> tuple[tuple[str, bool], ...]:
        """Return which entries of the settings name functions of a file, and whether these would wait otherwise."""
        try:
            text = "".join(FileProcessor(place.location, self.settings.flake8).lines)
            return tuple(sorted(waiving_entries(os.path.normpath(place.location), text, self.settings.options).items()))
        except (OSError, NotPython, RecursionError):
            return ()

    def found(self, path: str, text: str, lines: list[str], note: Note) -> list[Finding]:
        """Return all that is to be said of a file, before configuration and comments have had their say."""
        options = self.settings.options
        found = find_sites(path, text, None, options, note)
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


def read_lines(location: str) -> tuple[list[str] | None, str]:
    """Return the lines of a file and the digest of its bytes; None for a file that flake8 has a way of its own to read.

    Lines end where Python's files end them, at newlines alone.
    """
    data = read_bytes(location)
    text = decoded(data) if data is not None else None
    if data is None or text is None:
        return None, ""
    return io.StringIO(text, newline="\n").readlines(), digest_of(data)


def seen_from_here(finding: Finding, place: Place, root: str) -> Finding:
    """Return the finding with paths as the working directory has them, where it spoke of the project's root."""
    hops = tuple(Hop(hop.name, shown_path(os.path.join(root, hop.path)), hop.line) for hop in finding.trace)
    return finding._replace(path=place.name.replace(os.sep, "/"), trace=hops)


def shown_path(path: str) -> str:
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:  # another drive of Windows
        return path.replace(os.sep, "/")


def line_of(lines: list[str], number: int) -> str:
    return lines[number - 1].rstrip() if 0 < number <= len(lines) else ""
