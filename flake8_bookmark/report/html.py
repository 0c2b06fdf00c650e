"""The report as one page that needs nothing else: filters, and for each finding its code, its chain and its machine."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib import resources
from itertools import groupby

from flake8_bookmark.report.grouped import headline, remarks
from flake8_bookmark.report.model import Report, Reported, Style, plural
from flake8_bookmark.report.text import printable

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def render(report: Report, style: Style) -> str:
    parts = resources.files("flake8_bookmark.report")
    css = (parts / "page.css").read_text(encoding="utf-8")
    script = (parts / "page.js").read_text(encoding="utf-8")
    lines = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>flake8-bookmark: {text(headline(report))}</title>\n<style>\n{css}</style>\n</head>\n<body>",
        f"<h1>flake8-bookmark</h1>\n<p>{text(headline(report))}</p>",
        *(f"<p>{text(remark)}</p>" for remark in remarks(report)),
        *causes(report),
        *filters(report),
        '<main id="findings">',
        *files(report),
        f"</main>\n<script>\n{script}</script>\n</body>\n</html>",
    ]
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    return escape(printable(value))


def causes(report: Report) -> Iterator[str]:
    many = [cause for cause in report.causes if cause.sites > 1][:10]
    if many:
        yield "<h2>One fix helps most here</h2>\n<ul>"
        for cause in many:
            where = f"{cause.path}:{cause.line}"
            yield f"<li>{plural(cause.sites, 'site')}: <code>{text(cause.name)}</code> {text(where)}</li>"
        yield "</ul>"


def filters(report: Report) -> Iterator[str]:
    """Yield the controls; each box stands for one level or code."""
    box = '<input id="search" type="search" placeholder="path, function or text" aria-label="search">'
    yield f'<form id="filters">\n{box}'
    for kind, counted in (("level", report.by_level), ("code", report.by_code)):
        yield f'<fieldset class="{kind}s">'
        for name, count in counted:
            box = f'<input type="checkbox" name="{kind}" value="{name}" checked>'
            yield f"<label>{box} {name} ({count})</label>"
        yield "</fieldset>"
    yield '<output id="count"></output>\n</form>'


def files(report: Report) -> Iterator[str]:
    names = {rule.code: rule.slug for rule in report.rules}
    for path, group in groupby(report.found, key=lambda reported: reported.finding.path):
        yield f'<section class="file">\n<h2>{text(path)}</h2>'
        for reported in group:
            yield from finding(reported, names)
        yield "</section>"


def finding(reported: Reported, names: dict[str, str]) -> Iterator[str]:
    found = reported.finding
    data = {"level": found.level.word, "code": found.code, "text": f"{found.path} {found.qualname} {found.message}"}
    attributes = " ".join(f'data-{name}="{text(value)}"' for name, value in data.items())
    yield f'<details class="finding" id="f{reported.fingerprint}" {attributes}>'
    yield (
        f'<summary><span class="place">{found.line}:{reported.column}</span> '
        f'<span class="{found.level.word}">{found.code}</span> {text(reported.effect)}</summary>'
    )
    yield f"<p>in <code>{text(found.qualname)}</code></p>\n{excerpt(reported)}"
    yield from chain(reported)
    if reported.drawing:
        yield f'<details class="machine"><summary>The machine</summary><pre>{escape(reported.drawing)}</pre></details>'
    name = f"{found.code} {names.get(found.code, '')}".strip()
    yield f'<p><a href="{text(reported.link)}">{text(name)}</a></p>\n</details>'


def excerpt(reported: Reported) -> str:
    lines = reported.excerpt or ((reported.finding.line, reported.source),)
    rows = []
    for number, line in lines:
        row = f"{number:5}  {escape(line)}"
        rows.append(f"<mark>{row}</mark>" if number == reported.finding.line else row)
    return f'<pre class="source">{chr(10).join(rows)}</pre>'


def chain(reported: Reported) -> Iterator[str]:
    if reported.finding.trace:
        yield '<ol class="chain">'
        sources = [*reported.hop_sources, *("" for _ in reported.finding.trace)]
        for hop, source in zip(reported.finding.trace, sources, strict=False):
            place = f'<span class="place">{text(hop.path)}:{hop.line}</span>'
            yield f"<li><code>{text(hop.name)}</code> {place}<pre>{escape(source.strip())}</pre></li>"
        yield "</ol>"
