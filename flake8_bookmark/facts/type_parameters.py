"""The type parameters of `def f[T: Bound]` and `class C[T]` (PEP 695); the grammar has them from 3.12 on."""

from __future__ import annotations

import ast
from typing import Any, Protocol

from flake8_bookmark.names.terms import Term, TypeVariableTerm

HAS_TYPE_PARAMETERS = hasattr(ast, "TypeVar")


class Reader(Protocol):
    """Whoever reads annotations."""

    def annotation(self, node: ast.expr) -> Term: ...


def type_parameters(node: ast.AST) -> list[Any]:
    return getattr(node, "type_params", [])


def read_type_parameters(reader: Reader, node: ast.AST) -> dict[str, Term]:
    """Return the type parameters of a `def f[T]` or `class C[T]` (PEP 695) by name."""
    found: dict[str, Term] = {}
    for parameter in type_parameters(node):
        bound = getattr(parameter, "bound", None)
        found[parameter.name] = TypeVariableTerm(parameter.name, reader.annotation(bound) if bound else None)
    return found
