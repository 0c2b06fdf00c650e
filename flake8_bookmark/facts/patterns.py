"""Binds the names that a `match` pattern captures (PEP 634)."""

from __future__ import annotations

import ast
from typing import Protocol

from flake8_bookmark.names.terms import UNKNOWN, NarrowedTerm, Term, UnpackedTerm


class Binder(Protocol):
    """Whoever binds names and reads class patterns."""

    def bind(self, name: str, term: Term, line: int) -> None: ...

    def annotation(self, node: ast.expr) -> Term: ...


def bind_pattern(binder: Binder, node: ast.pattern, subject: Term) -> None:
    """Bind what a pattern captures; a class pattern tells what its subject is."""
    match node:
        case ast.MatchAs():
            _bind_as(binder, node, subject)
        case ast.MatchStar():
            if node.name:
                binder.bind(node.name, UNKNOWN, node.lineno)
        case ast.MatchMapping():
            for part in node.patterns:
                bind_pattern(binder, part, UNKNOWN)
            if node.rest:
                binder.bind(node.rest, UNKNOWN, node.lineno)
        case ast.MatchSequence():
            for index, part in enumerate(node.patterns):
                bind_pattern(binder, part, UnpackedTerm(subject, index))
        case ast.MatchClass():
            for part in (*node.patterns, *node.kwd_patterns):
                bind_pattern(binder, part, UNKNOWN)
        case ast.MatchOr():
            for part in node.patterns:
                bind_pattern(binder, part, subject)


def _bind_as(binder: Binder, node: ast.MatchAs, subject: Term) -> None:
    term = subject
    if node.pattern is not None:
        if isinstance(node.pattern, ast.MatchClass):
            term = NarrowedTerm(subject, binder.annotation(node.pattern.cls))
        bind_pattern(binder, node.pattern, subject)
    if node.name:
        binder.bind(node.name, term, node.lineno)
