"""The command `flake8-bookmark check`: from its options to its exit code."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence

from flake8_bookmark.finding import Level
from flake8_bookmark.gate.arguments import flake8_arguments
from flake8_bookmark.gate.checking import Outcome, build_report, check_paths
from flake8_bookmark.gate.discover import discover
from flake8_bookmark.gate.output import WriteFailed, write_file
from flake8_bookmark.gate.progress import Progress
from flake8_bookmark.gate.run import RunBroken
from flake8_bookmark.gate.settings import Settings, read_settings
from flake8_bookmark.options import SETTINGS
from flake8_bookmark.report.formats import FORMATS
from flake8_bookmark.report.grouped import headline
from flake8_bookmark.report.model import Report, Style
from flake8_bookmark.report.terminal import has_links, wants_colour

CLEAN, FOUND, PARTIAL = 0, 1, 3


def run(request: argparse.Namespace) -> int:
    """Run one of the gate's commands and return the exit code."""
    try:
        return ACTIONS[request.action](request)
    except (RunBroken, WriteFailed) as error:
        print(f"flake8-bookmark: {error}", file=sys.stderr)
        return PARTIAL


def check(request: argparse.Namespace) -> int:
    """Check a project and return the exit code."""
    settings = read_settings(flake8_arguments(request))
    if request.show_config:
        print(config_text(settings, request.paths), end="")
        return CLEAN
    outcome = watched(request.paths, settings, request.quiet)
    report = build_report(outcome, outcome.sites, settings)
    write(report, request)
    return exit_code(report, request.fail_on)


def watched(paths: Sequence[str], settings: Settings, quiet: bool) -> Outcome:
    progress = Progress(quiet=quiet)
    try:
        return check_paths(paths, settings, progress)
    finally:
        progress.close()


def exit_code(report: Report, fail_on: str) -> int:
    """Return what the run ends with. What was not checked can't be clean, whatever else was found."""
    if report.faults:
        return PARTIAL
    lowest = Level[fail_on.upper()]
    return FOUND if any(reported.finding.level >= lowest for reported in report.found) else CLEAN


def write(report: Report, request: argparse.Namespace) -> None:
    """Write the report in each format that was asked for."""
    for name, path in request.formats or [["text", ""]]:
        style = style_of(request, to_file=bool(path))
        text = FORMATS[name](report, style)
        if path:
            write_file(path, text)
        else:
            sys.stdout.write(text)
    sys.stdout.flush()
    if not request.quiet and all(path for _, path in request.formats or [["text", ""]]):
        print(f"flake8-bookmark: {headline(report)}", file=sys.stderr)


def style_of(request: argparse.Namespace, to_file: bool) -> Style:
    return Style(
        width=shutil.get_terminal_size((120, 24)).columns,
        colour=not to_file and wants_colour(sys.stdout),
        links=not to_file and has_links(sys.stdout),
        statistics=request.statistics,
        quiet=request.quiet,
    )


def config_text(settings: Settings, paths: Sequence[str]) -> str:
    """Return the settings in force, one a line."""
    flake8 = settings.flake8
    files = discover(paths, settings.exclude, flake8.filename)
    rows = {
        "home": settings.home,
        "flake8's configuration": settings.config_file or "none",
        "files": len(files),
        "jobs": settings.jobs,
        "select": listed([*(flake8.select or flake8.extended_default_select), *(flake8.extend_select or ())]),
        "ignore": listed([*(flake8.ignore or ()), *(flake8.extend_ignore or ())]),
        "exclude": listed(settings.exclude),
        "filename": listed(flake8.filename),
        "per-file-ignores": " ".join(flake8.per_file_ignores.split()) or "none",
        "noqa comments": "disregarded" if flake8.disable_noqa else "regarded",
    }
    for setting in SETTINGS:
        value = getattr(settings.options, setting.attribute)
        rows[setting.key] = listed(value) if setting.is_list else value if value != "" else "none"
    width = max(map(len, rows))
    return "".join(f"{name:<{width}}  {value}\n" for name, value in rows.items())


def listed(values: Sequence[str]) -> str:
    return ", ".join(values) or "none"


ACTIONS = {"check": check}
