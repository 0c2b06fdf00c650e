"""What the test of an `if`, or a `try` that failed, tells about the code in its branches."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from flake8_bookmark.facts.choices import picks, weight_of
from flake8_bookmark.facts.circumstances import Circumstances
from flake8_bookmark.facts.model import PICKED, BindingFact, CallFact
from flake8_bookmark.facts.parameter_tests import conjuncts, deciding
from flake8_bookmark.names.scopes import Scope
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    ChoiceTerm,
    ElementTerm,
    NameTerm,
    NarrowedTerm,
    Term,
    unannotated,
)

MOST_ASKED = 6
LOOKED_BACK = 12
ONE_ELEMENT = 5
"""What a branch counts that a loop takes for one of its elements only: `for name in loggers: if name == "s3":`."""

Environment = dict[str, tuple[int, ...]]


class Reader(Protocol):
    """The scope that is being read, as far as its names are concerned."""

    scope: Scope
    env: dict[str, tuple[int, ...]]
    bindings: list[BindingFact]
    calls: list[CallFact]

    def name(self, node: ast.Name) -> Term: ...

    def annotation(self, node: ast.expr) -> Term: ...

    def is_own(self, node: ast.expr) -> bool: ...


def outcome(
    reader: Reader,
    test: ast.expr,
    value: bool,
    outside: Circumstances,
    guarded: bool = False,
    ways: int = 2,
    later: bool = False,
) -> Circumstances:
    """Return the circumstances where a test that was just read has a value.

    `guarded` says that the branch makes what the test finds missing; it is one of so many `ways`, or the only one,
    and a `later` one is an `elif`.
    """
    parts = [(part, wanted, deciding(reader, part, wanted)) for part, wanted in conjuncts(test, value)]
    when = tuple(found for _, _, tests in parts for found in tests)
    weight, is_pick = 0, False
    if ways > 1:
        when = tuple(replace(t, picks=True) if t.wanted and t.texts and t.word != "field" else t for t in when)
        others = [(part, wanted) for part, wanted, tests in parts if all(t.word == "field" for t in tests)]
        weight = weight_of(ways) if others else weight_of(ways) - 1 if any(t.picks for t in when) else 0
        is_pick = not guarded and any(picks(part, wanted, later) for part, wanted in others)
        weight = max(weight, PICKED) if is_pick else weight
        if is_pick and any(_asks_element(reader, part) for part, _ in others):
            weight = max(weight, ONE_ELEMENT)
    return Circumstances(
        when=(*outside.when, *when),
        guarded=outside.guarded or guarded,
        choices=outside.choices + (0 if guarded else weight),
        asked=(*outside.asked, *_asked(reader, test, value))[-MOST_ASKED:],
        picks=outside.picks + is_pick,
    )


def _asks_element(reader: Reader, test: ast.expr) -> bool:
    """Tell whether a test compares what a loop steps through."""
    names = [test.left] if isinstance(test, ast.Compare) else []
    numbers = (number for n in names if isinstance(n, ast.Name) for number in reader.env.get(n.id, ()))
    return any(isinstance(unannotated(reader.bindings[number].term), ElementTerm) for number in numbers)


def failed(
    reader: Reader, node: ast.Try | ast.TryStar, outside: Circumstances, handler: ast.ExceptHandler | None = None
) -> Circumstances:
    """Return the circumstances after `try: answer = asked()` failed, with RuntimeError: there is no running loop."""
    handlers = [handler] if handler is not None else node.handlers
    if any(not isinstance(h.type, ast.Name) or h.type.id != "RuntimeError" for h in handlers) or not handlers:
        return outside
    value = getattr(node.body[0], "value", None)
    asked = _question(reader, value) if isinstance(value, ast.Call) else None
    if asked is None:
        return outside
    return replace(outside, asked=(*outside.asked, (asked, False))[-MOST_ASKED:])


def _asked(reader: Reader, test: ast.expr, value: bool) -> list[tuple[Term, bool]]:
    """Return the questions of a test, and whether their answers are true where it has a value."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _asked(reader, operand, not value)
        case ast.BoolOp(op=op, values=parts) if isinstance(op, ast.And) == value:
            return [found for part in parts for found in _asked(reader, part, value)]
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return _asked(reader, left, not value)
        case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
            return _asked(reader, left, value)
    asked = _question(reader, test)
    return [(asked, value)] if asked is not None else []


