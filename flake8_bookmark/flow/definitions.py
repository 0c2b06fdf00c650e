"""Which bindings may have given a name the value that a use reads.

A closure that captures a name counts as a use of every binding of that name: it may be called at any time.
"""

from __future__ import annotations

import ast
from collections import defaultdict

from flake8_bookmark.flow.graph import ControlFlowGraph, Op, OpKind
from flake8_bookmark.flow.solver import forward

_BINDING = frozenset({OpKind.STORE, OpKind.PARAMETER})


class Definitions:
    """The def-use chains of one graph."""

    def __init__(self, graph: ControlFlowGraph) -> None:
        self.graph = graph
        self.bindings = [op for op in graph.ops() if op.kind in _BINDING]
        self._bit = {op: 1 << position for position, op in enumerate(self.bindings)}
        self._of_name: dict[str, int] = defaultdict(int)
        for op, bit in self._bit.items():
            self._of_name[op.name] |= bit
        self._reaching: dict[Op, tuple[Op, ...]] = {}
        self._uses: dict[Op, list[Op]] = defaultdict(list)
        self._by_node: dict[ast.AST, list[Op]] = defaultdict(list)
        for op in self.bindings:
            self._by_node[op.node].append(op)
        self._chain()

    def reaching(self, load: Op) -> tuple[Op, ...]:
        """Return the bindings that a LOAD may read, in source order."""
        return self._reaching.get(load, ())

    def uses_of(self, binding: Op | ast.AST) -> tuple[Op, ...]:
        """Return what may read the value of a binding: LOADs, and DEFINEs or CALLs of closures.

        A node stands for all its ops: a binding in a `finally` body has one in each copy.
        """
        ops = [binding] if isinstance(binding, Op) else self._by_node.get(binding, [])
        return tuple(dict.fromkeys(use for op in ops for use in self._uses.get(op, ())))

    def _chain(self) -> None:
        before = self._solve()
        for block in self.graph.blocks:
            bits = before[block.index]
            for op in block.ops:
                if op.kind is OpKind.LOAD:
                    found = self._decode(bits & self._of_name[op.name])
                    self._reaching[op] = found
                    for binding in found:
                        self._uses[binding].append(op)
                elif op.kind in _BINDING:
                    bits = bits & ~self._of_name[op.name] | self._bit[op]
                elif op.kind is OpKind.DELETE:
                    bits &= ~self._of_name[op.name]
        for captures in (self.graph.captures, self.graph.consumed):
            for op, names in captures.items():
                for name in names:
                    for binding in self._decode(self._of_name[name]):
                        self._uses[binding].append(op)

    def _solve(self) -> list[int]:
        gen, kill, raised = [], [], []
        for block in self.graph.blocks:
            made = gone = ever = 0
            for op in block.ops:
                if op.kind in _BINDING:
                    same = self._of_name[op.name]
                    made = made & ~same | self._bit[op]
                    gone |= same
                    ever |= self._bit[op]
                elif op.kind is OpKind.DELETE:
                    made &= ~self._of_name[op.name]
                    gone |= self._of_name[op.name]
            gen.append(made)
            kill.append(gone)
            raised.append(ever)
        return forward(self.graph, gen, kill, raised).before

    def _decode(self, bits: int) -> tuple[Op, ...]:
        found = []
        while bits:
            low = bits & -bits
            found.append(self.bindings[low.bit_length() - 1])
            bits ^= low
        return tuple(found)
