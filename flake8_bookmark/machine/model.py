"""The records of a state machine, all immutable.

A coroutine begins in the state CREATED, runs to its first suspension point, and from there to the next,
until it is CLOSED. Whatever it keeps while it is suspended is its *bookmark*: the place where it will go
on, and the variables that it will still need there.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flake8_bookmark.flow.graph import BasicBlock, Comprehension, Op, SuspendKind

NEVER = -1  # the target of a transition that ends in no state: an endless loop without suspension

PointKind: TypeAlias = Literal["await", "anext", "aenter", "aexit", "yield", "comprehension"]
StateKind: TypeAlias = Literal[
    "created", "closed", "await", "anext", "aenter", "aexit", "yield", "comprehension"
]


@dataclass(frozen=True, slots=True, eq=False)
class SuspensionPoint:
    """A place where the frame is left to be resumed there.

    `index` counts from 1 in source order. `kind` is "comprehension" inside a list, set or dict
    comprehension (listed in `comprehensions`, outermost first), and `via` is the plain kind. `node` is the
    Await, Yield, YieldFrom, AsyncFor, comprehension or withitem; for a generator expression's own yield it
    is the element. The frame stops at the end of `block` and goes on at `resume`.

    `held` are the items of `with` statements that are entered and not yet left, `withs` their statements;
    `tries` are the statements whose `try` part is running, `handlers` the running `except` clauses,
    `finallies` the statements whose `finally` part is running.
    """

    index: int
    kind: PointKind
    via: SuspendKind
    node: ast.AST
    line: int
    column: int
    block: BasicBlock
    resume: BasicBlock
    comprehensions: tuple[Comprehension, ...] = ()
    held: tuple[ast.withitem, ...] = ()
    withs: tuple[ast.With | ast.AsyncWith, ...] = ()
    tries: tuple[ast.Try | ast.TryStar, ...] = ()
    handlers: tuple[ast.ExceptHandler, ...] = ()
    finallies: tuple[ast.Try | ast.TryStar, ...] = ()


@dataclass(frozen=True, slots=True)
class Bookmark:
    """The variables that a state still needs: `live` are surely bound, `maybe` only on some ways here."""

    live: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """One state: 0 is CREATED, the last is CLOSED, the others are suspended at their point."""

    index: int
    kind: StateKind
    line: int
    point: SuspensionPoint | None
    bookmark: Bookmark


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """What runs from one state to another without giving the loop back.

    `lines` and `ops` are those of every way between the two, in source order. `raised`: only an exception
    leads there. The target is NEVER where the code is caught in a loop.
    """

    source: int
    target: int
    lines: tuple[int, ...]
    ops: tuple[Op, ...]
    raised: bool
