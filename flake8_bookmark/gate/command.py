"""The command `flake8-bookmark check`: from its options to its exit code."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from flake8_bookmark.finding import Level
from flake8_bookmark.gate.arguments import flake8_arguments
from flake8_bookmark.gate.baseline import Baseline, baseline_file, entry_lines, open_baseline
from flake8_bookmark.gate.checking import Outcome, build_report, split_accepted, watched, watching
from flake8_bookmark.gate.discover import discover
from flake8_bookmark.gate.keys import Key
from flake8_bookmark.gate.output import WriteFailed, append_file, write_file
from flake8_bookmark.gate.results import Site
from flake8_bookmark.gate.run import RunBroken
from flake8_bookmark.gate.settings import Settings, read_settings
from flake8_bookmark.options import SETTINGS, OptionsError
from flake8_bookmark.report.formats import render
from flake8_bookmark.report.grouped import headline
from flake8_bookmark.report.model import Report, Style
from flake8_bookmark.report.screen import has_links, wants_colour

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
    known = None if request.no_baseline else usable_baseline(settings)
    outcome = watched(request.paths, settings, request.quiet)
    report = compared(outcome, known, request, settings)
    write(report, request)
    return exit_code(report, request.fail_on)


def usable_baseline(settings: Settings) -> Baseline | None:
    """Return the project's baseline; one that is configured must be there."""
    known = open_baseline(settings.options, settings.home)
    if known is None and settings.options.baseline:
        path = os.path.relpath(baseline_file(settings.options, settings.home))
        raise OptionsError(f"bkm-baseline: there is no {path}; `flake8-bookmark baseline write` makes it")
    return known


def compared(outcome: Outcome, known: Baseline | None, request: argparse.Namespace, settings: Settings) -> Report:
    """Return the report on what neither the baseline nor the state before the change has."""
    is_whole = covers_home(request.paths, settings)
    shown = list(outcome.sites)
    if is_whole and settings.options.hints:
        shown = sorted([*shown, *settings_sites(outcome, settings)], key=lambda site: site.finding)
    remarks: dict[str, object] = {"since": request.since or ""}
    if known is not None:
        shown, used = split_accepted(shown, known)
        remarks |= {"baseline": os.path.relpath(known.path), "accepted": used.total()}
        remarks["stale"] = tuple(entry_lines(stale(known.entries - used, outcome, is_whole, settings)))
    if request.since is not None:
        from flake8_bookmark.gate.since import findings_before

        before = watching(lambda watch: findings_before(request.since, request.paths, settings, watch), request.quiet)
        shown, used = split_accepted(shown, before)
        remarks["older"] = used.total()
    needs_detail = any(name == "html" for name, _ in request.formats or ())
    return build_report(outcome, shown, settings, needs_detail, **remarks)


def covers_home(paths: Sequence[str], settings: Settings) -> bool:
    home = os.path.realpath(settings.home)
    return any(os.path.realpath(path) == home for path in paths or ["."])


def stale(unused: Counter[Key], outcome: Outcome, is_whole: bool, settings: Settings) -> Counter[Key]:
    """Return the entries that are needed no more, as far as this run can know: of files that it has checked."""
    broken = {settings.path_of(fault.path) for fault in outcome.faults}
    checked = {settings.path_of(result.name) for result in outcome.results}
    places = {key.path: {key.path, *map(str, PurePosixPath(key.path).parents)} for key in unused}
    return Counter(
        {
            key: count
            for key, count in unused.items()
            if not places[key.path] & broken and (is_whole or key.path in checked)
        }
    )


def settings_sites(outcome: Outcome, settings: Settings) -> Iterator[Site]:
    """Yield what is to be said about our settings, which takes a look at all files."""
    from flake8_bookmark.gate.unused import unused_settings
    from flake8_bookmark.gate.waivers import Selection

    mentioned = {word for result in outcome.results for word in result.mentioned}
    judged = [entry for result in outcome.results for entry in result.entries]
    idle = {entry for entry, _ in judged} - {entry for entry, waits in judged if waits}
    decide = Selection(settings.flake8).decide
    for finding in unused_settings(settings.options, mentioned, idle, Path(settings.home)):
        shown = os.path.relpath(os.path.join(settings.home, finding.path)).replace(os.sep, "/")
        if decide(finding.code, shown):
            key = Key(finding.path, finding.code, "", finding.message.partition(" ")[0], "")
            yield Site(finding._replace(path=shown), key, "")


def exit_code(report: Report, fail_on: str) -> int:
    """Return what the run ends with. What was not checked can't be clean, whatever else was found."""
    if report.faults:
        return PARTIAL
    lowest = Level[fail_on.upper()]
    return FOUND if any(reported.finding.level >= lowest for reported in report.found) else CLEAN


def write(report: Report, request: argparse.Namespace) -> None:
    """Write the report in each format that was asked for."""
    step_summary = os.environ.get("GITHUB_STEP_SUMMARY")
    for name, path in request.formats or [["text", ""]]:
        if name == "github" and step_summary:
            from flake8_bookmark.report.github import summary

            append_file(step_summary, summary(report))
        style = style_of(request, to_file=bool(path))
        text = render(name, report, style)
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


def baseline(request: argparse.Namespace) -> int:
    from flake8_bookmark.gate.accepting import baseline

    return baseline(request)


def init(request: argparse.Namespace) -> int:
    from flake8_bookmark.gate.accepting import init

    return init(request)


ACTIONS = {"check": check, "baseline": baseline, "init": init}
