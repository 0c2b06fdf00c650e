"""BKM602: cleaning up that a cancellation interrupts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Scope
from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import CallTerm
from flake8_bookmark.project.bodies import is_log
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import is_first_party
from flake8_bookmark.rules.cancellation import suppresses, taker_of
from flake8_bookmark.rules.contexts import is_one_shot
from flake8_bookmark.rules.guarded import report
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.scopes import entering

CANCELLING = frozenset({Scope.TIMEOUT, Scope.CANCEL, Scope.TASKS})
PRINT = frozenset({"builtins.print"})


def unshielded_cleanup(subject: Subject) -> Iterator[Finding]:
    """A suspension in a `finally`, or while a cancellation is handled, that the next cancel interrupts.

    A scope of trio or anyio cancels every suspension until it is left, so the cleanup surely ends there. asyncio throws
    once; there it takes a second cancel, and matters where more cleaning up follows.
    """
    if not subject.machine.points:
        return
    is_level = _has_scopes(subject)
    seen: set[ast.AST] = set()
    for point in subject.machine.points:
        around = _cleaning(point, subject)
        if around is None or around in seen or _is_fine(point, is_level, subject) or _is_caught(point, around, subject):
            continue
        rest = _what_follows(around, point, subject)
        if not is_level and (rest is None or subject.context.is_test):
            continue
        seen.add(around)
        yield _report(point, rest, is_level, subject)


def _has_scopes(subject: Subject) -> bool:
    """Tell whether a module is written for trio, or for anyio and cancels by scopes of its own."""
    if subject.context.framework != "anyio":
        return subject.context.framework == "trio"
    module, resolver = subject.frame.module, subject.summaries.resolver
    for function in module.functions():
        for fact in function.calls:
            if fact.form == "enter" and isinstance(fact.term, CallTerm):
                made = resolver.resolve(fact.term.callee, Frame(module, function))
                if any(resolver.catalogue.scope(getattr(v, "name", "")) in CANCELLING for v in made):
                    return True
    return False


def _is_caught(point: SuspensionPoint, around: ast.AST, subject: Subject) -> bool:
    """Tell whether the cleanup itself catches the cancellation."""
    start, end = getattr(around, "lineno", 0), getattr(around, "end_lineno", 0)
    body = getattr(around, "finalbody", None) or getattr(around, "body", [])
    first = body[0].lineno if body else start
    inside = (w for w in point.withs if isinstance(w, ast.With) and first <= w.lineno <= end)
    if any(suppresses(item, subject) for statement in inside for item in statement.items):
        return True
    return any(first <= t.lineno <= end and taker_of(t, subject) is not None for t in point.tries)


def _cleaning(point: SuspensionPoint, subject: Subject) -> ast.AST | None:
    """Return the `finally` or the handler of a cancellation that a point stands in."""
    if point.finallies:
        return point.finallies[-1]
    for handler in point.handlers:
        for statement in _statements_of(subject, handler):
            if taker_of(statement, subject) is handler:
                return handler
    return None


def _statements_of(subject: Subject, handler: ast.ExceptHandler) -> Iterator[ast.Try | ast.TryStar]:
    for point in subject.machine.points:
        for statement in point.tries:
            if handler in statement.handlers:
                yield statement
                return


def _is_fine(point: SuspensionPoint, is_level: bool, subject: Subject) -> bool:
    if point.via == "yield":
        return True
    fact = subject.summaries.suspension.fact_at(point, subject.frame)
    if fact is not None and subject.summaries.shields.covers(fact, subject.frame):
        return True
    around = [*point.held, point.node] if isinstance(point.node, ast.withitem) else point.held
    return any(_shields(item, is_level, subject) for item in around)


def _shields(item: ast.withitem, is_level: bool, subject: Subject) -> bool:
    """Tell whether a scope is shielded; where there are scopes, what is unknown may be."""
    fact, shields = entering(item, subject), subject.summaries.shields
    if fact is None:
        return is_level
    return shields.may_keep_out(fact, subject.frame) if is_level else shields.keeps_out(fact, subject.frame)


def _what_follows(around: ast.AST, point: SuspensionPoint, subject: Subject) -> ast.stmt | None:
    """Return the next statement of a cleanup after a point; it is skipped if the point is cancelled."""
    reached = _lines_after(point)
    body = around.finalbody if isinstance(around, (ast.Try, ast.TryStar)) else getattr(around, "body", [])
    later = [s for s in body if s.lineno > point.line and not _is_nothing(s, subject) and reached & _lines_of(s)]
    inside = next((s for s in body if s.lineno <= point.line <= (s.end_lineno or 0)), None)
    guarded = isinstance(inside, (ast.Try, ast.With, ast.AsyncWith))
    return later[0] if later and not guarded else None


def _lines_after(point: SuspensionPoint) -> set[int]:
    """Return the lines that may still run after a point."""
    seen: dict[int, BasicBlock] = {}
    pending = [point.resume]
    while pending:
        block = pending.pop()
        if block.index not in seen:
            seen[block.index] = block
            pending.extend(block.successors())
    lines = {op.line for block in seen.values() for op in block.ops}
    ends = (getattr(block.terminator, "node", None) for block in seen.values())
    return lines | {node.lineno for node in ends if isinstance(node, (ast.stmt, ast.expr))}


def _lines_of(statement: ast.stmt) -> set[int]:
    return set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))


def _is_nothing(statement: ast.stmt, subject: Subject) -> bool:
    """Tell whether it does no harm to skip a statement: it only leaves, checks, or writes a line to the log."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return _tells(statement.value, subject)
    return isinstance(statement, (ast.Raise, ast.Pass, ast.Return, ast.Continue, ast.Break, ast.Assert))


def _tells(call: ast.Call, subject: Subject) -> bool:
    """Tell whether a call prints or writes to a log; what the project itself calls so may do more."""
    site = site_of(call)
    fact = next((f for f in subject.facts if f.form == "call" and f.site == site), None)
    names = subject.callee_names(fact) if fact is not None else frozenset()
    if names and names <= PRINT:
        return True
    return is_log(call) and not any(is_first_party(name) for name in names)


def _report(point: SuspensionPoint, rest: ast.stmt | None, is_level: bool, subject: Subject) -> Finding:
    node = point.node.context_expr if isinstance(point.node, ast.withitem) else point.node
    assert isinstance(node, (ast.expr, ast.stmt))
    if is_level:
        level, why = Level.WARNING, "if this is a cancellation, this suspension raises Cancelled again at once"
        fix = f"use {subject.context.framework}.CancelScope(shield=True)"
    else:
        level, why = Level.HINT, "a second cancel ends the cleaning up here"
        fix = "do it before, or in a finally of its own"
    skipped = f", and line {rest.lineno} never runs" if rest is not None else ""
    if subject.context.is_test or is_one_shot(subject):
        level = level.lowered()
    return report(subject, "BKM602", node, f"{why}{skipped}; {fix}", level, "unshielded-cleanup")
