"""Natural loops: which blocks run again and again, and whether a round can avoid every suspension.

Python's loops have one header each, so a loop is found from its back edges: all blocks that lead to one
without passing the header. A block of the body that always leaves (it ends in `break`, `return` or `raise`)
is outside.

Exceptions count as edges where an op of the block can raise: `while True: try: q.get_nowait() … except
Empty: continue` has a round that never reaches the `await` after the `get_nowait`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from flake8_bookmark.flow.graph import (
    BasicBlock,
    Branch,
    ControlFlowGraph,
    LoopNode,
    Op,
    OpKind,
    Raise,
    Suspend,
)

Exit: TypeAlias = tuple[BasicBlock, BasicBlock | None]

# These touch nothing but the frame. (Reading an unbound name raises too, but no program is written for that.)
_SAFE = frozenset({OpKind.PARAMETER, OpKind.LOAD, OpKind.STORE, OpKind.DELETE, OpKind.OUTER, OpKind.DEFINE})


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """One loop that can run more than once.

    `always_suspends`: every round passes a suspension. `may_suspend`: some round can. `exits` are the
    ordinary ways out, calls that raise excluded: a failed test, `break`, and branches that only lead to a
    `return` or `raise`. The target is None where a block of the loop itself ends the frame.
    """

    node: LoopNode
    header: BasicBlock
    blocks: frozenset[BasicBlock]
    exits: tuple[Exit, ...]
    may_suspend: bool
    always_suspends: bool

    @property
    def test(self) -> ast.expr | None:
        """Return the condition of a `while`."""
        return self.node.test if isinstance(self.node, ast.While) else None

    @property
    def ends_by_itself(self) -> bool:
        """Tell whether every way out is the failed test of a `while`, or the end of a `for`'s iterable."""
        tested = set(ast.walk(self.node.test)) if isinstance(self.node, ast.While) else {self.node}
        return all(isinstance(b.terminator, Branch) and b.terminator.node in tested for b, _ in self.exits)

    def ops(self) -> Iterator[Op]:
        """Yield what a round may do, in source order."""
        for block in sorted(self.blocks, key=lambda block: block.index):
            yield from block.ops


def find_loops(graph: ControlFlowGraph) -> tuple[Loop, ...]:
    """Return the loops of a graph by their beginning; an outer loop comes before its inner ones."""
    found = []
    for node, starts in graph.loop_headers:
        headers = [header.index for header in starts if header.index >= 0]
        blocks: set[int] = set()
        for header in headers:
            blocks |= _natural_loop(graph, header)
        if blocks:
            found.append(_loop(graph, node, headers, blocks))
    return tuple(found)


def _loop(graph: ControlFlowGraph, node: LoopNode, headers: list[int], blocks: set[int]) -> Loop:
    members = frozenset(graph.blocks[index] for index in blocks)
    return Loop(
        node,
        graph.blocks[min(blocks)],
        members,
        tuple(_exits(graph, blocks)),
        any(isinstance(block.terminator, Suspend) for block in members),
        not any(_round_without_suspension(graph, header, blocks) for header in headers),
    )


def _exits(graph: ControlFlowGraph, blocks: set[int]) -> Iterator[Exit]:
    for index in sorted(blocks):
        block = graph.blocks[index]
        for target in graph.edges[index]:
            if target not in blocks and not _raises_again(graph.blocks[target]):
                yield block, graph.blocks[target]
        caught = isinstance(block.terminator, Raise) and graph.handlers[index] in blocks
        if not graph.edges[index] and not caught:
            yield block, None


def _raises_again(block: BasicBlock) -> bool:
    """Tell whether a block only passes an exception on that no handler or `with` has swallowed."""
    return isinstance(block.terminator, Raise) and block.terminator.node is None


def _natural_loop(graph: ControlFlowGraph, header: int) -> set[int]:
    """Return the blocks from which control comes back to the header, which has the lowest number of them."""
    pending = [source for source in graph.predecessors[header] if source >= header]
    found = {header} if pending else set()
    while pending:
        index = pending.pop()
        if index not in found:
            found.add(index)
            pending.extend(graph.predecessors[index])
            pending.extend(graph.protected[index])
    return found


def _round_without_suspension(graph: ControlFlowGraph, header: int, blocks: set[int]) -> bool:
    """Tell whether some way from the header back to it passes no suspension."""
    seen: set[int] = set()
    pending = [header] if header in blocks else []
    while pending:
        for target in _ways_on(graph, pending.pop()):
            if target == header:
                return True
            if target in blocks and target not in seen:
                seen.add(target)
                pending.append(target)
    return False


def _ways_on(graph: ControlFlowGraph, index: int) -> Iterator[int]:
    block = graph.blocks[index]
    if not isinstance(block.terminator, Suspend):
        yield from graph.edges[index]
    if any(op.kind not in _SAFE for op in block.ops) or isinstance(block.terminator, Raise):
        yield graph.handlers[index]
