"""What flake8 would print of a file's findings: `# noqa`, `select` and `per-file-ignores`, by flake8's own code."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from functools import lru_cache

from flake8.defaults import NOQA_INLINE_REGEXP
from flake8.formatting.base import BaseFormatter
from flake8.style_guide import Decision, StyleGuideManager
from flake8.violation import Violation

from flake8_bookmark.finding import Finding

WAIVER_CODE = "BKM901"
NoqaLine = Callable[[int], "str | None"]


def is_waived(finding: Finding, noqa_line_for: NoqaLine) -> bool:
    """Tell whether a comment on the finding's line accepts it. On the file's first line there may be no text."""
    line = noqa_line_for(finding.line) or "\n"
    if finding.code == WAIVER_CODE and not names_codes(line):
        return False  # it may be about this very comment
    shown = Violation(finding.code, finding.path, finding.line, finding.column + 1, finding.message, line)
    return bool(shown.is_inline_ignored(disable_noqa=False))


def names_codes(line: str) -> bool:
    match = NOQA_INLINE_REGEXP.search(line)
    return match is not None and match["codes"] is not None


def split_waived(found: Iterable[Finding], noqa_line_for: NoqaLine) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that stand, and those that a comment accepts."""
    standing: list[Finding] = []
    waived: list[Finding] = []
    for finding in found:
        (waived if is_waived(finding, noqa_line_for) else standing).append(finding)
    return standing, waived


class Selection:
    """Which codes are reported in which file."""

    def __init__(self, flake8: argparse.Namespace) -> None:
        self._guides = StyleGuideManager(flake8, BaseFormatter(flake8))
        self.decide = lru_cache(maxsize=None)(self._decide)

    def _decide(self, code: str, name: str) -> bool:
        guide = self._guides.style_guide_for(name)
        return bool(guide.should_report_error(code) is Decision.Selected)
