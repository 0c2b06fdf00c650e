"""Scopes against CPython's own: for every function of a part of the standard library, each name has the same scope."""

from __future__ import annotations

import ast
import symtable
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.scopes import Scope

STDLIB = Path(sysconfig.get_path("stdlib"))
FOLDERS = ("asyncio", "concurrent/futures", "email", "json", "logging", "unittest", "xml", "importlib", ".")
FEWEST = 4000


def sources() -> Iterator[str]:
    for folder in FOLDERS:
        for path in sorted((STDLIB / folder).glob("*.py")):
            yield path.read_text(encoding="utf-8", errors="replace")


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from tables(child)


def own_scopes(module: ModuleFacts) -> dict[tuple[str, int], list[Scope]]:
    """Return the scopes of defs and classes by name and line."""
    module.read_all()
    found: dict[tuple[str, int], list[Scope]] = {}
    for scope in module.scopes():
        node = scope.node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.setdefault((node.name, node.lineno), []).append(scope)
    return found


def comprehended(node: ast.AST) -> set[str]:
    """Return the names that comprehensions inside a function bind."""
    targets = [n.target for n in ast.walk(node) if isinstance(n, ast.comprehension)]
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def differences(text: str) -> Iterator[tuple[str, str, str, str]]:
    scopes = own_scopes(ModuleFacts("mod", "mod.py", ast.parse(text), text=text))
    for table in tables(symtable.symtable(text, "mod.py", "exec")):
        (scope, *others) = scopes.get((table.get_name(), table.get_lineno()), [None])
        if scope is None or others or str(table.get_type()).rpartition(".")[2] not in ("function", "class", "FUNCTION"):
            continue
        hidden = comprehended(scope.node) | {p.name for p in getattr(scope.node, "type_params", ())}
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if name.startswith((".", "__class")) or (not symbol.is_referenced() and not symbol.is_assigned()):
                continue  # hidden names that the compiler adds
            if "__" in name[1:] and name.startswith("_"):
                continue  # private names, which the compiler mangles
            if name in hidden:
                continue  # a comprehension's own, inlined since 3.12, or a type parameter, which has its own scope
            expected = "free" if symbol.is_free() else "local" if symbol.is_local() else "global"
            yield table.get_name(), name, expected, scope.locate(name)[0]


def test_scopes_equal_those_of_the_compiler() -> None:
    count, wrong = 0, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in sources():
            for function, name, expected, found in differences(text):
                count += 1
                if expected != found:
                    wrong.append((function, name, expected, found))
    print(f"names compared: {count}")
    assert count > FEWEST
    assert wrong == []
