"""A finding: one sentence about one place in one file, with the way that leads to its cause.

Findings are plain values. They are ordered by place, so that a sorted list of them is the same list however the
work was divided. They are named tuples, which take less time to define than anything else: every run does.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

FAULT_CODE = "BKM900"


class Level(IntEnum):
    """How sure and how costly; a higher number is more severe."""

    HINT = 0
    WARNING = 1
    ERROR = 2

    def lowered(self) -> Level:
        """Return the next lower level; a hint stays a hint."""
        return Level(max(self - 1, 0))

    @property
    def word(self) -> str:
        return self.name.lower()


class Hop(NamedTuple):
    """One step of a chain: the callee as a reader knows it, and where it is called.

    `path` is relative to the project root, with forward slashes; `line` is 1-based.
    """

    name: str
    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.name} ({self.path.rsplit('/', 1)[-1]}:{self.line})"


class Finding(NamedTuple):
    """What a rule says about one place.

    `line` is 1-based and `column` 0-based, both of the callee's name, as `ast` counts them (UTF-8 bytes for the
    column). `message` is one line without code, link or final full stop. `anchor` names the section of the rule's
    page that speaks of this cause; empty for none. `trace` runs from the reported call to its cause.
    `node_key` is the call site `(line, column, end_line, end_column)` that two rules of a family may both report.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    level: Level
    anchor: str = ""
    qualname: str = ""
    trace: tuple[Hop, ...] = ()
    node_key: tuple[int, int, int, int] = (0, 0, 0, 0)


def fault(path: str, error: BaseException) -> Finding:
    """Return the finding that stands for an internal fault."""
    said = str(error).partition("\n")[0][:40]
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    message = f"this file was not checked: {what}; run flake8 -v on it and report the traceback"
    return Finding(path=path, line=1, column=0, code=FAULT_CODE, message=message, level=Level.ERROR)
