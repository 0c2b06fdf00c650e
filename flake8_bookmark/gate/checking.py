"""A whole run: from paths to a report."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from flake8_bookmark.about import version
from flake8_bookmark.check import fold_causes
from flake8_bookmark.gate.baseline import Baseline
from flake8_bookmark.gate.discover import discover
from flake8_bookmark.gate.keys import Key, fingerprint
from flake8_bookmark.gate.progress import Progress
from flake8_bookmark.gate.remembered import Remembered
from flake8_bookmark.gate.results import FileResult, Place, Site
from flake8_bookmark.gate.rule_rows import rule_rows
from flake8_bookmark.gate.run import Watcher, examine_all
from flake8_bookmark.gate.settings import Settings
from flake8_bookmark.report.links import page_link
from flake8_bookmark.report.model import Cause, Fault, Report, Reported, RuleInfo

Result = TypeVar("Result")


class Outcome(NamedTuple):
    """What all files gave, before anything is accepted; `closed` are folders that could not be looked into.

    `unkept` says why the whole of it could not be kept.
    """

    results: tuple[FileResult, ...]
    closed: tuple[Fault, ...] = ()
    unkept: str = ""

    @property
    def sites(self) -> list[Site]:
        return [site for result in self.results for site in result.sites]

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (*self.closed, *(Fault(r.name, r.fault_line, r.fault) for r in self.results if r.fault))

    @property
    def trouble(self) -> str:
        """Return why something could not be kept for the next run; empty if all could."""
        return next((result.trouble for result in self.results if result.trouble), self.unkept)

    @property
    def waived(self) -> int:
        return sum(result.waived for result in self.results)


def check_paths(paths: Sequence[str], settings: Settings, watch: Watcher | None = None) -> Outcome:
    """Return what the files below `paths` give."""
    closed: list[OSError] = []
    names = discover(paths, settings.exclude, settings.flake8.filename, closed.append)
    remembered = Remembered(names, settings)
    known = remembered.results()
    places = [Place(name, name) for name in names if name not in known]
    known.update((result.name, result) for result in examine_all(places, settings, watch, remembered.snapshots))
    results = tuple(known[name] for name in names)
    remembered.keep(results)
    faults = (Fault(os.path.normpath(e.filename), 1, f"this folder can't be read: {e.strerror}") for e in closed)
    return Outcome(results, tuple(faults), remembered.trouble)


def watched(paths: Sequence[str], settings: Settings, quiet: bool) -> Outcome:
    """Check the files below `paths`, with a bar on the terminal if that takes long."""
    outcome = watching(lambda watch: check_paths(paths, settings, watch), quiet)
    if outcome.trouble and not quiet:
        print(f"flake8-bookmark: what was learned can't be kept for the next run: {outcome.trouble}", file=sys.stderr)
    return outcome


def watching(work: Callable[[Watcher], Result], quiet: bool) -> Result:
    """Return what some work gives, with a bar on the terminal if that takes long."""
    progress = Progress(quiet=quiet)
    try:
        return work(progress)
    finally:
        progress.close()


def split_accepted(sites: Iterable[Site], known: Baseline) -> tuple[list[Site], Counter[Key]]:
    """Return the sites that a baseline does not accept, and its entries that accept one."""
    by_path: dict[str, list[Site]] = {}
    for site in sites:
        by_path.setdefault(site.key.path, []).append(site)
    new: list[Site] = []
    used: Counter[Key] = Counter()
    for group in by_path.values():
        for site, entry in zip(group, known.accepts([site.key for site in group]), strict=True):
            if entry is None:
                new.append(site)
            else:
                used[entry] += 1
    return new, used


def reported(sites: Sequence[Site], settings: Settings) -> list[Reported]:
    """Return what is shown of the sites: in each file, a cause behind one callee at its first places only."""
    by_path: dict[str, list[Site]] = {}
    for site in sites:
        by_path.setdefault(site.finding.path, []).append(site)
    out: list[Reported] = []
    for path in sorted(by_path):
        known = {place_of(site): site for site in by_path[path]}
        for finding in fold_causes(site.finding for site in by_path[path]):
            site = known[finding.line, finding.column, finding.code, finding.node_key]
            link = page_link(finding.code, finding.anchor, settings.options.docs_url)
            out.append(Reported(finding, site.source, fingerprint(site.key, site.ordinal), link))
    return out


def place_of(site: Site) -> tuple[int, int, str, tuple[int, int, int, int]]:
    finding = site.finding
    return finding.line, finding.column, finding.code, finding.node_key


def causes_of(sites: Iterable[Site]) -> tuple[Cause, ...]:
    """Return the library calls behind the findings, those first that most findings lead to."""
    counts: Counter[tuple[str, str, int]] = Counter()
    for site in sites:
        if site.finding.trace:
            last = site.finding.trace[-1]
            counts[last.name, last.path, last.line] += 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Cause(*place, sites) for place, sites in ranked)


def rules_of(codes: Iterable[str], docs_url: str, cache_dir: str) -> tuple[RuleInfo, ...]:
    """Return how the rules with these codes are called."""
    wanted = set(codes)
    rows = rule_rows(cache_dir) if wanted else ()
    links = ((row, page_link(row.code, "", docs_url)) for row in rows if row.code in wanted)
    return tuple(RuleInfo(*row, link) for row, link in links)


def lesson_of(code: str) -> str:
    from flake8_bookmark.pages import lesson_text

    return lesson_text(code)


def build_report(
    outcome: Outcome, shown: Sequence[Site], settings: Settings, detail: bool = False, **remarks: object
) -> Report:
    """Return the report on the sites that are to be shown; `remarks` are further fields of it."""
    fields: dict[str, object] = {
        "files": len(outcome.results),
        "causes": causes_of(shown),
        "faults": outcome.faults,
        "waived": outcome.waived,
        **remarks,
    }
    found = reported(shown, settings)
    if detail:
        from flake8_bookmark.gate.details import detailed

        found = detailed(found, settings)
    codes = (entry.finding.code for entry in found)
    rules = rules_of(codes, settings.options.docs_url, settings.options.cache_dir)
    return Report(version() or "0", tuple(found), rules, lesson_of, **fields)  # type: ignore[arg-type]