def tested(reader: Reader, test: ast.expr, value: bool = True) -> tuple[Term | None, bool]:
    """Return what a test asks for, and whether that is true where the test has a value; None if it asks otherwise."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return tested(reader, operand, not value)
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return tested(reader, left, not value)
        case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
            return tested(reader, left, value)
        case ast.Name():
            return reader.name(test), value
    return _question(reader, test), value


def _question(reader: Reader, node: ast.expr) -> Term | None:
    """Return the term of a call that is given constants or nothing, of a name for its result or of the module's.

    Or that of an attribute of a name.
    """
    match node:
        case ast.Call(args=given, keywords=[]) if all(isinstance(a, ast.Constant) for a in given):
            site = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
            return next((c.term for c in reversed(reader.calls[-LOOKED_BACK:]) if c.site == site), None)
        case ast.Attribute(value=ast.Name() as owner):
            return AttributeTerm(reader.name(owner), node.attr)
        case ast.Name():
            term = reader.name(node)
            if isinstance(term, NameTerm) and term.scope == "global":
                return term
            numbers = term.bindings if isinstance(term, NameTerm) else ()
            bound = [unannotated(reader.bindings[n].term) for n in numbers]
            return term if any(map(_is_asking, bound)) else None
    return None


def _is_asking(term: Term) -> bool:
    """Tell whether a term may be the answer to a question without arguments, or depend on it."""
    match term:
        case CallTerm(arguments=arguments):
            return not arguments
        case ChoiceTerm(test=test):
            return test is not None
    return False


def narrowings(reader: Reader, test: ast.expr, outcome: bool = True) -> list[tuple[str, Term]]:
    """Return what a test with an outcome tells about local names: `isinstance(name, type)`, `type(name) is type`."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return narrowings(reader, test.operand, not outcome)
        case ast.BoolOp() if isinstance(test.op, ast.And if outcome else ast.Or):
            return [found for value in test.values for found in narrowings(reader, value, outcome)]
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name() as name, kind]):
            return _narrowed(reader, name, kind, not outcome)
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="type"), args=[ast.Name() as name]),
            ops=[ast.Is() | ast.Eq()],
            comparators=[kind],
        ) if outcome:
            return _narrowed(reader, name, kind, False)
    return []


def narrowings_by_pattern(reader: Reader, subject: ast.expr, pattern: ast.pattern) -> list[tuple[str, Term]]:
    """Return what a class pattern, or several of them, tells about a name that is matched."""
    parts = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
    kinds = [part.cls for part in parts if isinstance(part, ast.MatchClass)]
    if not isinstance(subject, ast.Name) or len(kinds) < len(parts):
        return []
    return _narrowed(reader, subject, kinds[0] if len(kinds) == 1 else ast.Tuple(kinds, ast.Load()), False)


def _narrowed(reader: Reader, name: ast.Name, kind: ast.expr, excluded: bool) -> list[tuple[str, Term]]:
    if reader.scope.locate(name.id)[0] != "local" and name.id not in reader.env:
        return []
    return [(name.id, NarrowedTerm(reader.name(name), reader.annotation(kind), excluded))]


def merge(environments: Sequence[Environment | None]) -> Environment | None:
    """Join what several paths bind; None stands for a path that does not arrive."""
    arriving = [e for e in environments if e is not None]
    if not arriving:
        return None
    out = dict(arriving[0])
    for other in arriving[1:]:
        for name, numbers in other.items():
            if out.get(name) != numbers:
                out[name] = tuple(sorted({*out.get(name, ()), *numbers}))
    return out
