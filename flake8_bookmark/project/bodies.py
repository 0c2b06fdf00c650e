"""What a function or a call says by how it is written, without being followed."""

from __future__ import annotations

import ast

from flake8_bookmark.flow.rounds import path_of

LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "trace", "success"})


def is_log(call: ast.Call) -> bool:
    """Tell whether a call writes to a log, by how it is written: `log.info(…)`."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in LOGGING


def is_stub(body: list[ast.stmt]) -> bool:
    """Tell whether a body does nothing itself: a protocol, an abstract method."""
    return all(isinstance(s, (ast.Pass, ast.Raise)) for s in _without_texts(body))


def is_hook(body: list[ast.stmt]) -> bool:
    """Tell whether a body only returns a constant, for those who don't override it: `return DEFAULTS.POWER`."""
    match _without_texts(body):
        case [ast.Return(value=None | ast.Constant())]:
            return True
        case [ast.Return(value=ast.Attribute() | ast.Name() as value)]:
            return (path_of(value) or "").rpartition(".")[2].isupper()
    return False


def _without_texts(body: list[ast.stmt]) -> list[ast.stmt]:
    return [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
