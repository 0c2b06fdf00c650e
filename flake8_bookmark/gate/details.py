"""What the HTML page shows beside a finding: the lines around it, those of its chain, the machine of its function."""

from __future__ import annotations

import tokenize
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from flake8_bookmark.check import draw_functions
from flake8_bookmark.finding import Finding
from flake8_bookmark.gate.settings import Settings
from flake8_bookmark.report.model import Reported

AROUND = 3


def detailed(found: Sequence[Reported], settings: Settings) -> list[Reported]:
    """Return the findings with what is in their files; what can't be read is left out."""
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for reported in found:
        if reported.finding.qualname:
            by_path[reported.finding.path].append(reported.finding)
    drawn = {path: drawings(path, findings, settings) for path, findings in by_path.items()}
    out = []
    for reported in found:
        finding = reported.finding
        lines = lines_of(finding.path)
        first = max(finding.line - AROUND, 1)
        numbers = range(first, min(finding.line + AROUND, len(lines)) + 1)
        excerpt = tuple((number, lines[number - 1]) for number in numbers)
        sources = tuple(line_at(hop.path, hop.line) for hop in finding.trace)
        picture = drawn.get(finding.path, {}).get(finding.qualname, "")
        out.append(reported._replace(drawing=picture, excerpt=excerpt, hop_sources=sources))
    return out


@lru_cache(maxsize=256)
def lines_of(path: str) -> tuple[str, ...]:
    try:
        with tokenize.open(path) as file:
            return tuple(file.read().splitlines())
    except (OSError, SyntaxError, ValueError):
        return ()


def line_at(path: str, number: int) -> str:
    lines = lines_of(path)
    return lines[number - 1] if 0 < number <= len(lines) else ""


def drawings(path: str, found: Sequence[Finding], settings: Settings) -> dict[str, str]:
    """Return the machines of the functions that findings of a file are in, as text; nothing if they can't be drawn."""
    text = "\n".join(lines_of(path)) + "\n"
    try:
        return draw_functions(path, text, settings.options, found)
    except (SyntaxError, ValueError, RecursionError, LookupError):
        return {}
