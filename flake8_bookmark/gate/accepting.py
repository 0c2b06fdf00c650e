"""The commands about what is accepted for now: `flake8-bookmark baseline ...` and `flake8-bookmark init`."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence

from flake8_bookmark.gate.arguments import flake8_arguments
from flake8_bookmark.gate.baseline import Baseline, baseline_file, entry_lines, open_baseline, save
from flake8_bookmark.gate.checking import Outcome, causes_of, split_accepted, watched
from flake8_bookmark.gate.keys import Key
from flake8_bookmark.gate.results import Site
from flake8_bookmark.gate.settings import Settings, read_settings
from flake8_bookmark.options import TABLE, OptionsError, table_of
from flake8_bookmark.pages import FAMILIES
from flake8_bookmark.report.model import plural

DONE, FOUND, PARTIAL = 0, 1, 3
MOST_CAUSES = 10


def baseline(request: argparse.Namespace) -> int:
    """Run `baseline write | check | prune | show`."""
    settings = read_settings(flake8_arguments(request))
    return STEPS[request.step](request, settings)


def whole_project(request: argparse.Namespace, settings: Settings) -> Outcome | None:
    """Return what the whole project gives; None, with the reasons printed, if that could not be found out."""
    home = os.path.realpath(settings.home)
    if request.paths and all(os.path.realpath(path) != home for path in request.paths):
        raise OptionsError(
            f"a baseline is of the whole project, {settings.home}: PATHS would leave out the rest; leave PATHS away"
        )
    outcome = watched([os.path.relpath(settings.home)], settings, request.quiet)
    for fault in outcome.faults:
        print(f"{fault.path}:{fault.line}: not checked: {fault.text}", file=sys.stderr)
    if outcome.faults:
        print("flake8-bookmark: nothing written: the result would be partial", file=sys.stderr)
        return None
    return outcome


def write(request: argparse.Namespace, settings: Settings) -> int:
    outcome = whole_project(request, settings)
    if outcome is None:
        return PARTIAL
    path = baseline_file(settings.options, settings.home)
    before = read_before(settings)
    after = Counter(site.key for site in outcome.sites)
    save(path, after.elements())
    if not request.quiet:
        print(f"{os.path.relpath(path)}: {counted(after)}; {added_and_removed(before, after)}")
    return DONE


def read_before(settings: Settings) -> Counter[Key]:
    """Return the entries so far; a file that can't be understood is about to be replaced."""
    try:
        known = open_baseline(settings.options, settings.home)
    except OptionsError:
        return Counter()
    return known.entries if known is not None else Counter()


def required(settings: Settings) -> Baseline:
    known = open_baseline(settings.options, settings.home)
    if known is None:
        path = os.path.relpath(baseline_file(settings.options, settings.home))
        raise OptionsError(f"there is no {path}; `flake8-bookmark baseline write` makes it")
    return known


def check(request: argparse.Namespace, settings: Settings) -> int:
    """Say what is new and what is stale; either fails."""
    known = required(settings)
    outcome = whole_project(request, settings)
    if outcome is None:
        return PARTIAL
    new, used = split_accepted(outcome.sites, known)
    stale = known.entries - used
    for line in entry_lines(Counter(site.key for site in new)):
        print(f"new    {line}")
    for line in entry_lines(stale):
        print(f"stale  {line}")
    print(f"{len(new)} new, {stale.total()} stale, {used.total()} accepted.")
    return FOUND if new or stale else DONE


def prune(request: argparse.Namespace, settings: Settings) -> int:
    """Remove the entries that accept nothing any more; those of moved files follow them."""
    known = required(settings)
    outcome = whole_project(request, settings)
    if outcome is None:
        return PARTIAL
    new, _ = split_accepted(outcome.sites, known)
    kept = Counter(site.key for site in outcome.sites) - Counter(site.key for site in new)
    save(known.path, kept.elements())
    if not request.quiet:
        print(f"{os.path.relpath(known.path)}: {counted(kept)}; {added_and_removed(known.entries, kept)}")
    return DONE


