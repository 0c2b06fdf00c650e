"""Where an expression stands, and how its reader knows it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from flake8_bookmark.facts.model import Site


def site_of(node: ast.expr | ast.stmt) -> Site:
    """Return the place of a node."""
    return (node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def written(node: ast.expr) -> str:
    """Return a callee as its reader knows it: `db.users`, `Path().read_text`."""
    ends: list[str] = []
    while True:
        kind = type(node)
        if kind in _NAMES:
            ends.append(_NAMES[kind](node))
            break
        if kind not in _PARTS:
            ends.append("()")
            break
        node, end = _PARTS[kind](node)
        ends.append(end)
    return "".join(reversed(ends))


_NAMES: dict[type[ast.expr], Callable[[Any], str]] = {
    ast.Name: lambda node: node.id,
    ast.Lambda: lambda node: "<lambda>",
    ast.Constant: lambda node: type(node.value).__name__,
}
_PARTS: dict[type[ast.expr], Callable[[Any], tuple[ast.expr, str]]] = {
    ast.Attribute: lambda node: (node.value, f".{node.attr}"),
    ast.Call: lambda node: (node.func, "()"),
    ast.Await: lambda node: (node.value, ""),
    ast.Subscript: lambda node: (node.value, "[…]"),
}


def written_name(node: ast.expr) -> str:
    """Return the last part of a callee as it is written."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def name_place(node: ast.expr) -> tuple[int, int]:
    """Return line and column of the name that a reader would point at: the last one of a dotted chain."""
    if isinstance(node, ast.Attribute):
        name = node.attr
        length = len(name) if name.isascii() else len(name.encode("utf-8", "replace"))
        return node.end_lineno or node.lineno, max((node.end_col_offset or 0) - length, 0)
    return node.lineno, node.col_offset
