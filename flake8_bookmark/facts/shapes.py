"""What a tree tells before anything in it is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from flake8_bookmark.facts.model import Site
from flake8_bookmark.facts.places import site_of

LEAVING = (ast.Return, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.TryStar, ast.AsyncFor, ast.AsyncWith, ast.Match)


def first_awaits(node: ast.AST) -> Iterator[Site]:
    """Yield the places of what a coroutine function awaits in the plain statements that it begins with."""
    for statement in node.body if isinstance(node, ast.AsyncFunctionDef) else ():
        if not isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)):
            return
        if isinstance(statement.value, ast.Await):
            yield site_of(statement.value.value)
        if isinstance(statement, ast.Return):
            return


def bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        inner = getattr(node, name, None)
        if isinstance(inner, list):
            yield inner
    for name in ("handlers", "cases"):
        for part in getattr(node, name, ()):
            yield part.body


def failing_from(body: Sequence[ast.stmt]) -> int:
    """Return the number of the statement of a body from which on it can only end with its last one, a `raise`."""
    number = len(body) - (bool(body) and isinstance(body[-1], ast.Raise))
    while 0 < number < len(body) and not _may_leave(body[number - 1]):
        number -= 1
    return number


def _may_leave(statement: ast.stmt) -> bool:
    """Tell whether a statement may end the function, or hand over, without an exception."""
    stack: list[ast.AST] = [statement]
    while stack:
        here = stack.pop()
        if isinstance(here, LEAVING):
            return True
        if not isinstance(here, SCOPES):
            stack.extend(ast.iter_child_nodes(here))
    return False


def ways_of(node: ast.If) -> int:
    """Return how many ways an `if` with its `elif` and `else` has."""
    ways = 2
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node, ways = node.orelse[0], ways + 1
    return ways


def kind_of(arguments: ast.arguments, arg: ast.arg) -> str:
    if arg is arguments.vararg:
        return "vararg"
    if arg is arguments.kwarg:
        return "kwarg"
    return "keyword" if arg in arguments.kwonlyargs else "positional"


def awaits(node: ast.GeneratorExp) -> bool:
    """Tell whether a generator expression awaits inside itself (its first iterable is evaluated outside)."""
    first = node.generators[0]
    inner: list[ast.AST] = [node.elt, *first.ifs, *node.generators[1:]]
    stack = inner
    while stack:
        here = stack.pop()
        if isinstance(here, ast.Await):
            return True
        if not isinstance(here, (ast.Lambda, ast.GeneratorExp)):
            stack.extend(ast.iter_child_nodes(here))
    return False