def show(request: argparse.Namespace, settings: Settings) -> int:
    known = required(settings)
    for key, count in sorted(known.entries.items()):
        times = f"  ({count} times)" if count > 1 else ""
        print(f"{key.path}  {key.code}  {key.qualname}: {key.call} > {key.leaf}{times}")
    print(f"{counted(known.entries)} in {os.path.relpath(known.path)}.")
    return DONE


def counted(entries: Counter[Key]) -> str:
    return "1 entry" if entries.total() == 1 else f"{entries.total()} entries"


def added_and_removed(before: Counter[Key], after: Counter[Key]) -> str:
    return f"{(after - before).total()} added, {(before - after).total()} removed"


STEPS = {"write": write, "check": check, "prune": prune, "show": show}


# a first start ------------------------------------------------------------------------------------------------------


def init(request: argparse.Namespace) -> int:
    """Show what there is, then write a configuration and a baseline."""
    settings = read_settings(flake8_arguments(request))
    outcome = whole_project(request, settings)
    if outcome is None:
        return PARTIAL
    print(overview(outcome.sites, len(outcome.results)))
    path = baseline_file(settings.options, settings.home)
    if os.path.exists(path):
        raise OptionsError(f"{os.path.relpath(path)} exists already; `flake8-bookmark baseline write` writes it anew")
    project = os.path.join(settings.home, "pyproject.toml")
    configured = table_of_file(project)
    steps = [f"write {os.path.relpath(path)}, which accepts {plural(len(outcome.sites), 'finding')} for now"]
    if not configured:
        steps.insert(0, f"add [tool.{TABLE}] to {os.path.relpath(project)}")
    print("This would " + " and ".join(steps) + ".")
    if not request.yes and not agreed():
        print("Nothing written. `flake8-bookmark init --yes` writes without asking.")
        return DONE
    save(path, [site.key for site in outcome.sites])
    if not configured:
        add_table(project)
    print("Written. Commit both; `flake8-bookmark check` now fails on new findings only.")
    if uses_ruff(settings.home):
        print("ruff takes our codes in `# noqa` for mistakes unless [tool.ruff.lint] has `external = [\"BKM\"]`.")
    return DONE


def uses_ruff(home: str) -> bool:
    """Tell whether ruff is configured here and has not heard of our codes."""
    texts = []
    for name in ("pyproject.toml", "ruff.toml", ".ruff.toml"):
        try:
            with open(os.path.join(home, name), encoding="utf-8") as file:
                texts.append((name, file.read()))
        except (OSError, UnicodeDecodeError):
            continue
    configured = [text for name, text in texts if name != "pyproject.toml" or "[tool.ruff" in text]
    return bool(configured) and not any('"BKM"' in text or "'BKM'" in text for text in configured)


def agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    try:
        return input("Write? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def overview(sites: Sequence[Site], files: int) -> str:
    """Return what was found, by family and by the causes that most findings lead to."""
    lines = [f"{plural(len(sites), 'finding')} in {plural(files, 'file')}."]
    families = Counter(site.finding.code[3] for site in sites)
    lines += [
        f"  {families[family]:>5}  BKM{family}xx  {title}"
        for family, (title, _) in FAMILIES.items()
        if families[family]
    ]
    causes = [cause for cause in causes_of(sites) if cause.sites > 1][:MOST_CAUSES]
    if causes:
        lines.append("One fix helps most here:")
        lines += [f"  {cause.sites:>5}  {cause.name}  {cause.path}:{cause.line}" for cause in causes]
    return "\n".join(lines)


def table_of_file(path: str) -> bool:
    from pathlib import Path

    return table_of(Path(path)) is not None


NEW_TABLE = f"""\
[tool.{TABLE}]
# Findings of the first day; new ones fail. `flake8-bookmark baseline prune` removes what has been fixed.
bkm-baseline = ".bkm-baseline"
# Functions of yours that block, or that don't although they look like it:
# bkm-blocking = ["company.billing.charge"]
# bkm-nonblocking = ["company.cache.read"]
# Worth knowing, though no bug:
# bkm-hints = true
"""


def add_table(path: str) -> None:
    """Add our table at the end of pyproject.toml, whose other lines stay as they are."""
    from flake8_bookmark.gate.output import write_file

    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise OptionsError(f"{path}: {error}") from error
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    write_file(path, f"{text}{gap}{NEW_TABLE}")
