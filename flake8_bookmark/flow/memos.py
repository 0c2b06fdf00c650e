"""What a function fills in where it is missing: `if self._token is None: self._token = await fetch()`.

Who comes first makes it, and who comes later finds the same. So it is no change in whose order anything could hang:
a token, a client, an item of a cache. What is set to a constant says something else, that somebody is at it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
ENDS = (ast.Return, ast.Raise, ast.Continue)


def filled(body: Sequence[ast.stmt], nodes: Iterable[ast.AST]) -> frozenset[ast.AST]:
    """Return the targets of the assignments in a body that only fill in what a test has found to be missing."""
    looked_up = dict(_looked_up(nodes))
    found: set[ast.AST] = set()
    _follow(body, frozenset(), looked_up, found)
    return frozenset(found)


def _looked_up(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield the local names that hold what was looked up, each with its place: `token = self._tokens.get(key)`."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.NamedExpr(
                target=ast.Name(id=name), value=value
            ):
                place = _place(value)
                if place:
                    yield name, place


def _follow(
    body: Sequence[ast.stmt], missing: frozenset[str], looked_up: dict[str, str], found: set[ast.AST]
) -> None:
    """Go through statements with the places that are known to be missing here."""
    for statement in body:
        match statement:
            case ast.If(test=test, body=then, orelse=other):
                tested = frozenset(looked_up.get(p, p) for p in _tested(test))
                _follow(then, missing | tested, looked_up, found)
                _follow(other, missing | tested, looked_up, found)
                if then and isinstance(then[-1], ENDS):
                    missing |= tested
            case ast.Assign(targets=targets, value=value) if not isinstance(value, ast.Constant):
                found.update(t for t in targets if isinstance(t, (ast.Attribute, ast.Subscript, ast.Name))
                             and ast.unparse(t) in missing)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if not isinstance(value, ast.Constant):
                if ast.unparse(target) in missing:
                    found.add(target)
            case ast.Try() | ast.TryStar():
                for part in (statement.body, statement.orelse, statement.finalbody):
                    _follow(part, missing, looked_up, found)
            case ast.With(body=inner) | ast.AsyncWith(body=inner):
                _follow(inner, missing, looked_up, found)


def _tested(test: ast.expr) -> Iterator[str]:
    """Yield the places of which a test says whether there is something, and whether it is still good."""
    match test:
        case ast.BoolOp(values=values):
            for value in values:
                yield from _tested(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _tested(operand)
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            yield from _named(left)
        case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[whole]):
            yield f"{ast.unparse(whole)}[{ast.unparse(key)}]"
        case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, ORDERED):
            for side in (left, right):
                for node in ast.walk(side):
                    yield from _named(node)
        case _:
            yield from _named(test)


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.NamedExpr):
        node = node.target
    if isinstance(node, ast.Name):
        yield node.id
    place = _place(node)
    if place:
        yield place


def _place(node: ast.AST) -> str:
    """Return the text of what an expression looks up: an attribute, an item, `d.get(key)`."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *_]):
            return f"{ast.unparse(value)}[{ast.unparse(key)}]"
        case ast.Attribute() | ast.Subscript():
            return ast.unparse(node)
    return ""
