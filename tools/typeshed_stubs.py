"""Reads typeshed's stubs: which names a module has, and what they refer to.

A stub says `if sys.version_info >= (3, 13)` and `if sys.platform == "win32"`. Both branches are read as long
as some supported combination of version and platform takes them; where they define the same name, the branch
that the first combination in ENVIRONMENTS takes comes first, and for anything but a class it is the only one
that counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

Environment = tuple[tuple[int, int], str]

# The order is one of preference: a released version before the one that is still in the making.
VERSIONS = ((3, 14), (3, 13), (3, 12), (3, 11), (3, 15))
ENVIRONMENTS: tuple[Environment, ...] = tuple(
    (version, platform) for platform, version in product(("linux", "win32", "darwin"), VERSIONS)
)


@dataclass
class Symbol:
    """A name of a scope: its definitions in order of preference, or the import that brings it."""

    name: str
    scope: Scope
    nodes: list[ast.stmt] = field(default_factory=list)
    origin: tuple[str, str] | None = None  # module, and name in it; no name: the module itself
    exported: bool = True
    inner: Scope | None = None

    @property
    def full_name(self) -> str:
        return f"{self.scope.name}.{self.name}"

    @property
    def is_class(self) -> bool:
        return bool(self.nodes) and isinstance(self.nodes[0], ast.ClassDef)

    @property
    def is_function(self) -> bool:
        return bool(self.nodes) and isinstance(self.nodes[0], (ast.FunctionDef, ast.AsyncFunctionDef))

    def body(self) -> Scope:
        """Return the scope of a class."""
        if self.inner is None:
            self.inner = Scope(self.full_name, self.scope.stubs, self.scope)
            for node in self.nodes:
                assert isinstance(node, ast.ClassDef)
                missing = Scope(self.full_name, self.scope.stubs, self.scope)
                missing.collect(node.body, ENVIRONMENTS)
                self.inner.add_missing(missing.symbols)
            for symbol in self.inner.symbols.values():
                symbol.scope = self.inner
        return self.inner


@dataclass
class Scope:
    """The names of a module or of a class body."""

    name: str
    stubs: Stubs
    parent: Scope | None = None
    is_package: bool = False
    public: frozenset[str] | None = None  # `__all__`
    symbols: dict[str, Symbol] = field(default_factory=dict)

    def collect(self, body: Iterable[ast.stmt], environments: Sequence[Environment]) -> None:
        """Add the definitions of a body."""
        for node in body:
            if isinstance(node, ast.If):
                self._collect_branches(node, environments)
            elif isinstance(node, ast.ImportFrom):
                self._collect_imports(node)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    origin = alias.name if alias.asname else name
                    exported = alias.asname == alias.name or name in (self.public or ())
                    self.symbols[name] = Symbol(name, self, origin=(origin, ""), exported=exported)
            else:
                for name in _defined(node):
                    known = self.symbols.get(name)
                    if known is None or known.origin:
                        self.symbols[name] = known = Symbol(name, self)
                    known.nodes.append(node)

    def _collect_branches(self, node: ast.If, environments: Sequence[Environment]) -> None:
        true = [e for e in environments if holds(node.test, e)]
        false = [e for e in environments if e not in true]
        branches = [(true, node.body), (false, node.orelse)]
        if false and environments[0] in false:
            branches.reverse()
        known: dict[str, Symbol] = {}
        for attained, body in branches:
            if attained:
                branch = Scope(self.name, self.stubs, self.parent, self.is_package, self.public)
                branch.collect(body, attained)
                for name, symbol in branch.symbols.items():
                    if name not in known:
                        known[name] = symbol
                    elif known[name].is_class and symbol.is_class:
                        known[name].nodes.extend(symbol.nodes)
        for name, symbol in known.items():
            before = self.symbols.get(name)
            if before is not None and before.nodes and symbol.nodes:
                before.nodes.extend(symbol.nodes)  # overloads of some versions only
            else:
                symbol.scope = self
                self.symbols[name] = symbol

    def _collect_imports(self, node: ast.ImportFrom) -> None:
        module = self._absolute(node)
        for alias in node.names:
            if alias.name == "*":
                for name in self.stubs.star_names(module):
                    self.symbols[name] = Symbol(name, self, origin=(module, name))
                continue
            name = alias.asname or alias.name
            exported = alias.asname == alias.name or name in (self.public or ())
            self.symbols[name] = Symbol(name, self, origin=(module, alias.name), exported=exported)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        kept = len(parts) - node.level + (1 if self.is_package else 0)
        return ".".join([*parts[:kept], *([node.module] if node.module else [])])

    def add_missing(self, symbols: dict[str, Symbol]) -> None:
        for name, symbol in symbols.items():
            self.symbols.setdefault(name, symbol)


class Stubs:
    """All stubs of a folder, read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._modules: dict[str, Scope | None] = {}

    def names(self) -> Iterator[str]:
        """Yield the dotted names of all modules."""
        for path in sorted(self.folder.rglob("*.pyi")):
            parts = path.relative_to(self.folder).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def module(self, name: str) -> Scope | None:
        """Return the scope of a module, None if there is no such module."""
        if name not in self._modules:
            self._modules[name] = None
            path = self.folder.joinpath(*name.split("."))
            for file in (path / "__init__.pyi", path.with_name(f"{path.name}.pyi")):
                if name and file.is_file():
                    self._modules[name] = self._read(name, file)
                    break
        return self._modules[name]

    def _read(self, name: str, file: Path) -> Scope:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        scope = Scope(name, self, is_package=file.stem == "__init__", public=_public_names(tree))
        scope.collect(tree.body, ENVIRONMENTS)
        return scope

    def star_names(self, module: str) -> Iterator[str]:
        """Yield the names that `from module import *` binds."""
        scope = self.module(module)
        for name, symbol in scope.symbols.items() if scope else ():
            if (
                name in scope.public
                if scope and scope.public is not None
                else symbol.exported and name[0] != "_"
            ):
                yield name

    def follow(self, symbol: Symbol) -> Symbol | Scope | None:
        """Return what a symbol stands for: its definition, or a module."""
        for _ in range(10):
            if symbol.origin is None:
                return symbol
            module, name = symbol.origin
            scope = self.module(module)
            if not name:
                return scope
            found = scope.symbols.get(name) if scope else None
            if found is None or found is symbol:
                return self.module(f"{module}.{name}")
            symbol = found
        return None

    def look_up(self, node: ast.expr, scope: Scope) -> Symbol | Scope | None:
        """Return what a dotted name in a scope refers to."""
        if isinstance(node, ast.Attribute):
            owner = self.look_up(node.value, scope)
            return self.attribute(owner, node.attr) if owner else None
        if not isinstance(node, ast.Name):
            return None
        where: Scope | None = scope
        while where is not None:
            found = where.symbols.get(node.id)
            if found is not None:
                return self.follow(found)
            where = where.parent
        builtins = self.module("builtins")
        found = builtins.symbols.get(node.id) if builtins else None
        return self.follow(found) if found else None

    def attribute(self, owner: Symbol | Scope, name: str) -> Symbol | Scope | None:
        """Return what a name is in a module or class."""
        scope = owner if isinstance(owner, Scope) else owner.body() if owner.is_class else None
        found = scope.symbols.get(name) if scope else None
        if found is not None:
            return self.follow(found)
        return self.module(f"{owner.name}.{name}") if isinstance(owner, Scope) else None


def holds(test: ast.expr, environment: Environment) -> bool:
    """Say whether a test of a stub is true; anything but a test of version and platform is."""
    version, platform = environment
    match test:
        case ast.BoolOp(op=ast.And()):
            return all(holds(value, environment) for value in test.values)
        case ast.BoolOp(op=ast.Or()):
            return any(holds(value, environment) for value in test.values)
        case ast.UnaryOp(op=ast.Not()):
            return not holds(test.operand, environment)
        case ast.Compare(
            left=ast.Attribute(attr="platform"), ops=[op], comparators=[ast.Constant(value=value)]
        ):
            return (platform == value) is isinstance(op, ast.Eq)
        case ast.Compare(
            left=ast.Attribute(attr="version_info"), ops=[op], comparators=[ast.Tuple() as bound]
        ):
            wanted = ast.literal_eval(bound)
            return version >= wanted if isinstance(op, ast.GtE) else version < wanted
    return True


def _defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _public_names(tree: ast.Module) -> frozenset[str] | None:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
                strings = (n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant))
                found.update(value for value in strings if isinstance(value, str))
    return frozenset(found) or None
