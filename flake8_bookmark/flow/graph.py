"""The control flow graph: what a function does, in the order in which Python does it.

Terms:

* An *op* is one step that matters to somebody: a name is read or bound, something is called, a `with` is
  entered. Ops stand in evaluation order, so a call's op follows the ops of its arguments.
* A *basic block* is a run of ops with one way in at the top and one *terminator* at the bottom. Jumps,
  branches, returns and suspensions are terminators and nothing else.
* `Suspend` is where the frame is left with the intention to come back: every `await` that waits, every
  `yield`, and the hidden awaits of `async for` and `async with`.
* A block's *handler* is where control goes if any of its ops raises, or if an exception is thrown in while
  it is suspended. It counts as a successor. Blocks end wherever the handler changes.

Worked example, `async def f(jobs):` with the body `async with lock: return await jobs.get()`:

    block 0   PARAMETER jobs, OUTER lock                        suspend aenter -> 1
    block 1                                                     goto 2
    block 2   LOAD jobs, ATTRIBUTE, CALL       handler 5        suspend await -> 3
    block 3                                    handler 5        suspend aexit (of the return) -> 4

Invariants, asserted by `ControlFlowGraph.check`: every block is reachable from the entry; blocks are
numbered in the order in which their first op stands in the source, so a back edge is an edge to a lower or
equal number; a `finally` body or a `with` exit has one copy per way out, exactly as CPython compiles it.

What it leaves out: constants and `pass` make no op, and a conditional whose outcome CPython's compiler knows
(`while True`, `if 0`) makes no branch.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from flake8_bookmark.source.module import FunctionNode

SuspendKind: TypeAlias = Literal["await", "anext", "aenter", "aexit", "yield"]
Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp
LoopNode: TypeAlias = ast.While | ast.For | ast.AsyncFor | ast.comprehension


class OpKind(Enum):
    """What an op does. The comment says what its node is, and what its name is if it has one."""

    __hash__ = object.__hash__  # members are compared by identity; Enum would hash their names, in Python

    PARAMETER = auto()  # ast.arg; the local name
    LOAD = auto()  # ast.Name; the local name
    STORE = auto()  # what binds: Name, alias, FunctionDef, ClassDef, ExceptHandler, a pattern; the local name
    DELETE = auto()  # ast.Name, or the ExceptHandler whose name ends; the local name
    OUTER = auto()  # ast.Name that is global, free or builtin; that name
    OUTER_STORE = auto()  # binding or deleting a global or nonlocal name; that name
    CALL = auto()  # ast.Call
    ATTRIBUTE = auto()  # ast.Attribute that is read
    SUBSCRIPT = auto()  # ast.Subscript that is read
    SET_ATTRIBUTE = auto()  # ast.Attribute that is assigned or deleted
    SET_ITEM = auto()  # ast.Subscript that is assigned or deleted
    OPERATOR = auto()  # ast.BinOp, UnaryOp, Compare or AugAssign
    FORMAT = auto()  # ast.FormattedValue
    UNPACK = auto()  # ast.Tuple, List or Starred that takes a value apart
    ENTER = auto()  # ast.withitem of a sync with
    EXIT = auto()  # ast.withitem of a sync with
    ITER = auto()  # ast.For, AsyncFor or comprehension: iter() or aiter() of its iterable
    NEXT = auto()  # ast.For or comprehension: one step
    MATCH = auto()  # ast.ExceptHandler or match_case: does it apply?
    IMPORT = auto()  # ast.Import or ImportFrom
    DEFINE = auto()  # FunctionDef, AsyncFunctionDef, Lambda, GeneratorExp, ClassDef: the object is made
    DECORATE = auto()  # a decorator's expression: it is called with the object


class Op:
    """One step; two ops are equal only if they are the same."""

    __slots__ = ("kind", "name", "node")

    def __init__(self, kind: OpKind, node: ast.AST, name: str = "") -> None:
        self.kind = kind
        self.node = node
        self.name = name

    @property
    def line(self) -> int:
        """Return the node's line; a few nodes have none, and 0 stands for it."""
        node = self.node.context_expr if isinstance(self.node, ast.withitem) else self.node
        if isinstance(node, ast.comprehension):
            node = node.iter
        return getattr(node, "lineno", 0)

    def __repr__(self) -> str:
        return f"<{self.kind.name} {self.name}>" if self.name else f"<{self.kind.name}>"


