"""Findings for a person at a terminal: by file, each with its line of code and its chain, and what to do first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from flake8_bookmark.finding import Level
from flake8_bookmark.report.model import Cause, Report, Reported, Style, plural
from flake8_bookmark.report.screen import BOLD, CODE, DIM, PLAIN, RED, UNDERLINED, YELLOW, link
from flake8_bookmark.report.text import printable

COLOURS = {Level.ERROR: RED, Level.WARNING: YELLOW, Level.HINT: CODE}
MOST_CAUSES = 3
MOST_FAULTS = 20
INDENT = "      "


def render(report: Report, style: Style) -> str:
    """Return the whole text; a clean run that is asked to be quiet says nothing."""
    lines = list(_findings(report, style))
    lines.extend(_faults(report, style))
    if not style.quiet:
        lines.extend(summary(report, style))
    return "".join(f"{line}\n" for line in lines)


def _findings(report: Report, style: Style) -> Iterator[str]:
    for path, group in groupby(report.found, key=lambda reported: reported.finding.path):
        yield styled(printable(path), UNDERLINED, style)
        for reported in group:
            yield from _finding(reported, style)
        yield ""


def _finding(reported: Reported, style: Style) -> Iterator[str]:
    finding = reported.finding
    code = styled(finding.code, BOLD, style)
    if style.links:
        code = link(reported.link, code)
    level = styled(finding.level.word, COLOURS[finding.level], style)
    yield f"  {finding.line}:{reported.column}  {code} {level}  {printable(reported.effect)}"
    source = printable(reported.source)
    if source:
        yield INDENT + styled(cut(source, style.width - len(INDENT)), CODE, style)
    for depth, hop in enumerate(finding.trace):
        place = styled(f"{hop.path}:{hop.line}", DIM, style)
        yield f"{INDENT}{'  ' * depth}> {printable(hop.name)}  {place}"
    if not style.links:
        yield INDENT + styled(reported.link, DIM, style)


def _faults(report: Report, style: Style) -> Iterator[str]:
    for fault in report.faults[:MOST_FAULTS]:
        yield f"{fault.path}:{fault.line}: {styled('not checked', RED, style)}: {printable(fault.text)}"
    more = len(report.faults) - MOST_FAULTS
    if more > 0:
        yield f"and {plural(more, 'more file')} not checked"
    if report.faults:
        yield ""


def summary(report: Report, style: Style) -> Iterator[str]:
    """Yield what there is in sum: by level, by code, by the place where a fix helps most."""
    yield headline(report)
    if report.found:
        slugs = {rule.code: rule.slug for rule in report.rules}
        width = max(len(str(count)) for _, count in report.by_code)
        for code, count in report.by_code:
            yield f"  {count:>{width}}  {code}  {slugs.get(code, '')}"
    yield from _causes(report.causes, style)
    yield from remarks(report)


def headline(report: Report) -> str:
    files = plural(report.files, "file")
    new = "new " if report.since or report.baseline else ""
    if not report.found:
        return f"No {new}findings in {files}."
    levels = ", ".join(plural(count, word) for word, count in report.by_level)
    touched = len({reported.finding.path for reported in report.found})
    return f"{plural(len(report.found), f'{new}finding')} in {touched} of {files}: {levels}."


def _causes(causes: tuple[Cause, ...], style: Style) -> Iterator[str]:
    shown = [cause for cause in causes if style.statistics or cause.sites > 1]
    shown = shown if style.statistics else shown[:MOST_CAUSES]
    if shown:
        yield "One fix helps most here:"
        for cause in shown:
            yield f"  {plural(cause.sites, 'site')}  {cause.name}  {cause.path}:{cause.line}"


def remarks(report: Report) -> Iterator[str]:
    """Yield what is not shown, and why."""
    if report.accepted:
        yield f"{plural(report.accepted, 'older finding')} accepted by {report.baseline}."
    if report.older:
        yield f"{plural(report.older, 'finding')} not shown, as old as {report.since}."
    if report.waived:
        yield f"{plural(report.waived, 'finding')} waived by comments."
    if report.stale:
        one = len(report.stale) == 1
        entries = f"1 entry of {report.baseline} is" if one else f"{len(report.stale)} entries of {report.baseline} are"
        yield f"{entries} no longer needed; `flake8-bookmark baseline prune` removes {'it' if one else 'them'}."
    if report.faults:
        yield f"{plural(len(report.faults), 'file')} not checked: this result is partial."


def styled(text: str, code: str, style: Style) -> str:
    return f"{code}{text}{PLAIN}" if style.colour else text


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width, 20) - 3] + "..."
