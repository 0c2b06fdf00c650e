"""What an inner function reads and binds of the function around it.

https://docs.python.org/3/reference/executionmodel.html#resolution-of-names
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from flake8_bookmark.source.module import CHILD_FIELDS

Inner = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp | ast.ClassDef
_NOTHING: tuple[str, ...] = ()
_Stack = list[Any]


class FreeNames(NamedTuple):
    """The names that a function takes from outside, and those of them that it binds there (`nonlocal`)."""

    read: frozenset[str]
    rebound: frozenset[str]


class _Names:
    """The names of one scope, as far as it was walked."""

    __slots__ = ("bound", "globals", "nonlocals", "read", "rebound")

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.bound: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.rebound: set[str] = set()

    def walk(self, roots: Iterable[Any]) -> None:
        stack = list(roots)
        while stack:
            node = stack.pop()
            kind = type(node)
            visit = _VISITS.get(kind)
            if visit is not None:
                visit(self, node, stack)
                continue
            for name in CHILD_FIELDS.get(kind, _NOTHING):
                child = getattr(node, name, None)
                if child.__class__ is list:
                    stack += child
                elif child is not None:
                    stack.append(child)

    def free(self) -> FreeNames:
        own = (self.bound | self.globals) - self.nonlocals
        rebound = (self.nonlocals & self.bound) | (self.rebound - own)
        return FreeNames(frozenset((self.read | rebound) - own), frozenset(rebound))

    def take(self, inner: FreeNames) -> None:
        self.read |= inner.read
        self.rebound |= inner.rebound


def free_names(node: Inner) -> FreeNames:
    """Return what the body of a function or class takes from the functions around it (or from the module)."""
    names = _Names()
    names.walk(_body(node, names.bound))
    if not isinstance(node, ast.ClassDef):
        return names.free()
    # A class body's own names are invisible inside its methods, and looked up outside before they are bound.
    return FreeNames(frozenset(names.read | names.nonlocals), frozenset(names.nonlocals | names.rebound))


def _body(node: Inner, bound: set[str]) -> list[Any]:
    """Return the nodes that run inside; add the parameters to `bound`."""
    if isinstance(node, ast.GeneratorExp):
        first, *others = node.generators
        return [node.elt, first.target, *first.ifs, *others]
    if isinstance(node, ast.ClassDef):
        return list(node.body)
    bound.update(parameter.arg for parameter in parameters(node.args))
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters in the order in which the frame numbers them."""
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    found.extend(star for star in (arguments.vararg, arguments.kwarg) if star is not None)
    return found


def default_values(arguments: ast.arguments) -> list[ast.expr]:
    return [value for value in (*arguments.defaults, *arguments.kw_defaults) if value is not None]


def _name(names: _Names, node: ast.Name, stack: _Stack) -> None:
    (names.read if type(node.ctx) is ast.Load else names.bound).add(node.id)


def _definition(names: _Names, node: ast.FunctionDef | ast.AsyncFunctionDef, stack: _Stack) -> None:
    names.bound.add(node.name)
    stack += node.decorator_list
    stack += default_values(node.args)
    stack += [a.annotation for a in parameters(node.args) if a.annotation]
    names.take(free_names(node))


def _lambda(names: _Names, node: ast.Lambda, stack: _Stack) -> None:
    stack += default_values(node.args)
    names.take(free_names(node))


def _class(names: _Names, node: ast.ClassDef, stack: _Stack) -> None:
    names.bound.add(node.name)
    stack += [*node.decorator_list, *node.bases, *node.keywords]
    names.take(free_names(node))


def _generator_expression(names: _Names, node: ast.GeneratorExp, stack: _Stack) -> None:
    stack.append(node.generators[0].iter)
    names.take(free_names(node))


def _comprehension(names: _Names, node: ast.ListComp | ast.SetComp | ast.DictComp, stack: _Stack) -> None:
    """Keep the targets apart from the names around them; a walrus binds outside (PEP 572)."""
    stack.append(node.generators[0].iter)
    inner = _Names()
    elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    conditions = [test for generator in node.generators for test in generator.ifs]
    inner.walk([*elements, *conditions, *(generator.iter for generator in node.generators[1:])])
    targets = _Names()
    targets.walk(generator.target for generator in node.generators)
    names.bound |= inner.bound
    names.take(FreeNames(frozenset((inner.read | targets.read) - targets.bound), frozenset(inner.rebound)))


def _import(names: _Names, node: ast.Import | ast.ImportFrom, stack: _Stack) -> None:
    names.bound.update(bound_by(alias) for alias in node.names)


def bound_by(alias: ast.alias) -> str:
    """Return the name that one item of an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def _global(names: _Names, node: ast.Global, stack: _Stack) -> None:
    names.globals.update(node.names)


def _nonlocal(names: _Names, node: ast.Nonlocal, stack: _Stack) -> None:
    names.nonlocals.update(node.names)


def _named(names: _Names, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar, stack: _Stack) -> None:
    if node.name:
        names.bound.add(node.name)
    for child in CHILD_FIELDS[type(node)]:
        value = getattr(node, child)
        stack += value if isinstance(value, list) else [value]


def _mapping(names: _Names, node: ast.MatchMapping, stack: _Stack) -> None:
    if node.rest:
        names.bound.add(node.rest)
    stack += [*node.keys, *node.patterns]


_VISITS: dict[type, Callable[[_Names, Any, _Stack], None]] = {
    ast.Name: _name,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.Lambda: _lambda,
    ast.ClassDef: _class,
    ast.GeneratorExp: _generator_expression,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.ExceptHandler: _named,
    ast.MatchAs: _named,
    ast.MatchStar: _named,
    ast.MatchMapping: _mapping,
}
