"""What of an object's state is its own: what a method changes there, no other object notices."""

from __future__ import annotations

import ast
from dataclasses import replace

from flake8_bookmark.project.conduct import Conduct
from flake8_bookmark.project.modules import Frame

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
