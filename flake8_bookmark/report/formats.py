"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable

from flake8_bookmark.report import as_json, concise, github, gitlab, grouped, html, junit, rdjson, sarif
from flake8_bookmark.report.model import Report, Style

Render = Callable[[Report, Style], str]

FORMATS: dict[str, Render] = {
    "text": grouped.render,
    "concise": concise.render,
    "json": as_json.render,
    "sarif": sarif.render,
    "github": github.render,
    "gitlab": gitlab.render,
    "junit": junit.render,
    "rdjson": rdjson.render,
    "html": html.render,
}
