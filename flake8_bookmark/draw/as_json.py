"""The machine for other programs; docs/draw-json.md describes every field, and the shape is stable."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flake8_bookmark.draw.picture import DrawnTransition, NameOf, compose
from flake8_bookmark.finding import Finding
from flake8_bookmark.machine import State, StateMachine
from flake8_bookmark.machine.model import NEVER


def draw_json(
    path: str,
    machines: Iterable[StateMachine],
    name_of: NameOf | None = None,
    findings: Iterable[Finding] = (),
) -> str:
    """Return the machines of one file as JSON text."""
    noted = tuple(findings)
    functions = [describe(machine, name_of, noted) for machine in machines]
    return json.dumps({"path": path, "functions": functions}, indent=2) + "\n"


def describe(
    machine: StateMachine, name_of: NameOf | None = None, findings: Iterable[Finding] = ()
) -> dict[str, Any]:
    """Return one machine as plain lists and dicts."""
    picture = compose(machine, name_of, findings)
    return {
        "qualname": machine.function.qualname,
        "line": machine.function.line,
        "kind": machine.function.kind,
        "states": [_state(state) for state in picture.states],
        "transitions": [_transition(way) for way in picture.transitions],
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "index": state.index,
        "kind": state.kind,
        "line": state.line,
        "live": list(state.bookmark.live),
        "maybe": list(state.bookmark.maybe),
    }


def _transition(way: DrawnTransition) -> dict[str, Any]:
    return {
        "source": way.source,
        "target": None if way.target == NEVER else way.target,
        "raised": way.raised,
        "lines": list(way.lines),
        "calls": [{"name": call.name, "line": call.line, "known": call.known} for call in way.calls],
        "findings": [
            {"code": finding.code, "line": finding.line, "column": finding.column, "message": finding.message}
            for finding in way.findings
        ],
    }
