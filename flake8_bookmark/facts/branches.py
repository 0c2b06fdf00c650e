"""What the test of an `if` tells about the names in its branches."""

from __future__ import annotations

import ast
from typing import Protocol

from flake8_bookmark.facts.model import BindingFact
from flake8_bookmark.names.scopes import Scope
from flake8_bookmark.names.terms import NarrowedTerm, ParameterTerm, Term


class Reader(Protocol):
    """The scope that is being read, as far as its names are concerned."""

    scope: Scope
    env: dict[str, tuple[int, ...]]
    bindings: list[BindingFact]

    def name(self, node: ast.Name) -> Term: ...

    def annotation(self, node: ast.expr) -> Term: ...


def deciding(reader: Reader, test: ast.expr, outcome: bool) -> tuple[tuple[int, bool], ...]:
    """Return the parameters that must be true or false for a test to have an outcome."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return deciding(reader, test.operand, not outcome)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And if outcome else ast.Or):
        return tuple(found for value in test.values for found in deciding(reader, value, outcome))
    numbers = reader.env.get(test.id, ()) if isinstance(test, ast.Name) else ()
    bound = reader.bindings[numbers[0]].term if len(numbers) == 1 else None
    return ((bound.index, outcome),) if isinstance(bound, ParameterTerm) else ()


def narrowings(reader: Reader, test: ast.expr) -> list[tuple[str, Term]]:
    """Return what `isinstance(name, type)`, alone or in an `and`, tells about names in the body."""
    tests = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    found: list[tuple[str, Term]] = []
    for part in tests:
        match part:
            case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name() as name, kind]):
                if reader.scope.locate(name.id)[0] == "local" or name.id in reader.env:
                    found.append((name.id, NarrowedTerm(reader.name(name), reader.annotation(kind))))
    return found
