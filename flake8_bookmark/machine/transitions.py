"""Which state leads to which, and what runs in between.

From each state the graph is followed until the next suspension or the end of the frame. What lies between a
state and one of the next is the blocks that both follow the first and lead to the second without a
suspension.

A frame may also end by an exception that nobody catches, after any op; drawn, that would be an edge from
every state to CLOSED, so only `return`, the end of the body, explicit `raise` and the end of a cleanup
count as ends. Code that can't get out of a loop any more leads nowhere; it has a transition of its own, so
that it is not lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flake8_bookmark.flow.graph import BasicBlock, ControlFlowGraph, Op, OpKind, Raise, Return, Suspend
from flake8_bookmark.machine.model import NEVER, SuspensionPoint, Transition


def find_transitions(graph: ControlFlowGraph, points: Sequence[SuspensionPoint]) -> tuple[Transition, ...]:
    """Return every transition, ordered by source and target."""
    state_at = {point.block.index: point.index for point in points}
    found = _Search(graph, state_at).transitions(0, graph.entry, None)
    for point in points:
        found += _Search(graph, state_at).transitions(point.index, point.resume, point.block.handler)
    return tuple(found)


class _Search:
    """Everything that can follow one state before the next suspension."""

    def __init__(self, graph: ControlFlowGraph, state_at: dict[int, int]) -> None:
        self.graph = graph
        self.state_at = state_at
        self.backwards: dict[int, list[int]] = {}

    def transitions(self, source: int, start: BasicBlock, thrown: BasicBlock | None) -> list[Transition]:
        """Return the transitions of a state that goes on at `start`, or at `thrown` by an exception."""
        plain = self._reach([start], with_handlers=False)
        reached = self._reach([start] if thrown is None else [start, thrown], with_handlers=True)
        ends: dict[int, list[int]] = {}
        for index in sorted(reached):
            target = self._target(self.graph.blocks[index])
            if target is not None:
                ends.setdefault(target, []).append(index)
        rest = set(reached)
        found = []
        for target in sorted(ends):
            way = self._leading_to(ends[target])
            rest -= way
            raised = not any(index in plain and not self._raises_again(index) for index in ends[target])
            found.append(self._transition(source, target, way, raised))
        if rest:
            found.append(self._transition(source, NEVER, rest, False))
        return found

    def _reach(self, roots: Iterable[BasicBlock], with_handlers: bool) -> set[int]:
        found: set[int] = set()
        pending = [block.index for block in roots]
        while pending:
            index = pending.pop()
            if index in found:
                continue
            found.add(index)
            block = self.graph.blocks[index]
            ways = [] if isinstance(block.terminator, Suspend) else list(self.graph.edges[index])
            if block.handler is not None and (with_handlers or isinstance(block.terminator, Raise)):
                ways.append(block.handler.index)
            pending += ways
            if with_handlers:
                for target in ways:
                    self.backwards.setdefault(target, []).append(index)
        return found

    def _leading_to(self, ends: list[int]) -> set[int]:
        found: set[int] = set()
        pending = list(ends)
        while pending:
            index = pending.pop()
            if index not in found:
                found.add(index)
                pending += self.backwards.get(index, ())
        return found

    def _target(self, block: BasicBlock) -> int | None:
        """Return the state that a block ends in, or None if control goes on."""
        terminator = block.terminator
        if isinstance(terminator, Suspend):
            return self.state_at[block.index]
        if isinstance(terminator, Return) or (isinstance(terminator, Raise) and block.handler is None):
            return len(self.state_at) + 1
        return None

    def _raises_again(self, index: int) -> bool:
        terminator = self.graph.blocks[index].terminator
        return isinstance(terminator, Raise) and terminator.node is None

    def _transition(self, source: int, target: int, way: set[int], raised: bool) -> Transition:
        ops: list[Op] = []
        lines: set[int] = set()
        for index in sorted(way):
            block = self.graph.blocks[index]
            ops += block.ops
            lines.update(op.line for op in block.ops if op.kind is not OpKind.PARAMETER)
            if isinstance(block.terminator, (Return, Raise)):
                lines.add(getattr(block.terminator.node, "lineno", 0))
        return Transition(source, target, tuple(sorted(lines - {0})), tuple(ops), raised)
