"""Which state that others can reach a function reads and changes, op by op.

A *place* is where such state lives, spelt from its root: `("self", ".users", "[name]")`. Its root is a parameter, a
name of the module or of a function around this one, or a local name that stands for such a place (`users =
self.users`). An object that a function makes itself has no place: nobody else can reach it, as long as it is not
handed on.

Two places are the same if they are spelt alike and no name in the spelling was bound anew in between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum, auto
from functools import cached_property
from typing import NamedTuple, TypeAlias

from flake8_bookmark.flow.graph import BasicBlock, Branch, ControlFlowGraph, Op, OpKind

Place: TypeAlias = tuple[str, ...]

REMOVING = frozenset({"pop", "popitem", "remove", "discard", "clear", "popleft"})
ADDING = frozenset({"add", "append", "insert", "extend", "update", "setdefault", "appendleft"})
LONGEST_KEY = 60
LONGEST_SHOWN = 32


_SETTING = frozenset({OpKind.SET_ATTRIBUTE, OpKind.SET_ITEM, OpKind.OUTER_STORE})
_CALLED = frozenset({*REMOVING, "add", "setdefault", "setattr", "delattr"})


class Touch(Enum):
    """What happens to a place: `GROW` and `SHRINK` change the number of items of the collection that is there."""

    __hash__ = object.__hash__  # members are compared by identity; Enum would hash their names, in Python

    READ = auto()
    WRITE = auto()
    REMOVE = auto()
    GROW = auto()
    SHRINK = auto()


class Access(NamedTuple):
    """One touch of a place by an op."""

    place: Place
    touch: Touch
    op: Op

    @property
    def line(self) -> int:
        return self.op.line


class Sharing:
    """The accesses of one graph, block by block."""

    def __init__(self, graph: ControlFlowGraph) -> None:
        self.graph = graph
        self._bound: dict[str, int] = {}
        self.may_change = False
        for op in graph.ops():
            if op.kind in (OpKind.STORE, OpKind.PARAMETER):
                self._bound[op.name] = self._bound.get(op.name, 0) + 1
            elif op.kind in _SETTING or (op.kind is OpKind.CALL and _called_name(op.node) in _CALLED):
                self.may_change = True
        for name in graph.source_names.values():  # a comprehension's own names stand for something else each time
            self._bound[name] = 2
        self._parameters = {op.name for op in graph.entry.ops if op.kind is OpKind.PARAMETER}

    @cached_property
    def of_block(self) -> list[list[tuple[int, Access]]]:
        """Return, for each block, its accesses with the positions of their ops."""
        return [list(self._accesses(block)) for block in self.graph.blocks]

    @cached_property
    def changes(self) -> list[tuple[BasicBlock, int, Access]]:
        """Return every access that changes something, in source order."""
        found: list[tuple[BasicBlock, int, Access]] = []
        if not self.may_change:
            return found
        for block, accesses in zip(self.graph.blocks, self.of_block, strict=True):
            found += [(block, index, a) for index, a in accesses if a.touch is not Touch.READ]
        return found

    @cached_property
    def reads(self) -> dict[Place, list[tuple[BasicBlock, int, Op]]]:
        """Return, by place, every op that reads it, with its block and position."""
        found: dict[Place, list[tuple[BasicBlock, int, Op]]] = {}
        for block, accesses in zip(self.graph.blocks, self.of_block, strict=True):
            for index, access in accesses:
                if access.touch is Touch.READ:
                    found.setdefault(access.place, []).append((block, index, access.op))
        return found

    @cached_property
    def values(self) -> dict[ast.AST, ast.expr]:
        """Map the target of each plain assignment to the assigned expression."""
        body = getattr(self.graph.function.node, "body", [])
        found: dict[ast.AST, ast.expr] = {}
        for statement in statements(body if isinstance(body, list) else []):
            if isinstance(statement, ast.Assign):
                found.update(dict.fromkeys(statement.targets, statement.value))
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                found[statement.target] = statement.value
        return found

    @cached_property
    def _aliases(self) -> dict[str, ast.expr]:
        """Map names that are bound once, to a place, to that place's expression."""
        return {
            target.id: value
            for target, value in self.values.items()
            if isinstance(target, ast.Name)
            and self._bound.get(target.id) == 1
            and isinstance(value, (ast.Attribute, ast.Name))
        }

    # places -----------------------------------------------------------------------------------------------------------

    def place_of(self, node: ast.AST, depth: int = 0) -> Place | None:
        """Return the place that an expression names."""
        match node:
            case ast.Name(id=name):
                return self._root(name, depth)
            case ast.Attribute(value=value, attr=attribute):
                around = self.place_of(value, depth)
                return (*around, f".{attribute}") if around is not None else None
            case ast.Subscript(value=value, slice=key):
                around = self.place_of(value, depth)
                return item(around, key) if around is not None else None
        return None

    def _root(self, name: str, depth: int) -> Place | None:
        if name not in self._bound or (name in self._parameters and self._bound[name] == 1):
            return (name,)
        alias = self._aliases.get(name) if depth < 4 else None
        return self.place_of(alias, depth + 1) if alias is not None else None

    def is_outer(self, name: str) -> bool:
        """Tell whether a name belongs to the module or to a function around this one."""
        return name not in self._bound

    def read_of(self, node: ast.AST) -> Place | None:
        """Return the place whose content an expression gives: the place itself, or `users.get(name)`."""
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *_]):
                around = self.place_of(value)
                return item(around, key) if around is not None else None
            case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str(name)), *_]):
                around = self.place_of(value)
                return (*around, f".{name}") if around is not None else None
            case ast.Attribute() | ast.Subscript() | ast.Name():
                return self.place_of(node)
        return None

    # accesses ---------------------------------------------------------------------------------------------------------

    def _accesses(self, block: BasicBlock) -> Iterator[tuple[int, Access]]:
        for index, op in enumerate(block.ops):
            for place, touch in self._touches(op):
                if len(place) > 1 or self.is_outer(place[0]):
                    yield index, Access(place, touch, op)

    def _touches(self, op: Op) -> Iterator[tuple[Place, Touch]]:
        node = op.node
        if op.kind in (OpKind.ATTRIBUTE, OpKind.SUBSCRIPT, OpKind.OUTER):
            place = self.place_of(node)
            if place is not None:
                yield place, Touch.READ
        elif op.kind in (OpKind.SET_ATTRIBUTE, OpKind.SET_ITEM, OpKind.OUTER_STORE):
            place = self.place_of(node)
            deleted = isinstance(getattr(node, "ctx", None), ast.Del)
            if place is not None:
                yield place, Touch.REMOVE if deleted else Touch.WRITE
                if op.kind is OpKind.SET_ITEM:
                    yield place[:-1], Touch.SHRINK if deleted else Touch.GROW
        elif op.kind is OpKind.OPERATOR and isinstance(node, ast.Compare):
            yield from self._compared(node)
        elif op.kind is OpKind.CALL and isinstance(node, ast.Call):
            yield from self._called(node)

    def _compared(self, node: ast.Compare) -> Iterator[tuple[Place, Touch]]:
        for operator, left, right in zip(node.ops, (node.left, *node.comparators), node.comparators, strict=False):
            around = self.place_of(right) if isinstance(operator, (ast.In, ast.NotIn)) else None
            place = item(around, left) if around is not None else None
            if place is not None:
                yield place, Touch.READ

    def _called(self, node: ast.Call) -> Iterator[tuple[Place, Touch]]:
        read = self.read_of(node)
        if read is not None:
            yield read, Touch.READ
        match node.func:
            case ast.Attribute(value=value, attr=name) if name in REMOVING or name in ADDING:
                around = self.place_of(value)
                if around is not None:
                    yield around, Touch.SHRINK if name in REMOVING else Touch.GROW
                    yield from self._item_changed(around, name, node.args)
            case ast.Name(id="setattr" | "delattr") if len(node.args) > 1:
                around, key = self.place_of(node.args[0]), node.args[1]
                if around is not None and isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield (*around, f".{key.value}"), Touch.WRITE

    def _item_changed(self, around: Place, name: str, arguments: list[ast.expr]) -> Iterator[tuple[Place, Touch]]:
        place = item(around, arguments[0]) if arguments else None
        if name == "clear":
            yield around, Touch.REMOVE
        elif place is not None and name in ("pop", "remove", "discard"):
            yield place, Touch.REMOVE
        elif place is not None and name in ("add", "setdefault"):
            yield place, Touch.WRITE

    # tests ------------------------------------------------------------------------------------------------------------

    @cached_property
    def tested(self) -> dict[BasicBlock, tuple[Place, ...]]:
        """Map each block that ends in a test to the places that the test looks at, directly or in a local name."""
        found: dict[BasicBlock, tuple[Place, ...]] = {}
        for block in self.graph.blocks:
            if isinstance(block.terminator, Branch) and isinstance(block.terminator.node, ast.expr):
                places = tuple(dict.fromkeys(self._tested(block.terminator.node)))
                if places:
                    found[block] = places
        return found

    def _tested(self, test: ast.expr) -> Iterator[Place]:
        """Yield what a test looks at: `self.x` of `self.x is None`, and of `self.x.ready`, but no called method."""
        stack: list[ast.AST] = [test]
        while stack:
            node = stack.pop()
            if isinstance(node, (ast.Lambda, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)):
                continue
            if isinstance(node, ast.Name) and node.id in self._bound:
                yield from self._through_local(node.id)
            elif isinstance(node, ast.Compare):
                yield from (place for place, _ in self._compared(node))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hasattr":
                yield from self._named_attribute(node)
            place = self.read_of(node)
            if place is not None and (len(place) > 1 or self.is_outer(place[0])):
                yield place
            stack.extend(ast.iter_child_nodes(node))

    def _named_attribute(self, node: ast.Call) -> Iterator[Place]:
        match node.args:
            case [value, ast.Constant(value=str(name))]:
                around = self.place_of(value)
                if around is not None:
                    yield (*around, f".{name}")

    def _through_local(self, name: str) -> Iterator[Place]:
        """Yield the place that a local name's value was read from: `user = self.users.get(name)`."""
        for target, value in self.values.items():
            if isinstance(target, ast.Name) and target.id == name:
                place = self.read_of(value)
                if place is not None and len(place) > 1:
                    yield place


    def missing_when(self, test: ast.expr, place: Place) -> bool | None:
        """Return the outcome of a test that finds a place empty: `x is None` if true, `x` if false; None if unclear."""
        match test:
            case ast.NamedExpr(value=value):
                return self.missing_when(value, place)
            case ast.Compare(left=left, ops=[operator], comparators=[ast.Constant(value=None)]):
                if self._gives(left, place):
                    return isinstance(operator, (ast.Is, ast.Eq))
            case ast.Compare(ops=[ast.In() | ast.NotIn() as operator]):
                if any(found == place for found, _ in self._compared(test)):
                    return isinstance(operator, ast.NotIn)
            case ast.Call(func=ast.Name(id="hasattr"), args=[value, ast.Constant(value=str(name))]):
                if (*(self.place_of(value) or ()), f".{name}") == place:
                    return False
            case _ if self._gives(test, place):
                return False
        return None

    def _gives(self, node: ast.expr, place: Place) -> bool:
        if isinstance(node, ast.NamedExpr):
            node = node.value
        if isinstance(node, ast.Name) and node.id in self._bound:
            return place in self._through_local(node.id)
        return self.read_of(node) == place

    # tests of several operands ----------------------------------------------------------------------------------------

    @cached_property
    def _test_of(self) -> dict[ast.AST, ast.expr]:
        """Map each operand of a test to the whole test."""
        body = getattr(self.graph.function.node, "body", [])
        found: dict[ast.AST, ast.expr] = {}
        for statement in statements(body if isinstance(body, list) else []):
            test: ast.expr | None = getattr(statement, "test", None)
            pending: list[ast.expr] = [test] if test is not None else []
            while pending and test is not None:
                node = pending.pop()
                found[node] = test
                if isinstance(node, ast.BoolOp):
                    pending.extend(node.values)
                elif isinstance(node, ast.UnaryOp):
                    pending.append(node.operand)
        return found

    @cached_property
    def asserted(self) -> frozenset[ast.AST]:
        """Return the operands of the tests of `assert`."""
        body = getattr(self.graph.function.node, "body", [])
        tests = {s.test for s in statements(body if isinstance(body, list) else []) if isinstance(s, ast.Assert)}
        return frozenset(node for node, test in self._test_of.items() if test in tests)

    def outcomes(self, block: BasicBlock, taken: BasicBlock) -> list[BasicBlock]:
        """Return where a whole test may end if not at `taken`, where one of its operands sends it."""
        assert isinstance(block.terminator, Branch)
        test = self._test_of.get(block.terminator.node)
        group = [block]
        for other in self.graph.blocks if test is not None else ():
            if isinstance(other.terminator, Branch) and self._test_of.get(other.terminator.node) is test:
                group.append(other)
        ends = [target for member in group for target in member.successors() if target not in group]
        return [end for end in dict.fromkeys(ends) if end is not taken]


def _called_name(node: ast.AST) -> str:
    called = getattr(node, "func", None)
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def item(around: Place, key: ast.expr) -> Place | None:
    """Return the place of an item, if its key can be spelt."""
    if isinstance(key, (ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.JoinedStr, ast.BinOp)):
        text = ast.unparse(key)
        return (*around, f"[{text}]") if len(text) <= LONGEST_KEY else None
    return None


def shown(place: Place) -> str:
    """Return a place as its reader knows it, its end only if it is long."""
    text = "".join(place)
    return text if len(text) <= LONGEST_SHOWN else f"…{text[-LONGEST_SHOWN:]}"


def names_in(place: Place) -> frozenset[str]:
    """Return the local names that a place's spelling depends on: its root and those in its keys."""
    found = {place[0]}
    for part in place[1:]:
        if part.startswith("["):
            found |= {n.id for n in ast.walk(ast.parse(part[1:-1], mode="eval")) if isinstance(n, ast.Name)}
    return frozenset(found)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body at any depth, those of functions and classes inside it left out."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        inner: list[ast.stmt] = []
        for field in ("body", "orelse", "finalbody"):
            inner += getattr(node, field, [])
        for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
            inner += part.body
        stack.extend(reversed(inner))