class Surroundings(NamedTuple):
    """What is under way at a place, each outermost first.

    `held` are the items that are entered and not yet left, with their statements. `tries` are the
    statements whose `try` part is running, `finallies` those whose `finally` part is.
    """

    held: tuple[tuple[ast.withitem, ast.With | ast.AsyncWith], ...] = ()
    tries: tuple[ast.Try | ast.TryStar, ...] = ()
    handlers: tuple[ast.ExceptHandler, ...] = ()
    finallies: tuple[ast.Try | ast.TryStar, ...] = ()
    comprehensions: tuple[Comprehension, ...] = ()


class Goto:
    """Control goes on at `target`."""

    __slots__ = ("target",)

    def __init__(self, target: BasicBlock) -> None:
        self.target = target


class Branch:
    """One of two ways: `node` is the tested expression, the loop, the handler, match_case or withitem."""

    __slots__ = ("node", "orelse", "then")

    def __init__(self, node: ast.AST, then: BasicBlock, orelse: BasicBlock) -> None:
        self.node = node
        self.then = then
        self.orelse = orelse


class Suspend:
    """The frame is left, to go on at `resume`.

    `node` is the Await, Yield, YieldFrom, AsyncFor, comprehension or withitem; for a generator expression's
    own yield it is the element.
    """

    __slots__ = ("column", "kind", "line", "node", "resume", "surroundings")

    def __init__(
        self, kind: SuspendKind, node: ast.AST, place: ast.AST, surroundings: Surroundings, resume: BasicBlock
    ) -> None:
        self.kind = kind
        self.node = node
        self.line: int = getattr(place, "lineno", 0)
        self.column: int = getattr(place, "col_offset", 0)
        self.surroundings = surroundings
        self.resume = resume


class Return:
    """The frame ends; `node` is the Return statement, a lambda's body, or None at the end of the function."""

    __slots__ = ("node",)

    def __init__(self, node: ast.AST | None) -> None:
        self.node = node


class Raise:
    """Control goes to the block's handler; `node` is the statement, or None where a cleanup raises again."""

    __slots__ = ("node",)

    def __init__(self, node: ast.Raise | ast.Assert | None) -> None:
        self.node = node


Terminator: TypeAlias = Goto | Branch | Suspend | Return | Raise


class BasicBlock:
    """A run of ops; `index` is -1 until the block has a place in the graph."""

    __slots__ = ("handler", "index", "ops", "reached", "terminator")

    def __init__(self) -> None:
        self.index = -1
        self.ops: list[Op] = []
        self.terminator: Terminator | None = None
        self.handler: BasicBlock | None = None
        self.reached = False

    def successors(self) -> tuple[BasicBlock, ...]:
        """Return where control goes next if nothing is raised."""
        match self.terminator:
            case Goto(target=target):
                return (target,)
            case Branch(then=then, orelse=orelse):
                return (then, orelse) if then is not orelse else (then,)
            case Suspend(resume=resume):
                return (resume,)
        return ()

    def __repr__(self) -> str:
        return f"<block {self.index}: {len(self.ops)} ops, {type(self.terminator).__name__}>"


class BrokenGraphError(AssertionError):
    """An invariant of the graph does not hold: a defect of the builder."""


