"""The pipeline: from a file's text to its findings, one line per step.

What works findings out is imported when a file's findings are not known from before.
"""

from __future__ import annotations

import ast
import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.options import Options
from flake8_bookmark.project.recall import Footprint, recall
from flake8_bookmark.source.words import may_suspend

if TYPE_CHECKING:
    from flake8_bookmark.project.modules import Project
    from flake8_bookmark.rules.model import Subject
    from flake8_bookmark.source.module import FunctionNode

SITES_PER_CAUSE = 8
SITES_IN_A_ROW = 3
MOST_LINES = 6
OWN_WAITS, HELPER_WAITS = "BKM10", "BKM11"
WAITS = "12"
"""The families of what waits or computes."""
DEEPEST_STACK = 3000
Note = Callable[[Footprint], object]


def check_source(path: str, text: str, tree: ast.Module, options: Options) -> list[Finding]:
    """Return the findings of one file as they are shown, in order; `path` is only shown, never opened."""
    return fold_causes(find_sites(path, text, tree, options))


def find_sites(
    path: str, text: str, tree: ast.Module | None, options: Options, note: Note | None = None
) -> list[Finding]:
    """Return the findings of one file at all their sites, in order: what a waiver or a baseline may accept.

    Without a tree, the text is parsed, unless its findings are known from before; NotPython if it can't be. `note` is
    told what they depend on beside the text, if that can be said.
    """
    found, footprint = _recalled(path, text, tree, options) if may_suspend(text) else ([], Footprint())
    if note is not None and footprint is not None:
        note(footprint)
    return found


def _recalled(
    path: str, text: str, tree: ast.Module | None, options: Options
) -> tuple[list[Finding], Footprint | None]:
    """Return the findings of a file, known from before or worked out, and what they depend on."""
    place = recall(path, text, options)
    known = place.findings() if place is not None else None
    if known is None:
        with deeper_stack(), uncollected():
            known, here = _checked(path, text, tree, options)
        if place is not None and here is not None:
            place.keep(known, *here)
    return known, place.footprint if place is not None else None


def idle_waivers(path: str, text: str, options: Options) -> list[int]:
    """Return the lines of the definitions in a file whose `# bkm: nonblocking` changes nothing."""
    from flake8_bookmark.project.idle import idle_definitions
    from flake8_bookmark.rules.subjects import read_subjects

    with deeper_stack(), uncollected():
        subjects = read_subjects(path, text, None, options)
        summaries, module = subjects[0].summaries, subjects[0].frame.module
        found = idle_definitions(summaries, module)
        for subject in subjects:
            subject.dissolve()
        summaries.resolver.project.release()
    return found


def waiving_entries(path: str, text: str, options: Options) -> dict[str, bool]:
    """Return the entries of `bkm-nonblocking` that name functions of a file, and whether one of these would wait.

    Removing all that would not must change nothing either; so each is looked at without those before it.
    """
    from flake8_bookmark.project.idle import leads_on, named_by
    from flake8_bookmark.project.spellings import Spellings
    from flake8_bookmark.rules.subjects import read_subjects

    out: dict[str, bool] = {}
    for entry in dict.fromkeys(options.nonblocking):
        word = entry.removesuffix(".*").rpartition(".")[2]
        if not any(f"{keyword} {word}" in text for keyword in ("def", "class")):
            continue
        without = options._replace(nonblocking=tuple(e for e in options.nonblocking if e != entry and out.get(e, True)))
        with deeper_stack(), uncollected():
            subjects = read_subjects(path, text, None, without)
            spellings = Spellings(options)
            if subjects:
                summaries, module = subjects[0].summaries, subjects[0].frame.module
                spellings.resolver = summaries.resolver
                keys = named_by(entry, spellings.of, module)
                out.update({entry: leads_on(summaries, module, keys)} if keys else {})
                summaries.resolver.project.release()
    return out


def _checked(
    path: str, text: str, tree: ast.Module | None, options: Options
) -> tuple[list[Finding], tuple[Project, str] | None]:
    """Return the findings, the project and the module's name; the subjects end here, so that they can be freed."""
    from flake8_bookmark.rules import findings_of  # not needed by a run that finds everything as it was
    from flake8_bookmark.rules.subjects import read_subjects

    subjects = read_subjects(path, text, tree, options)
    found = select((f for s in subjects for f in findings_of(s)), options)
    if not subjects:
        return found, None
    for subject in subjects:
        subject.dissolve()
    module, project = subjects[0].frame.module, subjects[0].summaries.resolver.project
    project.release()
    return found, (project, module.name)


@contextmanager
def deeper_stack() -> Iterator[None]:
    """Allow as many frames as a long chain of helpers needs, some ten for each; flake8's own limit is Python's."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST_STACK))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def uncollected() -> Iterator[None]:
    """Put the cyclic garbage collector off for one file.

    What an analysis makes, it keeps to its end; and each collection would walk over all that flake8 holds as well.
    What was only needed for this file is collected at its end, and the collector told to leave the rest alone.
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        if was_enabled:
            gc.enable()


