"""What the test of an `if` asks about one parameter of the function around it: whether it is true, or a text.

    if flag:                      when flag is true
    if name == "s3":              when name equals "s3"; `in ("s3", "gs")` and `!=` likewise
    if url.startswith("oidc/"):   when url begins with "oidc/"; `endswith`, `"x" in url` likewise
    if self.cache is not None:    when the own object was made with a cache

A text that was put in order before (`name.strip().lower() == "s3"`) is asked about its letters only: `holds` is false
of a text in which they don't occur.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Protocol

from flake8_bookmark.facts.model import BindingFact, ParameterTest
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, NameTerm, NarrowedTerm, ParameterTerm, Term

BEGINNINGS = {"startswith": "begins", "endswith": "ends"}
IN_ORDER = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "replace"})
IN_ORDER |= {"removeprefix", "removesuffix"}
OWN = -1
"""Stands in the place of a parameter's number for the object whose method it is."""
LONGEST = 40
MOST_TEXTS = 12


class Reader(Protocol):
    """The scope that is being read, as far as its names are concerned."""

    env: dict[str, tuple[int, ...]]
    bindings: list[BindingFact]

    def is_own(self, node: ast.expr) -> bool: ...


def conjuncts(test: ast.expr, value: bool) -> list[tuple[ast.expr, bool]]:
    """Return the parts of a test, and what each of them must be, all of them, for the test to have a value."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return conjuncts(test.operand, not value)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And if value else ast.Or):
        return [found for part in test.values for found in conjuncts(part, value)]
    return [(test, value)]


def deciding(reader: Reader, test: ast.expr, value: bool) -> tuple[ParameterTest, ...]:
    """Return what must be so of a parameter for one part of a test to have a value."""
    match test:
        case ast.Compare(
            left=ast.Name() | ast.Attribute() as name,
            ops=[ast.Is() | ast.Eq() | ast.IsNot() | ast.NotEq() as op],
            comparators=[ast.Constant(value=None | bool() as known)],
        ):
            # What is not None is taken to be true: nothing waits for a timeout of 0 either.
            return deciding(reader, name, bool(known) == (isinstance(op, (ast.Is, ast.Eq)) == value))
        case ast.Name():
            index, is_exact = _parameter(reader, test)
            return (ParameterTest(index, "true", (), value),) if index is not None and is_exact else ()
        case ast.Attribute(value=ast.Name() as owner, attr=name):
            return (ParameterTest(OWN, "field", (name,), value),) if reader.is_own(owner) else ()
    return tuple(_of_text(reader, test, value))


def _of_text(reader: Reader, test: ast.expr, value: bool) -> Iterator[ParameterTest]:
    match test:
        case ast.Compare(left=subject, ops=[ast.Eq() | ast.NotEq() as op], comparators=[other]):
            yield from _asked(reader, subject, "equals", other, isinstance(op, ast.Eq) == value)
        case ast.Compare(left=subject, ops=[ast.In() | ast.NotIn() as op], comparators=[other]):
            wanted = isinstance(op, ast.In) == value
            if isinstance(other, (ast.Tuple, ast.List, ast.Set)):
                yield from _asked(reader, subject, "equals", other, wanted)
            elif isinstance(subject, ast.Constant):
                yield from _asked(reader, other, "contains", subject, wanted)
        case ast.Call(func=ast.Attribute(value=subject, attr=method), args=[other]) if method in BEGINNINGS:
            yield from _asked(reader, subject, BEGINNINGS[method], other, value)


def _asked(reader: Reader, subject: ast.expr, word: str, other: ast.expr, wanted: bool) -> Iterator[ParameterTest]:
    texts = _texts(other)
    index, is_exact = _parameter(reader, subject)
    if texts and index is not None:
        yield ParameterTest(index, word if is_exact else "holds", texts, wanted)


def _texts(node: ast.expr) -> tuple[str, ...]:
    """Return the texts that an expression names; none if there is anything else."""
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    found = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
    is_short = len(found) <= MOST_TEXTS and all(0 < len(text) <= LONGEST for text in found)
    return tuple(found) if len(found) == len(parts) and is_short else ()


def _parameter(reader: Reader, node: ast.expr) -> tuple[int | None, bool]:
    """Return the number of the parameter that an expression is, and whether it is that very object."""
    is_exact = True
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in IN_ORDER:
        node, is_exact = node.func.value, False
    numbers = reader.env.get(node.id, ()) if isinstance(node, ast.Name) else ()
    terms = [_unnarrowed(number, reader) for number in numbers]
    found = {term.index for term in terms if isinstance(term, ParameterTerm)}
    others = [term for term in terms if not isinstance(term, ParameterTerm)]
    if len(found) != 1 or not all(isinstance(node, ast.Name) and _is_in_order(term, node.id) for term in others):
        return None, False
    return found.pop(), is_exact and not others


def _unnarrowed(number: int, reader: Reader) -> Term:
    """Return what a name is bound to, whatever was asked of its type on the way."""
    term = reader.bindings[number].term
    while isinstance(term, NarrowedTerm) and isinstance(term.value, NameTerm) and len(term.value.bindings) == 1:
        if term.value.bindings[0] >= number:
            break
        number = term.value.bindings[0]
        term = reader.bindings[number].term
    return term


def _is_in_order(term: Term, name: str) -> bool:
    """Tell whether a term is `name.strip()` or the like: the same text, put in order."""
    while isinstance(term, CallTerm) and isinstance(term.callee, AttributeTerm) and term.callee.name in IN_ORDER:
        term = term.callee.value
        if isinstance(term, NameTerm):
            return term.id == name
    return False
