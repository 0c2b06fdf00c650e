"""Expressions, operand by operand.

Evaluation order: https://docs.python.org/3/reference/expressions.html#evaluation-order. Long chains (`a + b
+ c + …`, `x.a().b().c()`, `p if q else r if s else …`) nest thousands deep in generated code, so they are
walked without recursion.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from flake8_bookmark.flow.comprehensions import comprehension, dict_comprehension, generator_expression
from flake8_bookmark.flow.constants import truth
from flake8_bookmark.flow.emitter import Emitter, Table
from flake8_bookmark.flow.graph import BasicBlock, Op, OpKind
from flake8_bookmark.flow.variables import default_values

# These run the generators and functions that they are given before they return, and keep none of them.
_CONSUMERS = frozenset(
    {"sum", "any", "all", "min", "max", "sorted", "list", "tuple", "set", "frozenset", "dict", "join"}
)


def _nothing(e: Emitter, node: ast.expr) -> None:
    pass


def _name(e: Emitter, node: ast.Name) -> None:
    e.load(node)


def _chain(e: Emitter, node: ast.expr) -> None:
    spine: list[ast.expr] = []
    inner = _INNER.get(type(node))
    while inner is not None:
        spine.append(node)
        node = getattr(node, inner)
        inner = _INNER.get(type(node))
    e.expressions[type(node)](e, node)
    for link in reversed(spine):
        _FINISH[type(link)](e, link)


def _call(e: Emitter, node: ast.Call) -> None:
    for argument in node.args:
        e.expressions[type(argument)](e, argument)
    for keyword in node.keywords:
        e.expr(keyword.value)
    op = Op(OpKind.CALL, node)
    e.ops.append(op)
    if e.captures:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in _CONSUMERS:
            e.consume(op, [*node.args, *(keyword.value for keyword in node.keywords)])


def _attribute(e: Emitter, node: ast.Attribute) -> None:
    e.ops.append(Op(OpKind.ATTRIBUTE, node))


def _subscript(e: Emitter, node: ast.Subscript) -> None:
    e.expr(node.slice)
    e.ops.append(Op(OpKind.SUBSCRIPT, node))


def _binary(e: Emitter, node: ast.BinOp) -> None:
    e.expr(node.right)
    e.ops.append(Op(OpKind.OPERATOR, node))


def _unary(e: Emitter, node: ast.UnaryOp) -> None:
    e.op(OpKind.OPERATOR, node)


# What is left of a chain once its innermost operand is evaluated: the field that holds the inner part.
_INNER: dict[type, str] = {
    ast.Call: "func",
    ast.Attribute: "value",
    ast.Subscript: "value",
    ast.BinOp: "left",
    ast.UnaryOp: "operand",
}
_FINISH: dict[type, Callable[[Emitter, Any], None]] = {
    ast.Call: _call,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
}


def _boolean(e: Emitter, node: ast.BoolOp) -> None:
    decisive = isinstance(node.op, ast.Or)
    end = BasicBlock()
    for value in node.values[:-1]:
        known = truth(value)
        if known is decisive:
            e.goto(end)
            e.start(end)
            return
        if known is None:
            e.expr(value)
            after = BasicBlock()
            e.branch_to(value, *((end, after) if decisive else (after, end)))
            e.start(after)
    e.expr(node.values[-1])
    if end.reached:
        e.goto(end)
        e.start(end)


def _conditional(e: Emitter, node: ast.expr) -> None:
    end = BasicBlock()
    while isinstance(node, ast.IfExp):
        body, orelse = BasicBlock(), BasicBlock()
        e.branch(node.test, body, orelse)
        e.start(body)
        if e.block is not None:
            e.expr(node.body)
            e.goto(end)
        e.start(orelse)
        node = node.orelse
    if e.block is not None:
        e.expr(node)
        e.goto(end)
    e.start(end)


def _comparison(e: Emitter, node: ast.Compare) -> None:
    e.expr(node.left)
    end = BasicBlock()
    for comparator in node.comparators[:-1]:
        e.expr(comparator)
        e.op(OpKind.OPERATOR, node)
        after = BasicBlock()
        e.branch_to(node, after, end)
        e.start(after)
    e.expr(node.comparators[-1])
    e.op(OpKind.OPERATOR, node)
    if end.reached:
        e.goto(end)
        e.start(end)


def _walrus(e: Emitter, node: ast.NamedExpr) -> None:
    e.expr(node.value)
    e.store(node.target, node.target.id)


def _display(e: Emitter, node: ast.List | ast.Tuple | ast.Set) -> None:
    for item in node.elts:
        e.expressions[type(item)](e, item)


def _mapping(e: Emitter, node: ast.Dict) -> None:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            e.expr(key)
        e.expr(value)


def _slice(e: Emitter, node: ast.Slice) -> None:
    e.exprs((node.lower, node.upper, node.step))


def _starred(e: Emitter, node: ast.Starred) -> None:
    e.expr(node.value)


def _text(e: Emitter, node: ast.JoinedStr) -> None:
    e.exprs(node.values)


def _formatted(e: Emitter, node: ast.FormattedValue) -> None:
    e.expr(node.value)
    if node.format_spec is not None:
        e.expr(node.format_spec)
    e.op(OpKind.FORMAT, node)


def _lambda(e: Emitter, node: ast.Lambda) -> None:
    e.exprs(default_values(node.args))
    e.define(node)


def _await(e: Emitter, node: ast.Await) -> None:
    e.expr(node.value)
    e.suspend("await", node, node)


def _yield(e: Emitter, node: ast.Yield | ast.YieldFrom) -> None:
    if node.value is not None:
        e.expr(node.value)
    e.suspend("yield", node, node)


EXPRESSIONS: Table = {
    ast.Constant: _nothing,
    ast.Name: _name,
    ast.Call: _chain,
    ast.Attribute: _chain,
    ast.Subscript: _chain,
    ast.BinOp: _chain,
    ast.UnaryOp: _chain,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.Compare: _comparison,
    ast.NamedExpr: _walrus,
    ast.List: _display,
    ast.Tuple: _display,
    ast.Set: _display,
    ast.Dict: _mapping,
    ast.Slice: _slice,
    ast.Starred: _starred,
    ast.JoinedStr: _text,
    ast.FormattedValue: _formatted,
    ast.Lambda: _lambda,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.DictComp: dict_comprehension,
    ast.GeneratorExp: generator_expression,
}