def draw_source(
    path: str, text: str, tree: ast.Module, options: Options, qualname: str | None, form: str
) -> str:
    """Return the machines of a file, drawn as "text", "mermaid" or "json".

    Without a qualified name these are all that can suspend.
    """
    from flake8_bookmark.draw import draw_json, draw_mermaid, draw_text
    from flake8_bookmark.machine import build_machine
    from flake8_bookmark.rules import findings_of
    from flake8_bookmark.rules.subjects import read_subjects
    from flake8_bookmark.source.module import SourceModule

    subjects = read_subjects(path, text, tree, options)
    found = select((f for s in subjects for f in findings_of(s)), options)
    name_of = _call_namer(subjects)
    machines = [build_machine(f) for f in SourceModule(path, text, tree).functions if _is_drawn(f, qualname)]
    if form == "json":
        return draw_json(path, machines, name_of, found)
    draw = draw_mermaid if form == "mermaid" else draw_text
    return "\n".join(draw(machine, name_of, found) for machine in machines)


def draw_functions(path: str, text: str, options: Options, found: Sequence[Finding]) -> dict[str, str]:
    """Return the machines of the functions that findings of one file are in, as text."""
    from flake8_bookmark.draw import draw_text
    from flake8_bookmark.facts.model import plain_key
    from flake8_bookmark.rules.subjects import read_subjects

    wanted = {finding.qualname for finding in found}
    with deeper_stack(), uncollected():
        subjects = [(plain_key(s.frame.function.key), s) for s in read_subjects(path, text, None, options)]
        name_of = _call_namer([subject for key, subject in subjects if _is_inside(key, wanted)])
        out: dict[str, list[str]] = defaultdict(list)
        for key, subject in subjects:
            if key in wanted:
                out[key].append(draw_text(subject.machine, name_of, found))
    return {key: "\n".join(drawn) for key, drawn in out.items()}


def _is_inside(key: str, qualnames: set[str]) -> bool:
    """Tell whether a function is one of these, or stands in one."""
    parts = key.split(".<locals>.")
    return any(".<locals>.".join(parts[:end]) in qualnames for end in range(1, len(parts) + 1))


def _call_namer(subjects: Sequence[Subject]) -> Callable[[ast.Call], tuple[str, bool]]:
    """Return what tells how a call's callee is called, and whether that was resolved."""
    from flake8_bookmark.facts.places import site_of, written
    from flake8_bookmark.rules.subjects import call_names

    names = {site: name for s in subjects for site, name in call_names(s)}
    return lambda call: names.get(site_of(call), (written(call.func), False))


def _is_drawn(function: FunctionNode, qualname: str | None) -> bool:
    if qualname is not None:
        return function.qualname == qualname
    return function.kind in ("coroutine", "asyncgenerator", "generator") and function.name != "<genexpr>"


# from what the rules say to what is reported --------------------------------------------------------------------------


def select(found: Iterable[Finding], options: Options) -> list[Finding]:
    """Return what to report: the worst per call and family, without hints unless asked for, in order.

    Where a call waits itself (`self.cursor.execute()`), what waits for the same in its receiver goes without saying.
    """
    worst: dict[tuple[object, ...], Finding] = {}
    for finding in found:  # in the order of the code, so that a call comes before the `with` that enters its result
        key = (finding.node_key, finding.code[3])
        if key not in worst or finding.level > worst[key].level:
            worst[key] = finding
    kept = [f for f in worst.values() if options.hints or f.level > Level.HINT]
    calls = {(f.node_key[:2], f.code[5]) for f in kept if f.code.startswith(OWN_WAITS)}
    return sorted(f for f in kept if not f.code.startswith(HELPER_WAITS) or (f.node_key[:2], f.code[5]) not in calls)


def fold_causes(found: Iterable[Finding]) -> list[Finding]:
    """Report one cause behind one callee at its first eight sites; the last of them says where the others are.

    The same library call that waits on one line after the other, as in a display, is reported at its first three.
    """
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    rows: dict[tuple[object, ...], tuple[int, int]] = {}
    out: list[Finding] = []
    for number, finding in enumerate(sorted(found)):
        key: tuple[object, ...] = (finding.code, finding.trace or number)
        if not finding.trace and finding.code[3] in WAITS:
            said = (finding.code, finding.message, finding.qualname)
            line, row = rows.get(said, (0, 0))
            row = row if finding.line <= line + 1 else number
            rows[said], key = (finding.line, row), (*said, row)
        groups[key].append(finding)
    for group in groups.values():
        most = SITES_PER_CAUSE if group[0].trace else SITES_IN_A_ROW
        kept, rest = group[:most], group[most:]
        if rest:
            kept[-1] = kept[-1]._replace(message=f"{kept[-1].message}; and {_others(rest)}")
        out.extend(kept)
    return sorted(out)


def _others(rest: list[Finding]) -> str:
    """Return how many sites are left out, and their lines."""
    lines = list(dict.fromkeys(f.line for f in rest))
    shown = ", ".join(str(line) for line in lines[:MOST_LINES]) + (", …" if len(lines) > MOST_LINES else "")
    return f"{len(rest)} more like this (line{'s' if len(lines) > 1 else ''} {shown})"
