"""From a flow graph to a state machine, by cutting it at its suspension points.

    async def poll(queue):                CREATED           queue
        async with lock:                    | 1  lock
            job = await queue.get()       1 aenter, line 2  queue
        return job                          | 3  queue.get
                                          2 await, line 3
                                            |
                                          3 aexit, line 2   job
                                            | 4
                                          CLOSED

(The way on which an exception leaves the `with` has an aexit of its own; it is left out here.)

Everything beyond the points is computed when it is first asked for, and kept: a rule that looks only at
calls pays for no liveness.
"""

from __future__ import annotations

import ast
from collections.abc import Set
from functools import cached_property

from flake8_bookmark.flow.builder import build_graph
from flake8_bookmark.flow.definitions import Definitions
from flake8_bookmark.flow.graph import BasicBlock, ControlFlowGraph, Op, OpKind, Suspend
from flake8_bookmark.flow.liveness import Liveness
from flake8_bookmark.flow.loops import Loop, find_loops
from flake8_bookmark.flow.sharing import Sharing
from flake8_bookmark.machine.model import Bookmark, State, SuspensionPoint, Transition
from flake8_bookmark.machine.transitions import find_transitions
from flake8_bookmark.source.module import FunctionNode


class StateMachine:
    """One function as a machine; a plain function is one that never suspends."""

    def __init__(self, graph: ControlFlowGraph) -> None:
        self.graph = graph
        self.function: FunctionNode = graph.function
        self.points = tuple(
            _point(number, block, suspend) for number, (block, suspend) in enumerate(graph.suspensions(), 1)
        )

    def __repr__(self) -> str:
        return f"<machine of {self.function!r}: {len(self.points)} points>"

    # states and transitions ---------------------------------------------------------------------------------

    @cached_property
    def states(self) -> tuple[State, ...]:
        """Return CREATED, one state per suspension point, and CLOSED."""
        node = self.function.node
        created = State(0, "created", self.function.line, None, self._first_bookmark())
        suspended = [State(p.index, p.kind, p.line, p, self._bookmark(p.block)) for p in self.points]
        end = getattr(node, "end_lineno", None) or self.function.line
        return (created, *suspended, State(len(self.points) + 1, "closed", end, None, Bookmark()))

    @cached_property
    def transitions(self) -> tuple[Transition, ...]:
        """Return every pair of states that code leads between, by source and target."""
        return find_transitions(self.graph, self.points)

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        """Return the loops that can run more than once, in source order."""
        return find_loops(self.graph)

    # calls --------------------------------------------------------------------------------------------------

    @cached_property
    def _calls(self) -> tuple[Op, ...]:
        calls: dict[ast.AST, Op] = {}
        for op in self.graph.ops():
            if op.kind is OpKind.CALL:
                calls.setdefault(op.node, op)
        return tuple(calls.values())

    def reachable_calls(self) -> tuple[Op, ...]:
        """Return every CALL that can run, once each however many copies of a cleanup hold it."""
        return self._calls

    # data flow ----------------------------------------------------------------------------------------------

    @cached_property
    def liveness(self) -> Liveness:
        return Liveness(self.graph)

    @cached_property
    def definitions(self) -> Definitions:
        return Definitions(self.graph)

    @cached_property
    def sharing(self) -> Sharing:
        """What the function reads and changes that others can reach."""
        return Sharing(self.graph)

    @cached_property
    def places(self) -> dict[ast.AST, list[tuple[BasicBlock, Op]]]:
        """Map each node to its ops and their blocks; a node has several ops in copies of a cleanup."""
        found: dict[ast.AST, list[tuple[BasicBlock, Op]]] = {}
        for block in self.graph.blocks:
            for op in block.ops:
                found.setdefault(op.node, []).append((block, op))
        return found

    def live_after(self, where: Op | ast.AST) -> frozenset[str]:
        """Return the names that are live right after an op, or after any op of a node."""
        node = where.node if isinstance(where, Op) else where
        live: set[str] = set()
        for block, op in self.places.get(node, ()):
            if op is where or node is where:
                live |= self.liveness.live_after(block, op)
        return self._spelt(live)

    def reaching(self, load: Op) -> tuple[Op, ...]:
        """Return the bindings (STORE and PARAMETER ops) whose value a LOAD may read."""
        return self.definitions.reaching(load)

    def uses_of(self, binding: Op | ast.AST) -> tuple[Op, ...]:
        """Return what may read the value that a binding gave: LOADs, and closures that capture the name."""
        return self.definitions.uses_of(binding)

    def _spelt(self, names: Set[str]) -> frozenset[str]:
        spelling = self.graph.source_names
        return frozenset(spelling.get(name, name) for name in names)

    def _bookmark(self, block: BasicBlock) -> Bookmark:
        bound, maybe = map(self._spelt, self.liveness.kept_at_end(block))
        return Bookmark(tuple(sorted(bound)), tuple(sorted(maybe - bound)))

    def _first_bookmark(self) -> Bookmark:
        """Return the parameters that will be needed."""
        parameters = [op for op in self.graph.entry.ops if op.kind is OpKind.PARAMETER]
        if not parameters:
            return Bookmark()
        live = self.liveness.live_after(self.graph.entry, parameters[-1])
        return Bookmark(tuple(sorted({op.name for op in parameters} & live)))


def cut(graph: ControlFlowGraph) -> StateMachine:
    """Cut a graph at its suspension points."""
    return StateMachine(graph)


def build_machine(function: FunctionNode) -> StateMachine:
    """Build the machine of any function, generator, coroutine or module body."""
    return cut(build_graph(function))


def _point(number: int, block: BasicBlock, suspend: Suspend) -> SuspensionPoint:
    around = suspend.surroundings
    return SuspensionPoint(
        number,
        "comprehension" if around.comprehensions else suspend.kind,
        suspend.kind,
        suspend.node,
        suspend.line,
        suspend.column,
        block,
        suspend.resume,
        around.comprehensions,
        tuple(item for item, _ in around.held),
        tuple(dict.fromkeys(statement for _, statement in around.held)),
        around.tries,
        around.handlers,
        around.finallies,
    )
