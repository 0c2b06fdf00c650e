"""The machine for a terminal: each state is a box, and below it stands every way on.

    ╭─────────────────────────────╮
    │ SUSPENDED 1                 │
    │ await, line 9               │
    │ keeps job                   │
    ╰─────────────────────────────╯
      │ line 7  job.done?
      │ line 8  time.sleep  BKM101
      │ line 9  asyncio.sleep
      ├─▶ SUSPENDED 1
      │ line 7  job.done?
      ╰─▶ CLOSED

Ways that only an exception takes have a dotted line and come last, together, with the calls that no other way
makes.
"""

from __future__ import annotations

from collections.abc import Iterable

from flake8_bookmark.draw.picture import (
    DrawnCall,
    DrawnTransition,
    NameOf,
    Picture,
    compose,
    kept,
    ranges,
    state_name,
    state_place,
)
from flake8_bookmark.finding import Finding
from flake8_bookmark.machine import State, StateMachine
from flake8_bookmark.machine.model import NEVER

WIDEST = 76


def draw_text(machine: StateMachine, name_of: NameOf | None = None, findings: Iterable[Finding] = ()) -> str:
    """Return the machine as text; `name_of` says what a call is called and whether that is known."""
    picture = compose(machine, name_of, findings)
    lines = [picture.title]
    for state in picture.states:
        lines += ["", *_box(state), *_ways_on(picture, state)]
    lines += _legend(picture)
    return "\n".join(lines) + "\n"


def _box(state: State) -> list[str]:
    inside = [state_name(state), state_place(state), *_wrapped(kept(state))]
    inside = [line for line in inside if line]
    width = max(29, *(len(line) for line in inside))
    rows = [f"│ {line.ljust(width)} │" for line in inside]
    return [f"╭{'─' * (width + 2)}╮", *rows, f"╰{'─' * (width + 2)}╯"]


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WIDEST:
            lines.append("  ")
        lines[-1] += word if not lines[-1].strip() else f" {word}"
    return lines


def _ways_on(picture: Picture, state: State) -> list[str]:
    ways = picture.leaving(state)
    ordinary = [way for way in ways if not way.raised]
    raised = [way for way in ways if way.raised]
    lines: list[str] = []
    for way in ordinary:
        last = way is ordinary[-1] and not raised
        lines += [f"  │ {row}" for row in _rows(way, way.calls)]
        lines.append(f"  {'╰' if last else '├'}─▶ {_target(picture, way)}")
    if raised:
        shown = {call for way in ordinary for call in way.calls}
        lines.append("  ┊ if an exception is raised")
        extra = dict.fromkeys(call for way in raised for call in way.calls if call not in shown)
        lines += [f"  ┊ {row}" for row in _call_rows(extra)]
        lines.append(f"  ╰╌▶ {', '.join(_target(picture, way) for way in raised)}")
    return lines


def _target(picture: Picture, way: DrawnTransition) -> str:
    if way.target == NEVER:
        return "nowhere: this loop never suspends and never ends"
    return state_name(picture.states[way.target])


def _rows(way: DrawnTransition, calls: Iterable[DrawnCall]) -> list[str]:
    rows = _call_rows(calls)
    on_calls = {finding for call in way.calls for finding in call.findings}
    rows += [f"line {f.line}  {f.code} {f.message}" for f in way.findings if f not in on_calls]
    if not rows and way.lines:
        word = "line" if len(way.lines) == 1 else "lines"
        rows = [f"{word} {ranges(way.lines)}"]
    return rows


def _call_rows(calls: Iterable[DrawnCall]) -> list[str]:
    by_line: dict[int, list[DrawnCall]] = {}
    for call in calls:
        by_line.setdefault(call.line, []).append(call)
    rows = []
    for line in sorted(by_line):
        here = by_line[line]
        codes = sorted({finding.code for call in here for finding in call.findings})
        rows.append("  ".join([f"line {line}", ", ".join(call.label for call in here), *codes]))
    return rows


def _legend(picture: Picture) -> list[str]:
    findings = sorted({finding for way in picture.transitions for finding in way.findings})
    notes = [f"{finding.code} line {finding.line}: {finding.message}" for finding in findings]
    if any(not call.known for way in picture.transitions for call in way.calls):
        notes.append("? a callee that could not be named")
    return ["", *notes] if notes else []
