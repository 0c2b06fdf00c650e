"""Which local names are still needed at a point, and which are bound there.

A name is *live* where some way on reads it before binding it anew. A closure made on the way may read what
it captured whenever it is called, so its captured names are live from then on, for as long as the frame
lives; a generator expression or lambda that a call like `sum` or `sorted` uses up is over when that call
returns.

A name is *bound* if every way here binds it and none unbinds it later, *maybe bound* if some way does.

Not tracked: reads through `locals()`, `eval` and `exec`, and names that an inner function unbinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from flake8_bookmark.flow.graph import BasicBlock, ControlFlowGraph, Op, OpKind
from flake8_bookmark.flow.solver import Solution, backward, forward

_BINDING = frozenset({OpKind.STORE, OpKind.PARAMETER})
_CHANGING = frozenset({OpKind.STORE, OpKind.PARAMETER, OpKind.DELETE})


class Liveness:
    """Liveness and boundness of every name of one graph; nothing is computed before it is asked for."""

    def __init__(self, graph: ControlFlowGraph) -> None:
        self.graph = graph
        self.names = sorted(graph.variables)
        self.bit = {name: 1 << position for position, name in enumerate(self.names)}

    # questions ----------------------------------------------------------------------------------------------

    def live_at_end(self, block: BasicBlock) -> frozenset[str]:
        """Return the names that are live when a block has been left, by its end or by an exception there."""
        return self._decode(self._live.after[block.index] | self._captured.after[block.index])

    def live_after(self, block: BasicBlock, op: Op) -> frozenset[str]:
        """Return the names that are live right after an op of the block."""
        handler = block.handler
        needed = self._live.before[handler.index] if handler is not None else 0
        live = self._live.after[block.index]
        for here in reversed(block.ops):
            if here is op:
                break
            live = self._before(here, live) | needed
        captured = self._captured.before[block.index]
        for here in block.ops:
            captured |= self._bits(self.graph.captures.get(here, ()))
            if here is op:
                break
        return self._decode(live | captured)

    def kept_at_end(self, block: BasicBlock) -> tuple[frozenset[str], frozenset[str]]:
        """Return the live names at the end of a block: those that are bound, then those that may be."""
        live = self._live.after[block.index] | self._captured.after[block.index]
        unbound = self._unbound.after[block.index]
        return self._decode(live & ~unbound), self._decode(live & unbound & self._maybe.after[block.index])

    def bound_at_end(self, block: BasicBlock) -> frozenset[str]:
        """Return the names that are bound at the end of a block, whichever way led there."""
        return self._decode(~self._unbound.after[block.index] & (1 << len(self.names)) - 1)

    # solutions ----------------------------------------------------------------------------------------------

    @cached_property
    def _live(self) -> Solution:
        gen, kill = [], []
        for block in self.graph.blocks:
            used = killed = 0
            for op in reversed(block.ops):
                used = self._before(op, used)
                if op.kind in _CHANGING:
                    killed |= self.bit[op.name]
            gen.append(used)
            kill.append(killed)
        return backward(self.graph, gen, kill)

    def _before(self, op: Op, live: int) -> int:
        """Return what is live before an op, from what is live after it."""
        if op.kind is OpKind.LOAD:
            return live | self.bit[op.name]
        if op.kind in _CHANGING:
            return live & ~self.bit[op.name]
        if op.kind is OpKind.DEFINE and op in self.graph.captures:
            return live | self._bits(self.graph.captures[op])
        if op.kind is OpKind.CALL and op in self.graph.consumed:
            return live | self._bits(self.graph.consumed[op])
        return live

    @cached_property
    def _captured(self) -> Solution:
        captures = self.graph.captures
        gen = [0] * len(self.graph.blocks)
        if captures:
            for block in self.graph.blocks:
                for op in block.ops:
                    if op in captures:
                        gen[block.index] |= self._bits(captures[op])
        return forward(self.graph, gen, [0] * len(gen), gen)

    @cached_property
    def _unbound(self) -> Solution:
        gen, kill, raised = [], [], []
        for block in self.graph.blocks:
            bound = unbound = ever = 0
            for op in block.ops:
                if op.kind in _BINDING:
                    bound |= self.bit[op.name]
                    unbound &= ~self.bit[op.name]
                elif op.kind is OpKind.DELETE:
                    unbound |= self.bit[op.name]
                    ever |= self.bit[op.name]
            gen.append(unbound)
            kill.append(bound)
            raised.append(ever)
        return forward(self.graph, gen, kill, raised, (1 << len(self.names)) - 1)

    @cached_property
    def _maybe(self) -> Solution:
        gen, kill, raised = [], [], []
        for block in self.graph.blocks:
            bound = unbound = ever = 0
            for name, is_binding in self._changes(block):
                bit = self.bit[name]
                if is_binding:
                    bound, unbound, ever = bound | bit, unbound & ~bit, ever | bit
                else:
                    bound, unbound = bound & ~bit, unbound | bit
            gen.append(bound)
            kill.append(unbound)
            raised.append(ever)
        return forward(self.graph, gen, kill, raised)

    def _changes(self, block: BasicBlock) -> Iterator[tuple[str, bool]]:
        """Yield each name that the block binds (True) or unbinds (False), in order."""
        rewrites = self.graph.rewrites
        for op in block.ops:
            if op.kind in _CHANGING:
                yield op.name, op.kind is not OpKind.DELETE
            elif rewrites and op in self.graph.captures:
                for name in self.graph.captures[op] & rewrites:  # the closure may bind it at any time
                    yield name, True

    def _bits(self, names: frozenset[str] | tuple[()]) -> int:
        bits = 0
        for name in names:
            bits |= self.bit[name]
        return bits

    def _decode(self, bits: int) -> frozenset[str]:
        found = []
        while bits:
            low = bits & -bits
            found.append(self.names[low.bit_length() - 1])
            bits ^= low
        return frozenset(found)
