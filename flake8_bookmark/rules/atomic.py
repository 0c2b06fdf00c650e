"""BKM508: code that promises not to suspend, and does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.sharing import statements
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.rules.guarded import report
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.source.comments import line_at_head

WORD = "atomic"


def broken_promise(subject: Subject) -> Iterator[Finding]:
    """A suspension inside what a comment calls atomic."""
    module, function = subject.frame.module, subject.frame.function
    marks = module.marks(WORD)
    if not marks or not subject.is_loop_code or not subject.machine.points:
        return
    node = module.node(function.key)
    body = getattr(node, "body", [])
    promised = [(s, line) for s in statements(body) if (line := line_at_head(s, marks)) is not None]
    # A comment between the `def` and its first statement is about that statement, if it has a body of its own.
    of_first = any(line > function.line for statement, line in promised if statement is body[0])
    if module.has_mark(function.key, WORD) and not of_first:
        yield from _broken(subject, function.line, lambda point: True)
        return
    for statement, line in promised:
        yield from _broken(subject, line, partial(_is_in, statement=statement))


def _is_in(point: SuspensionPoint, statement: ast.stmt) -> bool:
    """Tell whether a point is inside a statement; the way in and out of an `async with` is not."""
    own = getattr(statement, "items", [])
    return statement.lineno <= point.line <= (statement.end_lineno or statement.lineno) and point.node not in own


def _broken(subject: Subject, line: int, is_inside: Callable[[SuspensionPoint], bool]) -> Iterator[Finding]:
    reader = subject.summaries.suspension
    for point in subject.machine.points:
        if is_inside(point) and reader.at(point, subject.frame) is not Suspends.NEVER:
            node = point.node.context_expr if isinstance(point.node, ast.withitem) else point.node
            if not isinstance(node, (ast.expr, ast.stmt)):
                continue
            message = (
                f"this may suspend, but line {line} promises that nothing in here does: other tasks run in between; "
                f"move it out, or take the promise back"
            )
            yield report(subject, "BKM508", node, message, Level.ERROR, "broken-promise")
            return
