"""One line per finding, as flake8 prints it: for editors, and for other programs that read flake8."""

from __future__ import annotations

from flake8_bookmark.report.model import Report, Style
from flake8_bookmark.report.text import line_of


def render(report: Report, style: Style) -> str:
    return "".join(f"{line_of(reported.finding, reported.link)}\n" for reported in report.found)
