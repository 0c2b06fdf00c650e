"""The options of the gate's commands. Nothing is imported here that only a run needs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from flake8_bookmark.options import SETTINGS

FORMAT_NAMES = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "html")
GATE = ("check", "baseline", "init")
LEVELS = ("error", "warning", "hint")
EXIT_CODES = (
    "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration, "
    "3 an internal fault or files that could not be checked, 130 interrupted."
)


class AddFormat(argparse.Action):
    """Collects pairs of a format and where it goes; `--output` belongs to the `--format` before it."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        pairs: list[list[str]] = list(getattr(namespace, self.dest) or [])
        if self.const == "output" and pairs and not pairs[-1][1]:
            pairs[-1] = [pairs[-1][0], values]
        else:
            pairs.append(["text", values] if self.const == "output" else [values, ""])
        setattr(namespace, self.dest, pairs)


def add_gate(actions: Any) -> None:
    """Add the gate's commands."""
    add_check(actions)
    add_baseline(actions)
    init = actions.add_parser("init", help="write a first configuration and a baseline, after showing what there is")
    init.add_argument("--yes", action="store_true", help="don't ask")
    add_run(init)


def add_check(actions: Any) -> None:
    check = actions.add_parser("check", help="check a project", epilog=EXIT_CODES)
    check.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; the working directory if none")
    add_selection(check)
    check.add_argument(
        "--format",
        dest="formats",
        action=AddFormat,
        choices=FORMAT_NAMES,
        help="how to write the findings (default: text); may be given several times, each with its --output",
    )
    check.add_argument(
        "--output", dest="formats", action=AddFormat, const="output", metavar="FILE", help="where to write them"
    )
    check.add_argument("--since", metavar="REF", help="report only what was added since the branch left this one")
    check.add_argument("--no-baseline", action="store_true", help="report what the baseline accepts, too")
    check.add_argument("--fail-on", choices=LEVELS, default="hint", help="the lowest level that fails (default: hint)")
    check.add_argument("--statistics", action="store_true", help="list all causes by the findings they lead to")
    check.add_argument("--quiet", "-q", action="store_true", help="print findings only")
    check.add_argument("--show-config", action="store_true", help="print the settings in force, and stop")


def add_baseline(actions: Any) -> None:
    baseline = actions.add_parser("baseline", help="findings that are accepted for now", epilog=EXIT_CODES)
    steps = baseline.add_subparsers(dest="step", required=True, metavar="STEP")
    said = {
        "write": "accept all that is found now",
        "check": "fail on new findings and on entries that are no longer needed",
        "prune": "remove entries that are no longer needed",
        "show": "print what is accepted",
    }
    for step, text in said.items():
        add_run(steps.add_parser(step, help=text))


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add what a run over the whole project takes; nothing that could leave a part of it out."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help=argparse.SUPPRESS)
    parser.add_argument("--config", metavar="FILE", help="read flake8's configuration from here only")
    parser.add_argument("--isolated", action="store_true", help="read no configuration file of flake8")
    parser.add_argument("-j", "--jobs", metavar="N", help="processes")
    parser.add_argument("--quiet", "-q", action="store_true", help="print what is wrong only")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options of flake8 that mean the same here, and our own."""
    group = parser.add_argument_group("as in flake8")
    for name in ("select", "extend-select", "ignore", "extend-ignore"):
        group.add_argument(f"--{name}", metavar="CODES", help=f"codes or their beginnings, as flake8's --{name}")
    for name in ("exclude", "extend-exclude", "filename"):
        group.add_argument(f"--{name}", metavar="PATTERNS", help=f"as flake8's --{name}")
    group.add_argument("--per-file-ignores", metavar="FILE:CODES", help="as flake8's")
    group.add_argument("--config", metavar="FILE", help="read flake8's configuration from here only")
    group.add_argument("--isolated", action="store_true", help="read no configuration file of flake8")
    group.add_argument("--disable-noqa", action="store_true", help="show what comments waive, too")
    group.add_argument("-j", "--jobs", metavar="N", help="processes; auto, the default, is one for each processor")
    settings = parser.add_argument_group("settings, as in pyproject.toml")
    for setting in SETTINGS:
        flag: Any = {"action": "store_true"} if setting.kind == "flag" else {"metavar": setting.metavar}
        settings.add_argument(f"--{setting.key}", help=setting.help, **flag)


FLAKE8S = ("select", "extend-select", "ignore", "extend-ignore", "exclude", "extend-exclude", "filename")
PASSED_ON = (*FLAKE8S, "per-file-ignores", "config", "jobs", *(s.key for s in SETTINGS if s.kind != "flag"))
FLAGS = ("isolated", "disable-noqa", *(s.key for s in SETTINGS if s.kind == "flag"))


def flake8_arguments(request: argparse.Namespace) -> Sequence[str]:
    """Return the command line that tells flake8's own parser the same."""
    values = {name: getattr(request, name.replace("-", "_"), None) for name in (*PASSED_ON, *FLAGS)}
    named = [f"--{name}={values[name]}" for name in PASSED_ON if values[name] is not None]
    return [*named, *(f"--{name}" for name in FLAGS if values[name])]
