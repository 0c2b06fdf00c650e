"""The machine as a Mermaid state diagram, which GitHub and MkDocs draw.

https://mermaid.js.org/syntax/stateDiagram.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from flake8_bookmark.draw.picture import (
    DrawnTransition,
    NameOf,
    compose,
    kept,
    ranges,
    state_name,
    state_place,
)
from flake8_bookmark.finding import Finding
from flake8_bookmark.machine import State, StateMachine
from flake8_bookmark.machine.model import NEVER

MOST_CALLS = 6
# Colons, quotes, braces and the like mean something to Mermaid, even inside a label.
_SPECIAL = re.compile(r"[^\w .,()?\-]+")


def draw_mermaid(
    machine: StateMachine, name_of: NameOf | None = None, findings: Iterable[Finding] = ()
) -> str:
    """Return the machine as a diagram; ways that only an exception takes are left out if others exist."""
    picture = compose(machine, name_of, findings)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_label(state)}" as s{state.index}' for state in picture.states]
    lines.append("    [*] --> s0")
    if any(way.target == NEVER for way in picture.transitions):
        lines.append('    state "never suspends, never ends" as never')
    for state in picture.states:
        ways = picture.leaving(state)
        ordinary = [way for way in ways if not way.raised]
        lines += [_arrow(way) for way in ordinary or ways]
    lines.append(f"    s{picture.states[-1].index} --> [*]")
    return "\n".join(lines) + "\n"


def _label(state: State) -> str:
    parts = (state_name(state), state_place(state), kept(state))
    return "<br/>".join(_SPECIAL.sub(" ", part) for part in parts if part)


def _arrow(way: DrawnTransition) -> str:
    target = "never" if way.target == NEVER else f"s{way.target}"
    label = _SPECIAL.sub(" ", _way(way)).strip()
    return f"    s{way.source} --> {target}" + (f" : {label}" if label else "")


def _way(way: DrawnTransition) -> str:
    calls = [" ".join([call.label, *sorted({f.code for f in call.findings})]) for call in way.calls]
    if len(calls) > MOST_CALLS:
        calls = [*calls[:MOST_CALLS], f"and {len(calls) - MOST_CALLS} more"]
    place = ("line " if len(way.lines) == 1 else "lines ") + ranges(way.lines) if way.lines else ""
    cause = "if raised" if way.raised else ""
    return ", ".join(part for part in (cause, place, *calls) if part)
