"""Comments `# bkm: word` that do nothing.

Either nothing reads them, because the word is unknown or they stand where nothing takes them; or nothing would be
reported more without them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from flake8_bookmark.check import idle_waivers
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.gate.waivers import WAIVER_CODE
from flake8_bookmark.options import Options
from flake8_bookmark.source.comments import MARK, Mark, line_at_head, marks_at_definition, read_marks
from flake8_bookmark.source.text import NotPython, parsed

PLACES = {
    "nonblocking": "no def or class takes it",
    "atomic": "no def and no statement with a body takes it",
}
NEEDLESS = "nothing that it is about is known to wait or to compute for long; remove it"
UNKNOWN = "the words are " + " and ".join(PLACES)


def has_marks(text: str) -> bool:
    """Tell whether a text may hold such a comment."""
    return MARK.search(text) is not None


def idle_marks(path: str, lines: Sequence[str], options: Options) -> Iterator[Finding]:
    """Yield a finding for each comment that speaks to us and that nothing reads, or that changes nothing."""
    text = "".join(lines)
    marks = read_marks(text)
    if not marks:
        return
    try:
        tree = parsed(text)
        why = _reasons(tree, marks, path, text, options)
    except (NotPython, RecursionError):
        return
    for line, reason in sorted(why.items()):
        message = f"this `# bkm: {marks[line].word}` does nothing: {reason}"
        yield Finding(path.replace("\\", "/"), line, marks[line].column, WAIVER_CODE, message, Level.HINT)


def _reasons(tree: ast.Module, marks: dict[int, Mark], path: str, text: str, options: Options) -> dict[int, str]:
    """Return the lines of the marks that do nothing, each with the reason."""
    taken = _taken(tree, marks)
    why = {
        line: f"{PLACES.get(mark.word, UNKNOWN)}; correct or remove it"
        for line, mark in marks.items()
        if line not in taken
    }
    if any(marks[line].word == "nonblocking" for line in taken):
        idle = idle_waivers(path, text, options)
        for node in ast.walk(tree):
            for mark in marks_at_definition(node, marks) if getattr(node, "lineno", 0) in idle else ():
                if mark.word == "nonblocking":
                    why[mark.line] = NEEDLESS
    return why


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
