"""What assignment does to its targets, and `del` to its own.

https://docs.python.org/3/reference/simple_stmts.html#assignment-statements
"""

from __future__ import annotations

import ast

from flake8_bookmark.flow.emitter import Emitter
from flake8_bookmark.flow.graph import OpKind


def store(e: Emitter, target: ast.expr) -> None:
    """Bind a target to a value that is already there."""
    match target:
        case ast.Name():
            e.store(target, target.id)
        case ast.Tuple() | ast.List():
            e.op(OpKind.UNPACK, target)
            for item in target.elts:
                store(e, item)
        case ast.Starred():
            store(e, target.value)
        case _:
            change(e, target)


def change(e: Emitter, target: ast.expr) -> None:
    """Assign or delete an attribute or item, after evaluating whose it is."""
    match target:
        case ast.Attribute():
            e.expr(target.value)
            e.op(OpKind.SET_ATTRIBUTE, target)
        case ast.Subscript():
            e.expr(target.value)
            e.expr(target.slice)
            e.op(OpKind.SET_ITEM, target)


def delete(e: Emitter, target: ast.expr) -> None:
    match target:
        case ast.Name():
            e.store(target, target.id, OpKind.DELETE)
        case ast.Tuple() | ast.List():
            for item in target.elts:
                delete(e, item)
        case _:
            change(e, target)


def names_in(target: ast.expr) -> list[str]:
    """Return the names that a target binds."""
    match target:
        case ast.Name():
            return [target.id]
        case ast.Tuple() | ast.List():
            return [name for item in target.elts for name in names_in(item)]
        case ast.Starred():
            return names_in(target.value)
    return []
