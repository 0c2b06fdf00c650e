"""The formats by name; each has a module of its own, which is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from flake8_bookmark.report.model import Report, Style

Render = Callable[[Report, Style], str]

MODULES = {
    "text": "grouped",
    "concise": "concise",
    "json": "as_json",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "rdjson": "rdjson",
    "html": "html",
}


def render(name: str, report: Report, style: Style) -> str:
    """Return the report in a format."""
    draw: Render = import_module(f"flake8_bookmark.report.{MODULES[name]}").render
    return draw(report, style)
