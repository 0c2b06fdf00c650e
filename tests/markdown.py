"""Reads the Markdown files that hold test cases: a heading names a case, its fenced blocks are the case's files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One heading with its blocks; a block's info string is its language and, after a space, a file name."""

    name: str
    blocks: tuple[tuple[str, str, str], ...]

    @property
    def source(self) -> str:
        """The text of the only Python block."""
        (found,) = [text for language, _, text in self.blocks if language == "python"]
        return found


def read_cases(path: Path) -> list[Case]:
    """Return the cases of a file, in order."""
    return list(_cases(path.read_text(encoding="utf-8")))


def _cases(text: str) -> Iterator[Case]:
    name, blocks = "", []
    pattern = re.compile(r"^## (?P<name>[^\n]+)$|^```(?P<language>\w+) ?(?P<file>\S*)\n(?P<text>.*?)^```$", re.M | re.S)
    for match in pattern.finditer(text):
        if match["name"]:
            if blocks:
                yield Case(name, tuple(blocks))
            name, blocks = match["name"].strip(), []
        else:
            blocks.append((match["language"], match["file"], match["text"]))
    if blocks:
        yield Case(name, tuple(blocks))


def marks(source: str, pattern: str, prefix: str = "") -> dict[int, list[str]]:
    """Return what the trailing comments of a source say, by line: all matches of `pattern` after `# prefix`."""
    found: dict[int, list[str]] = {}
    for number, line in enumerate(source.splitlines(), 1):
        _, _, comment = line.rpartition(f"  # {prefix}")
        words = re.findall(pattern, comment) if comment and comment != line else []
        if words:
            found[number] = words
    return found
