"""`match`: each case is a test of the subject, then its bindings, then the guard.

Names are bound only when the whole pattern has matched, before the guard runs.
https://docs.python.org/3/reference/compound_stmts.html#the-match-statement
"""

from __future__ import annotations

import ast

from flake8_bookmark.flow.emitter import Emitter
from flake8_bookmark.flow.graph import BasicBlock, OpKind

_Bindings = list[tuple[ast.pattern, str]]


def match(e: Emitter, node: ast.Match) -> None:
    e.expr(node.subject)
    end = BasicBlock()
    for case in node.cases:
        after = BasicBlock()
        _case(e, case, after)
        e.stmts(case.body)
        e.goto(end)
        e.start(after)
    e.goto(end)
    e.start(end)


def _case(e: Emitter, case: ast.match_case, after: BasicBlock) -> None:
    bindings: _Bindings = []
    _pattern(e, case.pattern, bindings)
    if not _always_matches(case.pattern):
        matched = BasicBlock()
        e.op(OpKind.MATCH, case)
        e.branch_to(case, matched, after)
        e.start(matched)
    for pattern, name in bindings:
        e.store(pattern, name)
    if case.guard is not None:
        body = BasicBlock()
        e.branch(case.guard, body, after)
        e.start(body)


def _always_matches(pattern: ast.pattern) -> bool:
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=inner) if inner is not None:
            return _always_matches(inner)
        case ast.MatchOr():
            return any(_always_matches(alternative) for alternative in pattern.patterns)
    return False


def _pattern(e: Emitter, pattern: ast.pattern, bindings: _Bindings) -> None:
    """Emit the values that a pattern compares with, and collect what it binds."""
    inner: list[ast.pattern] = []
    match pattern:
        case ast.MatchValue():
            e.expr(pattern.value)
        case ast.MatchClass():
            e.expr(pattern.cls)
            inner = [*pattern.patterns, *pattern.kwd_patterns]
        case ast.MatchMapping():
            e.exprs(pattern.keys)
            inner = pattern.patterns
        case ast.MatchAs():
            inner = [pattern.pattern] if pattern.pattern is not None else []
        case ast.MatchOr() | ast.MatchSequence():
            inner = pattern.patterns
    for part in inner:
        _pattern(e, part, bindings)
    name = (
        getattr(pattern, "rest", None)
        if isinstance(pattern, ast.MatchMapping)
        else getattr(pattern, "name", None)
    )
    if name and all(name != bound for _, bound in bindings):
        bindings.append((pattern, name))
