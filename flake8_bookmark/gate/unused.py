"""Waivers that waive nothing: comments that no finding needs, and settings that name nothing of this project."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from flake8.defaults import NOQA_INLINE_REGEXP

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.gate.waivers import WAIVER_CODE, NoqaLine
from flake8_bookmark.options import SETTINGS, Options, table_of

OWN_CODE = re.compile(r"\bBKM\d+", re.IGNORECASE)
# What a reader takes for a list of codes behind a `noqa`, and flake8 does not.
LOOKS_LIKE_OURS = re.compile(r"\s*[:-]?\s*BKM", re.IGNORECASE)
UNSEEN = re.compile(r"#(?:|\s\s+)noqa\b\s*[:-]?\s*BKM", re.IGNORECASE)


def unused_waivers(
    found: Sequence[Finding], path: str, lines: Sequence[str], noqa_line_for: NoqaLine
) -> Iterator[Finding]:
    """Yield a finding for each `# noqa` about our codes that accepts none of `found`, or more than it seems to."""
    for line, column, text in comments(lines):
        for message in complaints(text, line, found, noqa_line_for):
            yield Finding(path.replace("\\", "/"), line, column, WAIVER_CODE, message, Level.HINT)


def has_waivers(text: str) -> bool:
    """Tell whether a text may hold a comment that waives one of our codes."""
    folded = text.lower()
    return "bkm" in folded and "noqa" in folded


def comments(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and text of the comments that speak of `noqa` and of our codes."""
    text = "".join(lines)
    if not has_waivers(text):
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and has_waivers(token.string):
                before = token.line[: token.start[1]] if token.line else ""
                yield token.start[0], len(before.encode("utf-8", "surrogatepass")), token.string
    except (tokenize.TokenError, SyntaxError):
        return


def complaints(text: str, line: int, found: Sequence[Finding], noqa_line_for: NoqaLine) -> Iterator[str]:
    """Yield what is wrong with one comment."""
    match = NOQA_INLINE_REGEXP.search(text)
    if match is None:
        if UNSEEN.search(text):
            yield f"flake8 does not see {shown(text)}: one space belongs between # and noqa"
        return
    if match["codes"] is None:
        if LOOKS_LIKE_OURS.match(text[match.end() :]):
            yield f"{shown(text)} names no code: flake8 takes it for a plain noqa that silences every plugin"
        return
    searched = noqa_line_for(line)
    # The lines of one statement share one text, the same object; two equal lines don't.
    here = [finding.code for finding in found if noqa_line_for(finding.line) is searched]
    for code in OWN_CODE.findall(match["codes"]):
        if code.upper() != WAIVER_CODE and not any(known.startswith(code) for known in here):
            yield f"# noqa: {code} waives nothing here; remove it"


def shown(comment: str) -> str:
    return comment if len(comment) <= 40 else comment[:37] + "..."


# settings -----------------------------------------------------------------------------------------------------------


def named_words(options: Options) -> dict[str, list[str]]:
    """Return the words that must occur somewhere in a project for a setting to matter, with the setting's entries."""
    words: dict[str, list[str]] = {}
    for setting in SETTINGS:
        if setting.kind in ("names", "workers"):
            for entry in getattr(options, setting.attribute):
                parts = [part for part in entry.partition(":")[0].split(".") if part != "*"]
                words.setdefault(parts[-1], []).append(entry)
    return words


def unused_settings(
    options: Options, mentioned: Iterable[str], idle: Collection[str], home: Path
) -> Iterator[Finding]:
    """Yield a finding for each entry of our table whose name stands nowhere in the project, or that is not needed.

    `idle` are the entries that name functions which would not wait without them either.
    """
    path = home / "pyproject.toml"
    if table_of(path) is None:
        return
    text = path.read_text(encoding="utf-8", errors="replace").splitlines()
    known = set(mentioned)
    for word, entries in named_words(options).items():
        for entry in entries:
            if word not in known:
                message = f"{entry} names nothing: no file of the project mentions {word}; remove the entry"
            elif entry in idle and entry in options.nonblocking:
                message = f"{entry} is not needed: what it names is not known to wait or to compute for long; remove it"
            else:
                continue
            line = next((number for number, row in enumerate(text, 1) if f'"{entry}"' in row or f"'{entry}'" in row), 0)
            if line:
                yield Finding("pyproject.toml", line, 0, WAIVER_CODE, message, Level.HINT)
