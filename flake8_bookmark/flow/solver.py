"""One fixpoint loop for every analysis over a graph.

An analysis says, per block, which bits it makes true (`gen`) and which it makes false (`kill`); the solver
adds the direction. Sets are integers, one bit per name or binding, joined by union. An analysis that needs
an intersection asks for the complement instead (*maybe unbound* rather than *surely bound*).

An exception may leave a block after any of its ops. Forward, a handler therefore sees the state before the
block, plus `raised`: whatever any op of the block makes true. Backward, what the handler needs is needed
all through the block.
"""

from __future__ import annotations

from typing import NamedTuple

from flake8_bookmark.flow.graph import ControlFlowGraph


class Solution(NamedTuple):
    """The bits that are true before and after each block."""

    before: list[int]
    after: list[int]


def forward(
    graph: ControlFlowGraph, gen: list[int], kill: list[int], raised: list[int], start: int = 0
) -> Solution:
    """Solve from the entry on, where `start` is true."""
    size = len(graph.blocks)
    before, after = [0] * size, [0] * size
    predecessors, protected = graph.predecessors, graph.protected
    changed = True
    while changed:
        changed = False
        for index in range(size):
            bits = start if index == 0 else 0
            for source in predecessors[index]:
                bits |= after[source]
            for source in protected[index]:
                bits |= before[source] | raised[source]
            result = gen[index] | (bits & ~kill[index])
            if bits != before[index] or result != after[index]:
                before[index], after[index] = bits, result
                changed = True
    return Solution(before, after)


def backward(graph: ControlFlowGraph, gen: list[int], kill: list[int]) -> Solution:
    """Solve from the ends back; after a block stands what its successors and its handler need."""
    size = len(graph.blocks)
    before, after = [0] * size, [0] * size
    edges, handlers = graph.edges, graph.handlers
    changed = True
    while changed:
        changed = False
        for index in range(size - 1, -1, -1):
            bits = 0
            for target in edges[index]:
                bits |= before[target]
            handler = handlers[index]
            needed = before[handler] if handler >= 0 else 0
            after[index] = bits | needed
            bits = gen[index] | (bits & ~kill[index]) | needed
            if bits != before[index]:
                before[index] = bits
                changed = True
    return Solution(before, after)
