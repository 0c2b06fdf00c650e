"""Which names a scope binds, and where a name that it does not bind comes from.

The rules are those of the language reference, "Naming and binding"
(https://docs.python.org/3/reference/executionmodel.html#naming-and-binding): a name bound anywhere in a function is
local to all of it, class scopes are invisible to the functions inside them, and comprehensions have a scope of their
own for their targets, while a walrus inside one binds in the function around it (PEP 572).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flake8_bookmark.source.module import CHILD_FIELDS

ScopeNode = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True, eq=False)
class Scope:
    """One scope of a module; `key` is unique within it, and `kind` "module", "function" or "class".

    `binds_inside` says that expressions of the module may bind names, too (`:=`).
    """

    key: str
    kind: str
    parent: Scope | None
    node: ScopeNode
    binds_inside: bool = True
    _names: tuple[frozenset[str], frozenset[str], frozenset[str]] | None = None

    @property
    def names(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The names bound here, declared global here, and declared nonlocal here."""
        if self._names is None:
            self._names = scope_names(self.node, self.binds_inside)
        return self._names

    @property
    def binds_globals(self) -> bool:
        """Whether a function declares names global."""
        return self.kind == "function" and bool(self.names[1])

    def locate(self, name: str) -> tuple[str, str]:
        """Return ("local" | "free" | "global", key of the owning scope)."""
        if self.kind == "module":
            return "global", ""
        bound, outer, shared = self.names
        if name in outer:
            return "global", ""
        if name in bound and name not in shared:
            return "local", self.key
        scope = self.parent
        while scope is not None and scope.kind != "module":
            if scope.kind == "function":
                bound, outer, shared = scope.names
                if name in outer:
                    return "global", ""
                if name in bound and name not in shared:
                    return "free", scope.key
            scope = scope.parent
        return "global", ""


def scope_names(node: ScopeNode, binds_inside: bool = True) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the names that a scope binds, declares global, and declares nonlocal."""
    if isinstance(node, ast.GeneratorExp):
        targets = (n for g in node.generators for n in ast.walk(g.target))
        return frozenset(n.id for n in targets if isinstance(n, ast.Name)), frozenset(), frozenset()
    if isinstance(node, ast.Lambda):
        bound, outer, shared = bound_names([node.body], binds_inside)
    else:
        bound, outer, shared = bound_names(node.body, binds_inside)
    bound |= {p.name for p in getattr(node, "type_params", ())}  # PEP 695
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        bound |= {a.arg for a in parameters(node.args)}
    return bound, outer, shared


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters in the order of `inspect.signature`."""
    out = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg:
        out.append(arguments.vararg)
    out.extend(arguments.kwonlyargs)
    if arguments.kwarg:
        out.append(arguments.kwarg)
    return out


@dataclass(slots=True)
class _Names:
    """What a walk over a scope's body has found, and the nodes that it still has to visit."""

    stack: list[ast.AST]
    bound: set[str]
    outer: set[str]
    shared: set[str]


def bound_names(
    body: Iterable[ast.AST], binds_inside: bool = True
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the names bound, declared global and declared nonlocal directly in a scope's body.

    Where nothing is bound inside an expression, expressions need no visit.
    """
    fields = _FIELDS if binds_inside else _BINDING_FIELDS
    names = _Names(list(body), set(), set(), set())
    stack = names.stack
    while stack:
        node = stack.pop()
        kind = type(node)
        visit = _BINDERS.get(kind)
        if visit is not None:
            visit(names, node)
        for name in fields.get(kind, ()):
            child = getattr(node, name, None)
            if child.__class__ is list:
                stack += child
            elif child is not None:
                stack.append(child)
    return frozenset(names.bound - names.outer), frozenset(names.outer), frozenset(names.shared)


def _definition(names: _Names, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    names.bound.add(node.name)
    names.stack.extend(_outside(node))


def _lambda(names: _Names, node: ast.Lambda) -> None:
    names.stack.extend(d for d in (*node.args.defaults, *node.args.kw_defaults) if d)


def _comprehension(names: _Names, node: ast.AST) -> None:
    names.bound.update(_walruses(node))


def _name(names: _Names, node: ast.Name) -> None:
    if type(node.ctx) is not ast.Load:
        names.bound.add(node.id)


def _import(names: _Names, node: ast.Import) -> None:
    names.bound.update((a.asname or a.name.partition(".")[0]) for a in node.names)


def _import_from(names: _Names, node: ast.ImportFrom) -> None:
    names.bound.update(a.asname or a.name for a in node.names)


def _captured(names: _Names, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
    if node.name:
        names.bound.add(node.name)


def _rest(names: _Names, node: ast.MatchMapping) -> None:
    if node.rest:
        names.bound.add(node.rest)


_OPAQUE = frozenset({*DEFINITIONS, *COMPREHENSIONS, ast.Lambda})
_FIELDS = {kind: names for kind, names in CHILD_FIELDS.items() if kind not in _OPAQUE}
_BINDING_PARTS = frozenset({"body", "orelse", "finalbody", "handlers", "cases", "items", "target", "targets"})
_BINDING_PARTS |= {"optional_vars", "pattern", "patterns", "kwd_patterns", "elts"}
_EXPRESSIONS = tuple(kind for kind in _FIELDS if issubclass(kind, ast.expr) and kind not in (ast.Tuple, ast.List))
_BINDING_FIELDS = {
    kind: found
    for kind, names in _FIELDS.items()
    if kind not in _EXPRESSIONS and (found := tuple(n for n in names if n in _BINDING_PARTS))
}
_BINDING_FIELDS[ast.Starred] = ("value",)
_BINDERS: dict[type, Callable[[_Names, Any], None]] = {
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Name: _name,
    ast.Global: lambda names, node: names.outer.update(node.names),
    ast.Nonlocal: lambda names, node: names.shared.update(node.names),
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.ExceptHandler: _captured,
    ast.MatchAs: _captured,
    ast.MatchStar: _captured,
    ast.MatchMapping: _rest,
}


def _outside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.AST]:
    """Return the parts of a definition that are evaluated in the scope around it."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
    defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d]
    return [*node.decorator_list, *defaults]


def _walruses(node: ast.AST) -> set[str]:
    found: set[str] = set()
    stack: list[ast.AST] = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, ast.Lambda):
            continue
        if isinstance(here, ast.NamedExpr):
            found.add(here.target.id)
        stack.extend(ast.iter_child_nodes(here))
    return found
