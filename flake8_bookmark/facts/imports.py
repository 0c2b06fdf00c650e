"""Reads import statements: what they bind, and that the first one runs a file."""

from __future__ import annotations

import ast
from typing import Any, Protocol

from flake8_bookmark.names.terms import ImportTerm, Term


class Binder(Protocol):
    """Whoever binds names and notes what runs code."""

    def bind(self, name: str, term: Term, line: int) -> None: ...

    def note(self, form: str, term: Term, node: ast.expr, named: ast.expr, use: str, **extra: Any) -> None: ...


def read_import(binder: Binder, node: ast.Import) -> None:
    for alias in node.names:
        module = alias.name if alias.asname else alias.name.partition(".")[0]
        binder.bind(alias.asname or module, ImportTerm(module), node.lineno)
        _note(binder, node, alias, ImportTerm(alias.name))


def read_import_from(binder: Binder, node: ast.ImportFrom) -> None:
    for alias in node.names:
        term = ImportTerm(node.module or "", alias.name, node.level)
        binder.bind(alias.asname or alias.name, term, node.lineno)
    if node.names:
        _note(binder, node, node.names[0], ImportTerm(node.module or "", "", node.level))


def _note(binder: Binder, node: ast.Import | ast.ImportFrom, alias: ast.alias, term: ImportTerm) -> None:
    named = ast.Name(term.module or ".", ast.Load(), lineno=node.lineno, col_offset=node.col_offset)
    named.end_lineno, named.end_col_offset = alias.end_lineno, alias.end_col_offset
    binder.note("import", term, named, named, "other")
