"""What the other functions of a module do to a place: whether they set it, or change the size of what is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from flake8_bookmark.facts.model import FunctionFacts
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.flow.sharing import ADDING, REMOVING, Place
from flake8_bookmark.rules.model import Subject

MAKING = frozenset({"__init__", "__new__", "__post_init__"})


def others(place: Place, subject: Subject) -> Iterator[tuple[FunctionFacts, str]]:
    """Yield the functions that share a place, each with the name that its root has there.

    A place of `self` is shared by the methods of its class, one of the module by all of its functions. What makes the
    object is left out: nobody else has it then.
    """
    frame = subject.frame
    first = frame.function.parameters[:1] if frame.function.owner else ()
    is_self = bool(first) and first[0].name == place[0]
    for facts in frame.module.functions():
        if facts.key in (frame.function.key, MODULE_KEY) or facts.kind == "class" or facts.name in MAKING:
            continue
        if not is_self:
            yield facts, place[0]
        elif facts.owner == frame.function.owner and facts.parameters:
            yield facts, facts.parameters[0].name


def is_set_elsewhere(place: Place, subject: Subject) -> bool:
    """Tell whether another function assigns to a place."""
    for facts, root in others(place, subject):
        text = "".join((root, *place[1:]))
        for node in ast.walk(subject.frame.module.node(facts.key)):
            for target in _targets(node):
                if isinstance(target, (ast.Attribute, ast.Name)) and ast.unparse(target) == text:
                    return True
    return False


def resized_elsewhere(place: Place, subject: Subject, only_removals: bool) -> int | None:
    """Return the line where another function changes the size of the collection at a place."""
    for facts, root in others(place, subject):
        text = "".join((root, *place[1:]))
        for node in _resizing(subject.frame.module, facts.key).get(place[-1].lstrip("."), ()):
            if resizes(node, text, only_removals):
                return getattr(node, "lineno", None)
    return None


@lru_cache(maxsize=256)
def _resizing(module: ModuleFacts, key: str) -> dict[str, list[ast.AST]]:
    """Return what in a function may change the size of a collection, by the collection's last name."""
    found: dict[str, list[ast.AST]] = {}
    for node in ast.walk(module.node(key)):
        for changed in _resized(node):
            name = getattr(changed, "attr", None) or getattr(changed, "id", None)
            if name is not None:
                found.setdefault(name, []).append(node)
    return found


def _resized(node: ast.AST) -> list[ast.expr]:
    """Return the collections that a statement or call may add to or remove from."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return [node.func.value] if node.func.attr in REMOVING or node.func.attr in ADDING else []
    if isinstance(node, (ast.Delete, ast.Assign)):
        return [t.value for t in node.targets if isinstance(t, ast.Subscript)]
    return []


def resizes(node: ast.AST, text: str, only_removals: bool) -> bool:
    """Tell whether a statement or call adds to, or removes from, the collection that is written so."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        known = node.func.attr in REMOVING or (node.func.attr in ADDING and not only_removals)
        return known and ast.unparse(node.func.value) == text
    if isinstance(node, ast.Delete) or (isinstance(node, ast.Assign) and not only_removals):
        return any(isinstance(t, ast.Subscript) and ast.unparse(t.value) == text for t in node.targets)
    return False


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, (ast.AugAssign, ast.AnnAssign)) else []
