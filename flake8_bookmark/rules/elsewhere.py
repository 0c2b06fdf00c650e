"""What the other functions of a module do to a place: whether they set it, or change the size of what is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from flake8_bookmark.facts.model import FunctionFacts
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.flow.sharing import ADDING, REMOVING, Place
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.phases import is_at_an_edge

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
    return any(True for _ in setting(place, subject))


def setting(place: Place, subject: Subject) -> Iterator[FunctionFacts]:
    """Yield the other functions that assign to a place."""
    targets = _changes(subject.frame.module).setting.get(place[-1].lstrip("."), {})
    for facts, root in others(place, subject) if targets else ():
        text = "".join((root, *place[1:]))
        if any(ast.unparse(target) == text for target in targets.get(facts.key, ())):
            yield facts


def resized_elsewhere(place: Place, subject: Subject, only_removals: bool) -> int | None:
    """Return the line where another function changes the size of the collection at a place.

    What only runs while the object starts or ends is left out, and so are plain functions that only add: these
    register something, mostly before the loop is running.
    """
    module = subject.frame.module
    resizing = _changes(module).resizing.get(place[-1].lstrip("."), {})
    for facts, root in others(place, subject) if resizing else ():
        text = "".join((root, *place[1:]))
        removals = only_removals or facts.kind not in ("coroutine", "asyncgenerator")
        for node in resizing.get(facts.key, ()):
            if resizes(node, text, removals) and not is_at_an_edge(Frame(module, facts), subject):
                return getattr(node, "lineno", None)
    return None


@dataclass
class _Changes:
    """What the functions of a module assign to, and what may change the size of a collection in them.

    Both by the last name of the place, and by the key of the function.
    """

    setting: dict[str, dict[str, list[ast.expr]]] = field(default_factory=dict)
    resizing: dict[str, dict[str, list[ast.AST]]] = field(default_factory=dict)


@lru_cache(maxsize=4)
def _changes(module: ModuleFacts) -> _Changes:
    found = _Changes()
    for facts in module.functions():
        if facts.key == MODULE_KEY or facts.kind == "class":
            continue
        for node in ast.walk(module.node(facts.key)):
            for target in _targets(node):
                if isinstance(target, (ast.Attribute, ast.Name)):
                    found.setting.setdefault(_last_name(target), {}).setdefault(facts.key, []).append(target)
            for changed in _resized(node):
                found.resizing.setdefault(_last_name(changed), {}).setdefault(facts.key, []).append(node)
    return found


def _last_name(node: ast.expr) -> str:
    return getattr(node, "attr", None) or getattr(node, "id", None) or ""


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
