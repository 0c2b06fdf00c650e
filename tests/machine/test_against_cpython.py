"""The machines agree with CPython's compiler: the same suspension points, on the same lines."""

from __future__ import annotations

import ast
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flake8_bookmark.machine import build_machine
from flake8_bookmark.source.module import SourceModule, parse
from tests.machine.compiled import compare
from tests.machine.random_code import random_function

SHARDS = 8
# Python 2 grammar, kept there as data for lib2to3.
NOT_PYTHON = {"lib2to3"}
ODD = dict(
    re.findall(
        r"^## (.+?)\n\n```python\n(.*?)```", Path(__file__).with_name("odd.md").read_text(), re.M | re.S
    )
)


def sources() -> Iterator[Path]:
    """Yield all of the standard library and of what is installed beside it."""
    paths = {name: Path(path).resolve() for name, path in sysconfig.get_paths().items()}
    for path in sorted(paths["stdlib"].rglob("*.py")):
        if not {"site-packages", *NOT_PYTHON} & {*path.parts}:  # those of the interpreter, if this is a venv
            yield path
    for root in sorted({paths["purelib"], paths["platlib"]}):
        yield from sorted(root.rglob("*.py"))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_installed_module(shard: int, record_property: Callable[[str, Any], None]) -> None:
    agreed, wrong = 0, []
    for number, path in enumerate(sources()):
        if number % SHARDS == shard:
            try:
                same, different = compare(str(path), path.read_bytes())
            except (SyntaxError, ValueError):  # test data that is meant not to compile
                continue
            agreed += same
            wrong += different
    version = ".".join(map(str, sys.version_info[:3]))
    record_property(f"count: frames whose suspension points equal those of CPython {version}", agreed)
    record_property("count: frames that differ", len(wrong))
    assert wrong == []
    assert agreed > 100


@pytest.mark.parametrize("name", ODD)
def test_odd_code(name: str) -> None:
    agreed, wrong = compare("odd.py", ODD[name].encode())
    assert wrong == []
    assert agreed


@pytest.mark.parametrize("seed", range(20))
def test_random_code(seed: int) -> None:
    for number in range(25):
        source = random_function(seed * 1000 + number)
        try:
            agreed, wrong = compare("random.py", source.encode())
        except SyntaxError as error:
            pytest.fail(f"{error}\n{source}")
        assert wrong == [], source
        assert agreed, source


@pytest.mark.parametrize(
    ("what", "source"),
    [
        ("statements", "async def f(a):\n" + "    await a\n" * 2_000),
        ("elifs", "async def f(a):\n    if a: pass\n" + "    elif a: await a\n" * 300),
        ("terms", "async def f(a):\n    return " + " + ".join(["await a"] * 700) + "\n"),
        ("links", "async def f(a):\n    return await a" + ".b().c[1]" * 200 + "\n"),
        ("choices", "async def f(a):\n    return " + "await a if a else " * 250 + "a\n"),
        ("names", "async def f(a):\n    return [" + "await a, " * 2_000 + "]\n"),
    ],
)
def test_long_code(what: str, source: str) -> None:
    assert compare(f"{what}.py", source.encode()) == (1, [])


@pytest.mark.parametrize(
    ("extend", "points"),
    [
        (lambda value: ast.BinOp(value, ast.Add(), ast.Name("a", ast.Load())), 1),
        (lambda value: ast.Call(ast.Attribute(value, "b", ast.Load()), [], []), 1),
        (lambda value: ast.IfExp(ast.Name("a", ast.Load()), ast.Name("b", ast.Load()), value), 1),
    ],
)
def test_trees_deeper_than_the_stack(extend: Callable[[ast.expr], ast.expr], points: int) -> None:
    """A chain is as long as its author likes; CPython's parser reads thousands of links."""
    tree = ast.parse("async def f(a):\n    return await a")
    (function,) = tree.body
    assert isinstance(function, ast.AsyncFunctionDef)
    (statement,) = function.body
    assert isinstance(statement, ast.Return) and statement.value is not None
    value = statement.value
    for _ in range(20_000):
        value = extend(value)
    statement.value = value
    assert len(build_machine(SourceModule("f.py", "", tree).functions[1]).points) == points


@pytest.mark.parametrize("statements", [10_000])
def test_long_bodies_have_a_machine(statements: int) -> None:
    source = "async def f(x0):\n" + "".join(f"    x{n + 1} = await x{n}\n" for n in range(statements))
    machine = build_machine(parse("f.py", source).functions[1])
    assert [state.bookmark.live for state in machine.states] == [("x0",), *[()] * statements, ()]
    assert len(machine.transitions) == statements + 1


def test_five_thousand_elifs() -> None:
    tree = ast.parse("async def f(a):\n    if a: await a")
    (function,) = tree.body
    assert isinstance(function, ast.AsyncFunctionDef)
    (first,) = function.body
    assert isinstance(first, ast.If)
    for _ in range(5_000):
        first = ast.If(first.test, first.body, [first])
    function.body = [first]
    assert len(build_machine(SourceModule("f.py", "", tree).functions[1]).points) == 5_001
