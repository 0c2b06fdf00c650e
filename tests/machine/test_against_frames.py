"""The bookmarks agree with CPython's frames.

Whatever a bookmark calls live is bound in the suspended frame, and what it does not mention is never read
again: when poison replaces all such variables at every suspension, the function does what it always did.
"""

from __future__ import annotations

import ast
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flake8_bookmark.machine import StateMachine, build_machine
from flake8_bookmark.machine.model import State
from flake8_bookmark.source.module import parse
from tests.machine.driving import Log, drive, environment, poison

CASES = dict(
    re.findall(
        r"^## (.+?)\n\n```python\n(.*?)```", Path(__file__).with_name("frames.md").read_text(), re.M | re.S
    )
)
WAYS = [(-1, "")] + [(number, how) for number in range(1, 8) for how in ("throw", "exit")]
SEEDS = range(20)


class Witness:
    """Compares a frame with the bookmarks of the states that it may be in."""

    def __init__(self, machine: StateMachine, poisons: bool) -> None:
        self.machine = machine
        self.poisons = poisons
        self.seen: set[int] = set()
        self.poisoned = 0
        node = machine.function.node
        comprehensions = [n for n in ast.walk(node) if isinstance(n, ast.comprehension)]
        names = {n.id for c in comprehensions for n in ast.walk(c.target) if isinstance(n, ast.Name)}
        self.hidden = names if sys.version_info < (3, 12) else set()  # in a frame of their own

    def states(self, frame: types.FrameType) -> list[State]:
        if frame.f_lasti < 0 or frame.f_lineno == self.machine.function.line:
            return [self.machine.states[0]]
        return [s for s in self.machine.states if s.point and s.line == frame.f_lineno]

    def __call__(self, frame: types.FrameType) -> None:
        states = self.states(frame)
        assert states, f"suspended at line {frame.f_lineno}, where the machine has no state"
        bound = set(frame.f_locals) | self.hidden
        fitting = [s for s in states if set(s.bookmark.live) <= bound]
        assert fitting, f"line {frame.f_lineno}: {[s.bookmark.live for s in states]} are not all in {bound}"
        self.seen.update(s.index for s in fitting)
        if self.poisons:
            kept = {name for s in fitting for name in (*s.bookmark.live, *s.bookmark.maybe)}
            dead = {name for name in set(frame.f_locals) - kept if not name.startswith(".")}
            poison(frame, dead)
            self.poisoned += len(dead)


def run(source: str, machine: StateMachine, seed: int, way: tuple[int, str], witness: Witness) -> Log:
    log: Log = []
    scope = environment(log, seed)
    exec(compile(source, "case.py", "exec"), scope)
    running: Any = scope["f"]("A", "B")
    drive(running, log, seed, *way, look=witness)
    return log


@pytest.mark.parametrize("name", CASES)
def test_bookmarks(name: str, record_property: Callable[[str, Any], None]) -> None:
    source = CASES[name]
    machine = build_machine(parse("case.py", source).functions[1])
    healthy, poisoned = Witness(machine, poisons=False), Witness(machine, poisons=True)
    for seed in SEEDS:
        for way in WAYS:
            expected = run(source, machine, seed, way, healthy)
            assert run(source, machine, seed, way, poisoned) == expected, (seed, way)
    record_property("count: states whose bookmark was seen in a driven frame", len(healthy.seen))
    record_property("count: dead variables poisoned in driven frames, none read", poisoned.poisoned)
    assert healthy.seen == {state.index for state in machine.states[:-1]}


def test_poison_is_found() -> None:
    """The test above can fail: a live variable that is poisoned changes what the function does."""
    source = CASES["straight"]
    machine = build_machine(parse("case.py", source).functions[1])

    def spoil(frame: types.FrameType) -> None:
        poison(frame, {"d"})

    log: Log = []
    scope = environment(log, 0)
    exec(compile(source, "case.py", "exec"), scope)
    drive(scope["f"]("A", "B"), log, 0, -1, "", spoil)
    assert ("see", "POISON") in log
    assert machine.states[3].bookmark.live == ("d",)
