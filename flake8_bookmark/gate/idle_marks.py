"""Comments `# bkm: word` that nothing reads: the word is unknown, or they stand where nothing takes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.gate.waivers import WAIVER_CODE
from flake8_bookmark.source.comments import MARK, Mark, line_at_head, marks_at_definition, read_marks
from flake8_bookmark.source.text import NotPython, parsed

PLACES = {
    "nonblocking": "no def or class takes it",
    "atomic": "no def and no statement with a body takes it",
}
UNKNOWN = "the words are " + " and ".join(PLACES)


def has_marks(text: str) -> bool:
    """Tell whether a text may hold such a comment."""
    return MARK.search(text) is not None


def idle_marks(path: str, lines: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each comment that speaks to us and that nothing reads."""
    text = "".join(lines)
    marks = read_marks(text)
    if not marks:
        return
    try:
        taken = _taken(parsed(text), marks)
    except (NotPython, RecursionError):
        return
    for line, mark in marks.items():
        if line not in taken:
            why = PLACES.get(mark.word, UNKNOWN)
            message = f"this `# bkm: {mark.word}` does nothing: {why}; correct or remove it"
            yield Finding(path.replace("\\", "/"), line, mark.column, WAIVER_CODE, message, Level.HINT)


def _taken(tree: ast.Module, marks: dict[int, Mark]) -> set[int]:
    """Return the lines of the marks that something reads."""
    atomic = {line: mark.stands_alone for line, mark in marks.items() if mark.word == "atomic"}
    taken: set[int] = set()
    for node in ast.walk(tree):
        taken.update(mark.line for mark in marks_at_definition(node, marks) if mark.word in PLACES)
        line = line_at_head(node, atomic) if atomic and isinstance(node, ast.stmt) else None
        if line is not None:
            taken.add(line)
    return taken
