"""Annotations for a GitHub workflow, and the summary of its step.

A step may show ten annotations of each level; further ones are dropped without a word, and so the tenth says how many
there are. All findings stand in the log, and the summary has them, too.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions and
https://docs.github.com/en/rest/checks/runs
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flake8_bookmark.report.grouped import headline, remarks
from flake8_bookmark.report.model import Report, Reported, Style
from flake8_bookmark.report.text import line_of, printable

COMMANDS = {"error": "error", "warning": "warning", "hint": "notice"}
MOST = 10
# A step's summary may have a mebibyte.
MOST_ROWS = 1000


class Annotation(NamedTuple):
    command: str
    path: str
    line: int
    column: int
    title: str
    text: str

    def __str__(self) -> str:
        named = {"file": self.path, "line": str(self.line), "col": str(self.column), "title": self.title}
        given = ",".join(f"{name}={escaped_property(value)}" for name, value in named.items() if value not in ("", "0"))
        return f"::{self.command} {given}::{escaped(self.text)}"


def render(report: Report, style: Style) -> str:
    """Return the annotations, then a line for each finding that got none."""
    lines: list[str] = []
    unshown: list[Reported] = []
    for command, group in by_command(report):
        fitting = group if len(group) <= MOST else group[: MOST - 1]
        lines.extend(str(annotation(reported, report)) for reported in fitting)
        rest = group[len(fitting) :]
        if rest:
            text = f"and {len(rest)} more findings of this level; the log and the summary of this step have them all"
            lines.append(str(Annotation(command, "", 0, 0, "flake8-bookmark", text)))
            unshown.extend(rest)
    lines.extend(line_of(reported.finding, reported.link) for reported in unshown)
    lines.extend(
        str(Annotation("error", fault.path, fault.line, 1, "not checked", printable(fault.text)))
        for fault in report.faults[:MOST]
    )
    return "".join(f"{line}\n" for line in [*lines, headline(report), *remarks(report)])


def by_command(report: Report) -> Iterator[tuple[str, list[Reported]]]:
    for level in sorted({reported.finding.level for reported in report.found}, reverse=True):
        group = [reported for reported in report.found if reported.finding.level is level]
        yield COMMANDS[level.word], group


def annotation(reported: Reported, report: Report) -> Annotation:
    finding = reported.finding
    slug = next((rule.slug for rule in report.rules if rule.code == finding.code), "")
    lines = [printable(reported.effect)]
    lines += [f"{'  ' * depth}> {hop.name} ({hop.path}:{hop.line})" for depth, hop in enumerate(finding.trace)]
    lines.append(reported.link)
    title = f"{finding.code} {slug}".strip()
    text = "\n".join(line for line in lines if line)
    return Annotation(COMMANDS[finding.level.word], finding.path, finding.line, reported.column, title, text)


def escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def summary(report: Report) -> str:
    """Return the step's summary as Markdown."""
    lines = ["## flake8-bookmark", "", headline(report), ""]
    if report.found:
        lines += ["| Where | Code | What |", "|---|---|---|", *map(row, report.found[:MOST_ROWS])]
        if len(report.found) > MOST_ROWS:
            lines.append(f"| | | and {len(report.found) - MOST_ROWS} more |")
        lines.append("")
    many = [cause for cause in report.causes if cause.sites > 1][:5]
    if many:
        lines += ["One fix helps most here:", ""]
        lines += [f"* `{cause.name}` ({cause.path}:{cause.line}): {cause.sites} sites" for cause in many] + [""]
    lines += bullets(remarks(report))
    return "\n".join(lines) + "\n"


def row(reported: Reported) -> str:
    finding = reported.finding
    cells = [f"`{finding.path}:{finding.line}`", f"[{finding.code}]({reported.link})", printable(finding.message)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def bullets(lines: Iterable[str]) -> list[str]:
    return [f"* {line}" for line in lines]