@dataclass(eq=False)
class ControlFlowGraph:
    """All blocks of one function, numbered by their position in `blocks`; the entry is the first.

    `loop_headers` are where each loop may begin anew, in the order of the loops' starts. `captures` tells,
    for each DEFINE, which local names the new object may read for as long as the frame lives; `consumed`
    tells it for a CALL that is done with the object when it returns. `rewrites` are local names that inner
    functions bind through `nonlocal`. A name that a comprehension or class body binds has a number after an
    `@`, and `source_names` tells how it is spelt.
    """

    function: FunctionNode
    blocks: list[BasicBlock]
    variables: frozenset[str] = frozenset()
    loop_headers: list[tuple[LoopNode, tuple[BasicBlock, ...]]] = field(default_factory=list)
    captures: dict[Op, frozenset[str]] = field(default_factory=dict)
    consumed: dict[Op, frozenset[str]] = field(default_factory=dict)
    rewrites: frozenset[str] = frozenset()
    source_names: dict[str, str] = field(default_factory=dict)

    @property
    def entry(self) -> BasicBlock:
        return self.blocks[0]

    @cached_property
    def edges(self) -> list[tuple[int, ...]]:
        """Return each block's successors by number, handlers not counted."""
        return [tuple(target.index for target in block.successors()) for block in self.blocks]

    @cached_property
    def handlers(self) -> list[int]:
        """Return the number of each block's handler, -1 for none."""
        return [-1 if block.handler is None else block.handler.index for block in self.blocks]

    @cached_property
    def predecessors(self) -> list[list[int]]:
        """Return each block's predecessors by number, handlers not counted."""
        found: list[list[int]] = [[] for _ in self.blocks]
        for index, targets in enumerate(self.edges):
            for target in targets:
                found[target].append(index)
        return found

    @cached_property
    def protected(self) -> list[list[int]]:
        """Return, for each block, those whose handler it is."""
        found: list[list[int]] = [[] for _ in self.blocks]
        for index, handler in enumerate(self.handlers):
            if handler >= 0:
                found[handler].append(index)
        return found

    def dissolve(self) -> None:
        """Take the graph apart, so that it is freed at once: its blocks know each other."""
        for block in self.blocks:
            block.ops, block.terminator, block.handler = [], None, None

    def ops(self) -> Iterator[Op]:
        for block in self.blocks:
            yield from block.ops

    def suspensions(self) -> Iterator[tuple[BasicBlock, Suspend]]:
        """Yield the blocks that end in a suspension, in the order of the source."""
        for block in self.blocks:
            if isinstance(block.terminator, Suspend):
                yield block, block.terminator

    def check(self) -> None:
        """Raise BrokenGraphError unless every invariant holds."""
        for index, block in enumerate(self.blocks):
            if block.index != index:
                raise BrokenGraphError(f"{block!r} stands at {index}")
            if block.terminator is None:
                raise BrokenGraphError(f"{block!r} has no end")
            targets = (*block.successors(), *([block.handler] if block.handler else []))
            for target in targets:
                if not 0 <= target.index < len(self.blocks) or self.blocks[target.index] is not target:
                    raise BrokenGraphError(f"{block!r} goes to {target!r}, which is not in the graph")
        reachable = self._reachable()
        if len(reachable) != len(self.blocks):
            raise BrokenGraphError(
                f"{self.function!r}: {len(self.blocks) - len(reachable)} unreachable blocks"
            )
        self._check_names()

    def _reachable(self) -> set[int]:
        found: set[int] = set()
        pending = [0]
        while pending:
            index = pending.pop()
            if index not in found:
                found.add(index)
                pending.extend(self.edges[index])
                if self.handlers[index] >= 0:
                    pending.append(self.handlers[index])
        return found

    def _check_names(self) -> None:
        local = {OpKind.PARAMETER, OpKind.LOAD, OpKind.STORE, OpKind.DELETE}
        for op in self.ops():
            if op.kind in local and op.name not in self.variables:
                raise BrokenGraphError(f"{self.function!r}: {op!r} is not among the variables")
