"""A file's text, its tree, and every piece of code in it that gets a frame of its own.

A *function* here is anything that becomes a machine: the module body, `def`, `async def`, lambdas and
generator expressions. List, set and dict comprehensions run inside the frame around them (as they do since
CPython 3.12), and so does a class body, which can't suspend.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

FunctionLike: TypeAlias = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp
FunctionKind: TypeAlias = Literal["module", "function", "coroutine", "generator", "asyncgenerator"]

@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FunctionNode:
    """A piece of code with a frame of its own; `line` is that of its `def`, `lambda` or bracket.

    `parent` is the function around it (through any classes), `class_qualname` the class whose body holds it
    directly. `declared` are the names its `global` and `nonlocal` statements make someone else's. `postponed`
    says that its annotations are never evaluated (`from __future__ import annotations`).
    """

    node: FunctionLike
    name: str
    qualname: str
    line: int
    kind: FunctionKind
    parent: FunctionNode | None
    class_qualname: str | None
    declared: frozenset[str] = frozenset()
    postponed: bool = False

    @property
    def is_loop_code(self) -> bool:
        return self.kind in ("coroutine", "asyncgenerator")

    def __repr__(self) -> str:
        return f"<{self.kind} {self.qualname} line {self.line}>"


@dataclass(frozen=True)
class SourceModule:
    """One file; everything else is derived from its tree on demand."""

    path: str
    text: str
    tree: ast.Module

    @cached_property
    def functions(self) -> tuple[FunctionNode, ...]:
        """Return the module body, then every function at any depth in the order of their first characters."""
        found = sorted(_functions(self.tree), key=lambda f: (f.line, getattr(f.node, "col_offset", -1)))
        return tuple(found)

    @cached_property
    def function_of(self) -> dict[ast.AST, FunctionNode]:
        """Map each function's node to the function."""
        return {function.node: function for function in self.functions}


def parse(path: str, text: str) -> SourceModule:
    """Return the module of a text that no one has parsed yet."""
    return SourceModule(path, text, ast.parse(text, path))


@dataclass(slots=True)
class _Scope:
    """A scope whose nodes are still to be visited."""

    node: FunctionLike | ast.ClassDef
    roots: list[ast.AST]
    parent: _Scope | None
    name: str
    suspends: bool = False  # await, async for or an async comprehension
    yields: bool = False
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    inner: list[_Scope] = field(default_factory=list)
    qualname: str = ""
    function: FunctionNode | None = None


# Fields that never hold a node worth a visit, and nodes that hold no other.
_PLAIN_FIELDS = frozenset(
    {"ctx", "op", "ops", "id", "attr", "arg", "kind", "module", "level", "name", "asname"}
)
_PLAIN_FIELDS |= {"type_comment", "conversion", "simple", "is_async", "type_ignores", "rest"}
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Import, ast.ImportFrom, ast.Pass, ast.Break, ast.Continue})


def _child_fields() -> dict[type, tuple[str, ...]]:
    table: dict[type, tuple[str, ...]] = {}
    for kind in vars(ast).values():
        if isinstance(kind, type) and issubclass(kind, ast.AST) and kind not in _LEAVES:
            table[kind] = tuple(name for name in kind._fields if name not in _PLAIN_FIELDS)
    return table


CHILD_FIELDS = _child_fields()
_NOTHING: tuple[str, ...] = ()
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _functions(tree: ast.Module) -> Iterator[FunctionNode]:
    postponed = _annotations_postponed(tree)
    pending = [_Scope(tree, list(tree.body), None, "<module>")]
    while pending:
        scope = pending.pop()
        _visit(scope)
        _name(scope)
        outer = _enclosing(scope)
        if not isinstance(scope.node, ast.ClassDef):
            scope.function = _function(scope.node, scope, outer, postponed)
            yield scope.function
        pending.extend(scope.inner)


def _function(node: FunctionLike, scope: _Scope, outer: _Scope | None, postponed: bool) -> FunctionNode:
    above = scope.parent
    return FunctionNode(
        node,
        scope.name,
        scope.qualname,
        getattr(node, "lineno", 1),
        _kind(node, scope),
        outer.function if outer else None,
        above.qualname if above is not None and isinstance(above.node, ast.ClassDef) else None,
        frozenset(scope.globals | scope.nonlocals),
        postponed,
    )


def _annotations_postponed(tree: ast.Module) -> bool:
    return any(
        isinstance(statement, ast.ImportFrom)
        and statement.module == "__future__"
        and any(alias.name == "annotations" for alias in statement.names)
        for statement in tree.body
    )


