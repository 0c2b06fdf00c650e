"""Code that makes something shared once: it runs only while that is still missing.

Two shapes: `if self.x is None: self.x = make()`, and `if self.x is not None: return self.x` before the making. What is
guarded must be shared (an attribute, an item or a global), and the body must set it. A local name for an item of it
counts as well: `found = cache.get(key)`, `if found is None: cache[key] = make()`. What a cache is asked for by that
word (`found = self.get_cached(key)`, `if is_cached(key): return`) is made for it wherever that is then missing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from flake8_bookmark.facts.branches import Reader
from flake8_bookmark.names.terms import (
    AttributeTerm,
    AwaitTerm,
    CallTerm,
    NameTerm,
    SubscriptTerm,
    Term,
    UnpackedTerm,
    unannotated,
)

ITEM_METHODS = frozenset({"get", "setdefault", "pop"})
FILLING = frozenset({"add", "append", "setdefault", "update", "insert"})
CACHE = "cache"
PLACES = ("dir", "path", "file", "folder", "root")
"""The place of a cache is no item of it."""


def makes_missing(reader: Reader, test: ast.expr, body: Sequence[ast.stmt]) -> bool:
    """Tell whether a test finds something shared missing, and the body makes it, or asks its owner to."""
    for part in test.values if isinstance(test, ast.BoolOp) else [test]:
        name = missing(part)
        shared = list(_shared_names(reader, name))
        if any(sets(body, s) for s in shared) or _is_from_cache(reader, name):
            return True
        if shared and isinstance(part, ast.Compare) and (_asks(body, name) if "." in name else sets(body, name)):
            return True
    return False


def makes_absent(reader: Reader, test: ast.expr, rest: Sequence[ast.stmt]) -> bool:
    """Tell whether a test finds something shared present, and what follows makes it otherwise."""
    for part in test.values if isinstance(test, ast.BoolOp) else [test]:
        if isinstance(part, ast.Call) and CACHE in _written(part.func).rpartition(".")[2].lower():
            return True
        name = present(part)
        if _is_from_cache(reader, name) or any(sets(rest, s) for s in _shared_names(reader, name)):
            return True
        if "." in name and isinstance(part, ast.Compare) and _asks(rest, name) and _is_read(rest, name):
            return True
    return False


def gives_present(statement: ast.stmt) -> bool:
    """Tell whether a statement returns something shared where it is there: what follows makes what is missing.

    `if context.client and context.client.is_open: return context.client`, also inside of other branches.
    """
    if not isinstance(statement, ast.If):
        return False
    last = statement.body[-1]
    if isinstance(last, ast.Return) and isinstance(last.value, ast.Attribute):
        tests = statement.test.values if isinstance(statement.test, ast.BoolOp) else [statement.test]
        if any(present(part) == _written(last.value) != "" for part in tests):
            return True
    return any(gives_present(inner) for inner in (*statement.body, *statement.orelse))


def _is_from_cache(reader: Reader, name: str) -> bool:
    """Tell whether a local name is what a cache was asked for."""
    numbers = reader.env.get(name, ()) if name and "." not in name else ()
    return bool(numbers) and all(_asks_cache(reader.bindings[number].term) for number in numbers)


def _asks_cache(term: Term) -> bool:
    term = unannotated(term)
    while isinstance(term, (AwaitTerm, SubscriptTerm, UnpackedTerm)):
        term = term.value
    here = term.callee if isinstance(term, CallTerm) else None
    while here is not None:
        word = here.name if isinstance(here, AttributeTerm) else here.id if isinstance(here, NameTerm) else ""
        if CACHE in word.lower():
            return not word.lower().endswith(PLACES)
        here = here.value if isinstance(here, AttributeTerm) else None
    return False


def _is_read(body: Sequence[ast.stmt], name: str) -> bool:
    """Tell whether statements look at an attribute, as it is written."""
    nodes = (node for statement in body for node in ast.walk(statement))
    return any(isinstance(node, ast.Attribute) and _written(node) == name for node in nodes)


def _shared_names(reader: Reader, name: str) -> Iterator[str]:
    """Yield what a name stands for, as written: itself where it is shared, or the container it was looked up in."""
    if not name:
        return
    if "." in name or reader.scope.locate(name)[0] != "local":
        yield name
        return
    for number in reader.env.get(name, ()):
        yield from _container(reader.bindings[number].term)


def _container(term: Term) -> Iterator[str]:
    """Yield the shared container that a term is an item or attribute of, as written."""
    match term:
        case CallTerm(callee=AttributeTerm(value=container, name=method)) if method in ITEM_METHODS:
            yield from _named(container)
        case SubscriptTerm(value=container):
            yield from _named(container)
        case AttributeTerm():
            yield from _named(term)


def _named(term: Term) -> Iterator[str]:
    match term:
        case NameTerm(id=name, scope=scope) if scope != "local":
            yield name
        case AttributeTerm(value=NameTerm(id=name), name=attribute):
            yield f"{name}.{attribute}"


def missing(test: ast.expr) -> str:
    """Return what a test finds missing, as written; empty if it is not such a test."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _shared(operand)
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return _shared(left)
        case ast.Compare(ops=[ast.NotIn()], comparators=[container]):
            return _shared(container)
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="len"), args=[container]),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value=0)],
        ):
            return _shared(container)
    return ""


def present(test: ast.expr) -> str:
    """Return what a test finds present, as written; empty if it is not such a test."""
    match test:
        case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
            return _shared(left)
        case ast.Compare(ops=[ast.In()], comparators=[container]):
            return _shared(container)
    return _shared(test)


def _asks(body: Sequence[ast.stmt], name: str) -> bool:
    """Tell whether a statement of a body calls a method of what an attribute belongs to: `self.start()`."""
    owner = f"{name.partition('.')[0]}."
    values = (getattr(statement, "value", None) for statement in body)
    return any(isinstance(v, ast.Call) and _written(v.func).startswith(owner) for v in values)


def sets(body: Sequence[ast.stmt], name: str) -> bool:
    """Tell whether statements set what was missing, or an item of it."""
    for statement in body:
        for node in ast.walk(statement):
            targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and any(
                _written(t.value if isinstance(t, ast.Subscript) else t) == name for t in targets if t is not None
            ):
                return True
            if isinstance(node, ast.Call) and _fills(node.func, name):
                return True
    return False


def _fills(callee: ast.expr, name: str) -> bool:
    return isinstance(callee, ast.Attribute) and callee.attr in FILLING and _written(callee.value) == name


def _shared(node: ast.expr) -> str:
    """Return an attribute or a plain name as written; whether the name is a global shows in `sets`."""
    return _written(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""


def _written(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_written(node.value)}.{node.attr}" if _written(node.value) else ""
    return ""


def is_type_checking(test: ast.expr) -> bool:
    """Tell whether a test is only true for type checkers."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False
