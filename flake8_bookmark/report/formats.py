"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable

from flake8_bookmark.report import concise, grouped
from flake8_bookmark.report.model import Report, Style

Render = Callable[[Report, Style], str]

FORMATS: dict[str, Render] = {
    "text": grouped.render,
    "concise": concise.render,
}
