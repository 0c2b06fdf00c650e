"""What every picture shows: the states, and on the ways between them the calls and the findings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from flake8_bookmark.finding import Finding
from flake8_bookmark.flow.graph import OpKind
from flake8_bookmark.machine import State, StateMachine, Transition

NameOf: TypeAlias = Callable[[ast.Call], tuple[str, bool]]
Site: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class DrawnCall:
    """A call as a reader knows it; `known` tells whether its name was resolved."""

    name: str
    line: int
    known: bool
    findings: tuple[Finding, ...]

    @property
    def label(self) -> str:
        return self.name if self.known else f"{self.name}?"


@dataclass(frozen=True, slots=True)
class DrawnTransition:
    """A transition with its calls; `findings` are all on it, those of its calls included."""

    source: int
    target: int
    lines: tuple[int, ...]
    calls: tuple[DrawnCall, ...]
    findings: tuple[Finding, ...]
    raised: bool


@dataclass(frozen=True, slots=True)
class Picture:
    title: str
    states: tuple[State, ...]
    transitions: tuple[DrawnTransition, ...]

    def leaving(self, state: State) -> list[DrawnTransition]:
        return [transition for transition in self.transitions if transition.source == state.index]


def written_name(call: ast.Call) -> tuple[str, bool]:
    """Return a callee as it is written, for want of anyone who knows better."""
    parts: list[str] = []
    node: ast.expr = call.func
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Attribute):
            parts.append(f".{node.attr}")
            node = node.value
        else:
            parts.append("()")
            node = node.func
    return (node.id if isinstance(node, ast.Name) else "()") + "".join(reversed(parts)), True


def compose(machine: StateMachine, name_of: NameOf | None, findings: Iterable[Finding]) -> Picture:
    """Gather what is to be drawn. A finding belongs to the call that it names, else to the line.

    A line without code of its own, such as `while True:`, is drawn with the next one.
    """
    sites = {_site(op.node) for op in machine.reachable_calls() if isinstance(op.node, ast.Call)}
    lines = sorted({line for transition in machine.transitions for line in transition.lines})
    painter = _Painter(name_of or written_name, tuple(findings), sites, lines)
    function = machine.function
    return Picture(
        f"{function.qualname} ({function.kind}, line {function.line})",
        machine.states,
        tuple(painter.transition(transition) for transition in machine.transitions),
    )


class _Painter:
    def __init__(
        self, name_of: NameOf, findings: tuple[Finding, ...], sites: set[Site], lines: list[int]
    ) -> None:
        self.name_of = name_of
        self.findings = findings
        self.of_no_call = [
            (next((line for line in lines if line >= finding.line), 0), finding)
            for finding in findings
            if finding.node_key not in sites
        ]
        self.drawn: dict[ast.Call, DrawnCall] = {}

    def transition(self, transition: Transition) -> DrawnTransition:
        nodes = [op.node for op in transition.ops if op.kind is OpKind.CALL]
        calls = [self.call(node) for node in dict.fromkeys(nodes) if isinstance(node, ast.Call)]
        by_call = [finding for call in calls for finding in call.findings]
        elsewhere = [finding for line, finding in self.of_no_call if line in transition.lines]
        return DrawnTransition(
            transition.source,
            transition.target,
            transition.lines,
            tuple(calls),
            tuple(sorted({*by_call, *elsewhere})),
            transition.raised,
        )

    def call(self, node: ast.Call) -> DrawnCall:
        if node not in self.drawn:
            name, known = self.name_of(node)
            own = tuple(finding for finding in self.findings if finding.node_key == _site(node))
            end = node.func.end_lineno or node.lineno
            line = end if isinstance(node.func, ast.Attribute) else node.lineno
            self.drawn[node] = DrawnCall(" ".join(name.split()), line, known, own)
        return self.drawn[node]


def _site(node: ast.expr) -> Site:
    return (
        node.lineno,
        node.col_offset,
        node.end_lineno or node.lineno,
        node.end_col_offset or node.col_offset,
    )


def state_name(state: State) -> str:
    return state.kind.upper() if state.point is None else f"SUSPENDED {state.index}"


def state_place(state: State) -> str:
    """Return why and where a state is left: `await, line 9`."""
    if state.point is None:
        return f"line {state.line}" if state.kind == "created" else ""
    if state.kind == "comprehension":
        return f"{state.point.via} in a comprehension, line {state.line}"
    return f"{state.kind}, line {state.line}"


def kept(state: State) -> str:
    """Return the bookmark in words, or nothing for an empty one."""
    parts = []
    if state.bookmark.live:
        parts.append("keeps " + ", ".join(state.bookmark.live))
    if state.bookmark.maybe:
        parts.append("maybe " + ", ".join(state.bookmark.maybe))
    return "; ".join(parts)


def ranges(lines: Iterable[int]) -> str:
    """Return line numbers in short: `3, 5-8`."""
    spans: list[list[int]] = []
    for line in sorted(lines):
        if spans and line <= spans[-1][1] + 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
