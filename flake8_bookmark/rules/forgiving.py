"""Loops whose rounds need nothing of each other because of how they end: failures that stop nobody, cancelled tasks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.flow.rounds import Round, names_in, path_of, root_of, within
from flake8_bookmark.names.terms import UNKNOWN
from flake8_bookmark.rules.cancellation import caught_names
from flake8_bookmark.rules.model import Subject

ANY_FAILURE = frozenset({"builtins.Exception", "builtins.BaseException"})
GOING_ON = (ast.Raise, ast.Return, ast.Break)


def is_forgiving(node: ast.AST, subject: Subject) -> bool:
    """Tell whether a statement of a round takes whatever fails in it for no reason to stop the loop."""
    match node:
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
            taken = [h for h in handlers if _takes_any(h, subject)]
            return bool(taken) and not any(isinstance(n, GOING_ON) for h in handlers for n in _body(h.body))
        case ast.With(items=items):
            return all(_suppresses(item, subject) for item in items)
    return False


def _body(body: list[ast.stmt]) -> Iterator[ast.AST]:
    return (n for statement in body for n in within(statement))


def _takes_any(handler: ast.ExceptHandler, subject: Subject) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name in ANY_FAILURE for node in types for name in caught_names(node, subject))


def _suppresses(item: ast.withitem, subject: Subject) -> bool:
    call = item.context_expr
    if not isinstance(call, ast.Call) or written(call.func).rpartition(".")[2] != "suppress":
        return False
    return any(name in ANY_FAILURE for node in call.args for name in caught_names(node, subject))


# cancelled one by one -------------------------------------------------------------------------------------------------


def cancelled_in_turn(rounds: Round, subject: Subject) -> CallFact | None:
    """Return what stands for the await of a round that waits for a task that the round itself has just cancelled.

    The next task is then cancelled only when this one has come to its end. A round that has other awaits, or that may
    end the loop, is left alone.
    """
    if not isinstance(rounds.node, ast.For) or any(isinstance(n, (ast.Return, ast.Break)) for n in rounds.nodes):
        return None
    waits = [n for n in rounds.nodes if isinstance(n, (ast.Await, ast.AsyncWith, ast.AsyncFor))]
    if len(waits) != 1 or not isinstance(waits[0], ast.Await):
        return None
    awaited = path_of(waits[0].value)
    if awaited is None or root_of(awaited) not in rounds.items | names_in(rounds.node.target):
        return None
    if not any(_cancels(node, awaited) and node.lineno <= waits[0].lineno for node in rounds.nodes):
        return None
    line, column, *_ = site_of(waits[0])
    return CallFact("await", UNKNOWN, site_of(waits[0]), line, column, awaited, "other")


def _cancels(node: ast.AST, path: str) -> TypeGuard[ast.Call]:
    """Tell whether a node is `path.cancel()`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "cancel"
        and path_of(node.func.value) == path
    )
