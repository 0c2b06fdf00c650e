"""What is a function's or an object's own: what is changed there, nobody else notices."""

from __future__ import annotations

import ast
from dataclasses import replace

from flake8_bookmark.flow.rounds import names_in
from flake8_bookmark.project.conduct import Conduct
from flake8_bookmark.project.modules import Frame

MAKING = (
    *(ast.Call, ast.Await, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp),
    *(ast.Constant, ast.BinOp, ast.JoinedStr),
)
CONTAINERS = ("builtins.", "collections.")
"""Where the containers are that an object mostly makes for itself."""


def own_name(frame: Frame) -> str:
    """Return what a method calls its own object; nothing where there is none."""
    function = frame.function
    return function.parameters[0].name if function.owner and function.parameters else ""


def is_part_of(node: ast.expr, this: str) -> bool:
    """Tell whether a place is an attribute of the own object, or an item of one: `self.rows`, `self.rows[key]`.

    `self.client.token` is not: others may have the same client.
    """
    while isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and bool(this) and node.value.id == this


def as_own(found: Conduct, call: ast.Call, this: str) -> Conduct:
    """Take what a method of the own object does for done by that object: `self.refresh()`."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    is_own = isinstance(receiver, ast.Name) and bool(this) and receiver.id == this
    return replace(found, calls=frozenset(), own_calls=found.calls) if is_own else found


def fresh_names(nodes: list[ast.AST]) -> frozenset[str]:
    """Return the local names that are only ever bound to something made here."""
    made: set[str] = set()
    other: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                (made if isinstance(node.value, MAKING) else other).update(names_in(target))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            made.update(names_in(node.target))
    return frozenset(made - other)


def all_in(memos: frozenset[ast.AST], names: list[str], nodes: list[ast.AST]) -> bool:
    """Tell whether a function binds some names only where they are missing."""
    bound = [n for n in nodes if isinstance(n, ast.Name) and n.id in names and not isinstance(n.ctx, ast.Load)]
    return all(node in memos for node in bound)


def entered_names(item: ast.withitem) -> set[str]:
    made = isinstance(item.context_expr, (ast.Call, ast.Await)) and item.optional_vars is not None
    return names_in(item.optional_vars) if made and item.optional_vars is not None else set()