def _kind(node: FunctionLike, scope: _Scope) -> FunctionKind:
    if isinstance(node, ast.Module):
        return "module"
    if isinstance(node, ast.AsyncFunctionDef):
        return "asyncgenerator" if scope.yields else "coroutine"
    if isinstance(node, ast.GeneratorExp):
        return "asyncgenerator" if scope.suspends else "generator"
    return "generator" if scope.yields else "function"


def _enclosing(scope: _Scope) -> _Scope | None:
    """Return the function around a scope, through any classes."""
    outer = scope.parent
    while outer is not None and isinstance(outer.node, ast.ClassDef):
        outer = outer.parent
    return outer


def _name(scope: _Scope) -> None:
    """Set the qualified name as CPython's `__qualname__` (`compiler_set_qualname` in Python/compile.c)."""
    outer = scope.parent
    named = isinstance(scope.node, (*_FUNCTIONS, ast.ClassDef))
    if outer is None or isinstance(outer.node, ast.Module) or (named and scope.name in outer.globals):
        scope.qualname = scope.name
    elif isinstance(outer.node, ast.ClassDef):
        scope.qualname = f"{outer.qualname}.{scope.name}"
    else:
        scope.qualname = f"{outer.qualname}.<locals>.{scope.name}"


def _visit(scope: _Scope) -> None:
    """Walk one scope without recursion, noting what suspends and the scopes inside."""
    stack = scope.roots
    special = _SPECIAL
    fields = CHILD_FIELDS
    while stack:
        node = stack.pop()
        kind = type(node)
        visit = special.get(kind)
        if visit is not None:
            visit(scope, node, stack)
            continue
        for name in fields.get(kind, _NOTHING):
            child = getattr(node, name, None)
            if child.__class__ is list:
                stack += child
            elif child is not None:
                stack.append(child)


def _enter(scope: _Scope, node: FunctionLike | ast.ClassDef, name: str, roots: Iterable[ast.AST]) -> None:
    scope.inner.append(_Scope(node, list(roots), scope, name))


def _definition(scope: _Scope, node: ast.FunctionDef | ast.AsyncFunctionDef, stack: list[ast.AST]) -> None:
    stack += node.decorator_list
    stack.append(node.args)
    if node.returns is not None:
        stack.append(node.returns)
    stack += getattr(node, "type_params", ())
    _enter(scope, node, node.name, node.body)


def _lambda(scope: _Scope, node: ast.Lambda, stack: list[ast.AST]) -> None:
    stack.append(node.args)
    _enter(scope, node, "<lambda>", [node.body])


def _class(scope: _Scope, node: ast.ClassDef, stack: list[ast.AST]) -> None:
    stack += node.decorator_list
    stack += node.bases
    stack += node.keywords
    stack += getattr(node, "type_params", ())
    _enter(scope, node, node.name, node.body)


def _generator_expression(scope: _Scope, node: ast.GeneratorExp, stack: list[ast.AST]) -> None:
    # "The iterable expression in the leftmost for clause is evaluated immediately", in the scope around it:
    # https://docs.python.org/3/reference/expressions.html#generator-expressions
    first, *others = node.generators
    stack.append(first.iter)
    _enter(scope, node, "<genexpr>", [node.elt, first.target, *first.ifs, *others])
    scope.inner[-1].suspends = bool(first.is_async)


def _comprehension(scope: _Scope, node: ast.comprehension, stack: list[ast.AST]) -> None:
    scope.suspends |= bool(node.is_async)
    stack += (node.target, node.iter, *node.ifs)


def _await(scope: _Scope, node: ast.Await, stack: list[ast.AST]) -> None:
    scope.suspends = True
    stack.append(node.value)


def _yield(scope: _Scope, node: ast.Yield | ast.YieldFrom, stack: list[ast.AST]) -> None:
    scope.yields = True
    if node.value is not None:
        stack.append(node.value)


def _global(scope: _Scope, node: ast.Global, stack: list[ast.AST]) -> None:
    scope.globals.update(node.names)


def _nonlocal(scope: _Scope, node: ast.Nonlocal, stack: list[ast.AST]) -> None:
    scope.nonlocals.update(node.names)


_SPECIAL: dict[type, Callable[[_Scope, Any, list[ast.AST]], None]] = {
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.Lambda: _lambda,
    ast.ClassDef: _class,
    ast.GeneratorExp: _generator_expression,
    ast.comprehension: _comprehension,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
}
