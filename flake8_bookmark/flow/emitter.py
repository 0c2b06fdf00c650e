"""Where ops go: the block under construction, the frames that a leap must clean up, and the scopes of names.

The emitter knows no syntax. The rooms beside it (expressions, statements, cleanups, patterns,
comprehensions) say what each piece of syntax emits. Dead code is never emitted: when no edge leads to a
block that is to be started, there is no current block until the next one that is reached.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from flake8_bookmark.flow.constants import truth
from flake8_bookmark.flow.graph import (
    BasicBlock,
    Branch,
    Comprehension,
    ControlFlowGraph,
    Goto,
    LoopNode,
    Op,
    OpKind,
    Raise,
    Return,
    Surroundings,
    Suspend,
    SuspendKind,
)
from flake8_bookmark.flow.variables import FreeNames, Inner, free_names
from flake8_bookmark.source.module import FunctionNode

MOST_COPIES = 20_000
NOWHERE = Surroundings()


class GraphTooLargeError(ValueError):
    """Cleanups inside cleanups inside cleanups: their copies grow exponentially, for CPython too."""


class Frame(Protocol):
    """Something under way that `return`, `break` and `continue` have to leave properly."""

    def leave(self, emitter: Emitter) -> None: ...


class NameScope:
    """The names of a comprehension or class body, which runs in the frame around it."""

    __slots__ = ("is_class", "names", "outer")

    def __init__(self, is_class: bool) -> None:
        self.is_class = is_class
        self.names: dict[str, str] = {}
        self.outer: set[str] = set()


Table: TypeAlias = dict[type, Callable[["Emitter", Any], None]]


class Emitter:
    """Builds the blocks of one function; `block` is None where the code is dead."""

    def __init__(self, function: FunctionNode, expressions: Table, statements: Table) -> None:
        self.function = function
        self.expressions = expressions
        self.statements = statements
        self.declared = function.declared if function.kind != "module" else frozenset()
        self.blocks: list[BasicBlock] = []
        self.block: BasicBlock | None = None
        self.ops: list[Op] = []
        self.handler: BasicBlock | None = None
        self.surroundings = NOWHERE
        self.frames: list[Frame] = []
        self.scopes: list[NameScope] = []
        self.bound: set[str] = set()
        self.loads: list[Op] = []
        self.copies = 0
        self.loop_headers: list[tuple[LoopNode, tuple[BasicBlock, ...]]] = []
        self.captures: dict[Op, frozenset[str]] = {}
        self.consumed: dict[Op, frozenset[str]] = {}
        self.rewrites: set[str] = set()
        self.source_names: dict[str, str] = {}
        self.free: dict[ast.AST, FreeNames] = {}

    # blocks -------------------------------------------------------------------------------------------------

    def start(self, block: BasicBlock) -> None:
        """Go on in a new block, unless nothing leads to it."""
        if not block.reached:
            self.block = None
            self.ops = []
            return
        block.index = len(self.blocks)
        self.blocks.append(block)
        block.handler = self.handler
        if self.handler is not None:
            self.handler.reached = True
        self.block = block
        self.ops = block.ops

    def end(self, terminator: Goto | Branch | Suspend | Return | Raise) -> None:
        if self.block is not None:
            self.block.terminator = terminator
            self.block = None
            self.ops = []

    def goto(self, target: BasicBlock) -> None:
        if self.block is not None:
            target.reached = True
            self.end(Goto(target))

    def branch_to(self, node: ast.AST, then: BasicBlock, orelse: BasicBlock) -> None:
        if self.block is not None:
            then.reached = orelse.reached = True
            self.end(Branch(node, then, orelse))

    def switch(self, handler: BasicBlock | None, surroundings: Surroundings) -> None:
        """Go on under another handler and in other surroundings."""
        self.surroundings = surroundings
        if handler is not self.handler:
            self.handler = handler
            if self.block is not None:
                block = BasicBlock()
                self.goto(block)
                self.start(block)

    def suspend(self, kind: SuspendKind, node: ast.AST, place: ast.AST) -> None:
        if self.block is not None:
            resume = BasicBlock()
            resume.reached = True
            self.end(Suspend(kind, node, place, self.surroundings, resume))
            self.start(resume)

    # syntax -------------------------------------------------------------------------------------------------

    def expr(self, node: ast.expr) -> None:
        self.expressions[type(node)](self, node)

    def exprs(self, nodes: Sequence[ast.expr | None]) -> None:
        for node in nodes:
            if node is not None:
                self.expressions[type(node)](self, node)

    def stmts(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            if self.block is None:
                return
            self.statements[type(statement)](self, statement)

    def op(self, kind: OpKind, node: ast.AST, name: str = "") -> None:
        self.ops.append(Op(kind, node, name))

    def branch(self, test: ast.expr, then: BasicBlock, orelse: BasicBlock) -> None:
        """Go to `then` or `orelse`, evaluating no more of the test than Python does."""
        while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, then, orelse = test.operand, orelse, then
        if isinstance(test, ast.BoolOp):
            self._branch_boolean(test, then, orelse)
            return
        if isinstance(test, ast.IfExp):
            body, otherwise = BasicBlock(), BasicBlock()
            self.branch(test.test, body, otherwise)
            self.start(body)
            self.branch(test.body, then, orelse)
            self.start(otherwise)
            self.branch(test.orelse, then, orelse)
            return
        known = truth(test)
        if known is not None:
            self.goto(then if known else orelse)
            return
        if isinstance(test, ast.Compare) and len(test.ops) > 1:
            self._branch_comparison(test, then, orelse)
            return
        self.expr(test)
        self.branch_to(test, then, orelse)

    def _branch_boolean(self, test: ast.BoolOp, then: BasicBlock, orelse: BasicBlock) -> None:
        is_and = isinstance(test.op, ast.And)
        for value in test.values[:-1]:
            after = BasicBlock()
            if is_and:
                self.branch(value, after, orelse)
            else:
                self.branch(value, then, after)
            self.start(after)
            if self.block is None:
                return
        self.branch(test.values[-1], then, orelse)

    def _branch_comparison(self, test: ast.Compare, then: BasicBlock, orelse: BasicBlock) -> None:
        self.expr(test.left)
        for comparator in test.comparators[:-1]:
            self.expr(comparator)
            self.op(OpKind.OPERATOR, test)
            after = BasicBlock()
            self.branch_to(test, after, orelse)
            self.start(after)
        self.expr(test.comparators[-1])
        self.op(OpKind.OPERATOR, test)
        self.branch_to(test, then, orelse)

    # leaps --------------------------------------------------------------------------------------------------

    def leap(self, until: Frame | None, arrive: Callable[[], None]) -> None:
        """Leave all frames inside `until` (every frame if None), then arrive."""
        saved = self.frames, self.handler, self.surroundings
        self.frames = list(self.frames)
        while self.frames and self.frames[-1] is not until and self.block is not None:
            self.frames.pop().leave(self)
        arrive()
        self.frames, self.handler, self.surroundings = saved

    def copy_made(self) -> None:
        self.copies += 1
        if self.copies > MOST_COPIES:
            raise GraphTooLargeError(
                f"{self.function.qualname} needs over {MOST_COPIES} copies of its cleanups"
            )

    # names --------------------------------------------------------------------------------------------------

    def load(self, node: ast.Name) -> None:
        name = self._visible(node.id) if self.scopes else node.id
        if name in self.declared:
            self.op(OpKind.OUTER, node, name)
            return
        op = Op(OpKind.LOAD, node, name)
        self.ops.append(op)
        self.loads.append(op)  # whether it is a local name is known at the end of the function

    def store(self, node: ast.AST, name: str, kind: OpKind = OpKind.STORE) -> None:
        if self.scopes:
            name = self._own(name)
        if name in self.declared:
            self.op(OpKind.OUTER_STORE, node, name)
            return
        self.bound.add(name)
        self.op(kind, node, name)

    def _visible(self, name: str, innermost: bool = True) -> str:
        """Return the name that a use in the current scope means; inner functions don't see class scopes."""
        for scope in reversed(self.scopes):
            if (innermost or not scope.is_class) and name in scope.names:
                return scope.names[name]
            innermost = False
        return name

    def _own(self, name: str) -> str:
        """Return the name that a binding in the current scope makes."""
        for scope in reversed(self.scopes):
            if scope.is_class and name not in scope.outer:
                return self.declare(scope, name)
            if name in scope.names:
                return scope.names[name]
        return name

    def declare(self, scope: NameScope, name: str) -> str:
        """Give a scoped name its number."""
        if name not in scope.names:
            scope.names[name] = internal = f"{name}@{len(self.source_names) + 1}"
            self.source_names[internal] = name
        return scope.names[name]

    def define(self, node: Inner, name: str = "") -> None:
        """Make a function, generator or class object, and note what it takes along."""
        op = Op(OpKind.DEFINE, node, name)
        self.ops.append(op)
        if isinstance(node, ast.ClassDef) or self.function.kind == "module":
            return
        free = self.free.get(node)
        if free is None:
            free = self.free[node] = free_names(node)
        if free.read:
            self.captures[op] = frozenset(self._visible(name, False) for name in free.read)
        self.rewrites |= free.rebound

    def consume(self, call: Op, arguments: Sequence[ast.AST]) -> None:
        """Note that the objects made for a call have served when it returns."""
        for op in [op for op in self.captures if op.node in arguments]:
            self.consumed[call] = self.consumed.get(call, frozenset()) | self.captures.pop(op)

    def within(self, comprehension: Comprehension) -> Surroundings:
        here = self.surroundings
        return here._replace(comprehensions=(*here.comprehensions, comprehension))

    # the end ------------------------------------------------------------------------------------------------

    def finish(self) -> ControlFlowGraph:
        bound = self.bound
        for op in self.loads:
            if op.name not in bound:
                op.kind = OpKind.OUTER
                op.name = self.source_names.get(op.name, op.name)
        return ControlFlowGraph(
            self.function,
            self.blocks,
            frozenset(bound),
            self.loop_headers,
            {op: names & bound for op, names in self.captures.items() if names & bound},
            {op: names & bound for op, names in self.consumed.items() if names & bound},
            frozenset(self.rewrites & bound),
            self.source_names,
        )
