"""Which names a scope binds, and where a name that it does not bind comes from.

The rules are those of the language reference, "Naming and binding"
(https://docs.python.org/3/reference/executionmodel.html#naming-and-binding): a name bound anywhere in a function is
local to all of it, class scopes are invisible to the functions inside them, and comprehensions have a scope of their
own for their targets, while a walrus inside one binds in the function around it (PEP 572).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

ScopeNode = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True, eq=False)
class Scope:
    """One scope of a module; `key` is unique within it, and `kind` "module", "function" or "class"."""

    key: str
    kind: str
    parent: Scope | None
    node: ScopeNode
    _names: tuple[frozenset[str], frozenset[str], frozenset[str]] | None = None

    @property
    def names(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The names bound here, declared global here, and declared nonlocal here."""
        if self._names is None:
            self._names = scope_names(self.node)
        return self._names

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


def scope_names(node: ScopeNode) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the names that a scope binds, declares global, and declares nonlocal."""
    if isinstance(node, ast.GeneratorExp):
        targets = (n for g in node.generators for n in ast.walk(g.target))
        return frozenset(n.id for n in targets if isinstance(n, ast.Name)), frozenset(), frozenset()
    if isinstance(node, ast.Lambda):
        bound, outer, shared = bound_names([node.body])
    else:
        bound, outer, shared = bound_names(node.body)
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


def bound_names(body: Iterable[ast.AST]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the names bound, declared global and declared nonlocal directly in a scope's body."""
    bound: set[str] = set()
    outer: set[str] = set()
    shared: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.add(node.name)
                stack.extend(_outside(node))
                continue
            case ast.Lambda():
                stack.extend(d for d in (*node.args.defaults, *node.args.kw_defaults) if d)
                continue
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                bound.update(_walruses(node))
                continue
            case ast.Name():
                if not isinstance(node.ctx, ast.Load):
                    bound.add(node.id)
                continue
            case ast.Global():
                outer.update(node.names)
            case ast.Nonlocal():
                shared.update(node.names)
            case ast.Import():
                bound.update((a.asname or a.name.partition(".")[0]) for a in node.names)
            case ast.ImportFrom():
                bound.update(a.asname or a.name for a in node.names)
            case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
                if node.name:
                    bound.add(node.name)
            case ast.MatchMapping():
                if node.rest:
                    bound.add(node.rest)
            case ast.Constant() | ast.Pass():
                continue
        stack.extend(ast.iter_child_nodes(node))
    return frozenset(bound - outer), frozenset(outer), frozenset(shared)


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
