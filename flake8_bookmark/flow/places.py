"""What becomes of a value: where an expression stands, and what that place does with it.

The answer is syntax: whether a coroutine may stand in such a place is for others to say.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum, auto

INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Role(Enum):
    """What the place of an expression does with its value."""

    DROPPED = auto()
    AWAITED = auto()
    TESTED = auto()  # true or false?
    IDENTITY = auto()  # `is None`
    COMPARED = auto()
    FORMATTED = auto()
    COMPUTED = auto()
    ATTRIBUTE = auto()
    SUBSCRIPTED = auto()
    CALLED = auto()
    ITERATED = auto()
    UNPACKED = auto()
    ENTERED = auto()
    RETURNED = auto()
    YIELDED = auto()
    PASSED = auto()
    STORED = auto()
    BOUND = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Use:
    """A role, the node that gives it, and the operand of that node; `detail` is an attribute's name or an argument."""

    role: Role
    node: ast.AST
    operand: ast.expr
    detail: int | str = ""

    @property
    def line(self) -> int:
        return getattr(self.node, "lineno", self.operand.lineno)


class Places:
    """The parent of each node of one function, its inner functions left out."""

    def __init__(self, function: ast.AST) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        pending: list[ast.AST] = [function]
        while pending:
            node = pending.pop()
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
                if not isinstance(child, INNER):
                    pending.append(child)

    def use_of(self, node: ast.expr) -> Use:
        """Return what becomes of an expression's value; what merely hands it on is passed through."""
        here: ast.expr = node
        while True:
            parent = self.parents.get(here)
            match parent:
                case ast.IfExp() if here is not parent.test:
                    here = parent
                case ast.BoolOp() if here is parent.values[-1]:
                    here = parent
                case ast.NamedExpr():
                    here = parent
                case ast.keyword():
                    call = self.parents[parent]
                    return Use(Role.PASSED if isinstance(call, ast.Call) else Role.OTHER, call, here, parent.arg or "")
                case None:
                    return Use(Role.OTHER, here, here)
                case _:
                    return _use(here, parent)

    def tests_around(self, node: ast.AST) -> list[ast.expr]:
        """Return the conditions of the statements and expressions that a node stands in, without its own."""
        found: list[ast.expr] = []
        here: ast.AST | None = node
        while here is not None:
            parent = self.parents.get(here)
            if isinstance(parent, (ast.If, ast.While, ast.IfExp)) and here is not parent.test:
                found.append(parent.test)
            here = parent
        return found


def _use(here: ast.expr, parent: ast.AST) -> Use:
    match parent:
        case ast.Call():
            if here is parent.func:
                return Use(Role.CALLED, parent, here)
            return Use(Role.PASSED, parent, here, next(i for i, a in enumerate(parent.args) if a is here))
        case ast.Attribute():
            return Use(Role.ATTRIBUTE, parent, here, parent.attr)
        case ast.Compare():
            return Use(_compared(here, parent), parent, here)
        case ast.Assign():
            return Use(_assigned(parent.targets), parent, here)
        case ast.UnaryOp():
            return Use(Role.TESTED if isinstance(parent.op, ast.Not) else Role.COMPUTED, parent, here)
        case ast.FormattedValue():
            return Use(Role.FORMATTED if parent.conversion != ord("r") else Role.OTHER, parent, here)
        case ast.comprehension():
            return Use(Role.ITERATED if here is parent.iter else Role.TESTED, parent, here)
        case ast.For() | ast.AsyncFor():
            return Use(Role.ITERATED if here is parent.iter else Role.OTHER, parent, here)
        case ast.Subscript():
            return Use(Role.SUBSCRIPTED if here is parent.value else Role.OTHER, parent, here)
        case ast.AnnAssign():
            return Use(_assigned([parent.target]), parent, here)
        case ast.ListComp() | ast.SetComp() | ast.DictComp():
            return Use(Role.STORED, parent, here)
    return Use(_ROLES.get(type(parent), Role.OTHER), parent, here)


def _compared(here: ast.expr, parent: ast.Compare) -> Role:
    operands = [parent.left, *parent.comparators]
    index = next(i for i, operand in enumerate(operands) if operand is here)
    around = parent.ops[max(index - 1, 0) : index + 1]
    if all(isinstance(op, (ast.Is, ast.IsNot)) for op in around):
        return Role.IDENTITY
    return Role.COMPARED


def _assigned(targets: list[ast.expr]) -> Role:
    if any(isinstance(t, (ast.Tuple, ast.List)) for t in targets):
        return Role.UNPACKED
    return Role.BOUND if all(isinstance(t, ast.Name) for t in targets) else Role.STORED


_ROLES: dict[type[ast.AST], Role] = {
    ast.Expr: Role.DROPPED,
    ast.Await: Role.AWAITED,
    ast.If: Role.TESTED,
    ast.While: Role.TESTED,
    ast.IfExp: Role.TESTED,
    ast.Assert: Role.TESTED,
    ast.BoolOp: Role.TESTED,
    ast.Match: Role.COMPARED,
    ast.BinOp: Role.COMPUTED,
    ast.AugAssign: Role.COMPUTED,
    ast.Starred: Role.ITERATED,
    ast.withitem: Role.ENTERED,
    ast.Return: Role.RETURNED,
    ast.Lambda: Role.RETURNED,
    ast.Yield: Role.YIELDED,
    ast.YieldFrom: Role.YIELDED,
    ast.List: Role.STORED,
    ast.Tuple: Role.STORED,
    ast.Set: Role.STORED,
    ast.Dict: Role.STORED,
}
