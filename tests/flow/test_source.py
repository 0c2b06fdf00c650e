"""Which functions a file has, under which names; and which files can't hold loop code."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_OPTIMIZED
from pathlib import Path

import pytest

from flake8_bookmark.source.module import parse
from flake8_bookmark.source.words import may_suspend

KINDS = {CO_COROUTINE: "coroutine", CO_ASYNC_GENERATOR: "asyncgenerator", CO_GENERATOR: "generator"}
ODD = """
global top
class A:
    first = lambda self: 1
    @decorate(lambda: 2)
    def method(self, default=(i for i in range(3))):
        global made, Made
        async def made(): yield
        async def other(): await x
        class Made:
            def inside(self): pass
        return (await y for y in z), (y async for y in z), (y for y in z), ([k async for k in j] for j in l)
    class B:
        def inner(self): yield from self
        async def outer(self):
            def deep():
                return lambda: (yield)
            return [x async for x in deep()], {await x for x in (y for y in z)}
    def __init__(self): self.x = (yield (lambda: (await_ for await_ in ())))
def outer(a: (lambda: 1), *b: (lambda: 2)) -> (lambda: 3):
    def inner(c=lambda: 4): pass
    @inner
    class C(inner): method = lambda: [lambda: x for x in ()]
    return lambda: lambda: 5
"""
SOURCES = {"odd": ODD} | {
    path.name: path.read_text("utf-8") for path in Path(asyncio.__file__).parent.glob("*.py")
}


def compiled(code: types.CodeType) -> Iterator[tuple[str, str]]:
    """Yield qualified name and kind of every code object that is a function."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if constant.co_flags & CO_OPTIMIZED:  # a class body is not
                yield constant.co_qualname, KINDS.get(constant.co_flags & sum(KINDS), "function")
            yield from compiled(constant)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="comprehensions were functions, and part of the names")
@pytest.mark.parametrize("name", SOURCES)
def test_names_and_kinds_are_those_of_cpython(name: str) -> None:
    expected = sorted(compiled(compile(SOURCES[name], name, "exec", dont_inherit=True)))
    found = parse(name, SOURCES[name]).functions
    assert (found[0].qualname, found[0].kind) == ("<module>", "module")
    assert sorted((function.qualname, function.kind) for function in found[1:]) == expected


def test_document_order_parents_and_classes() -> None:
    functions = parse("odd.py", ODD).functions
    places = [(f.line, getattr(f.node, "col_offset", -1)) for f in functions]
    assert places == sorted(places)
    by_name = {function.qualname: function for function in functions}
    assert by_name["A.method"].class_qualname == "A"
    assert by_name["A.B.inner"].class_qualname == "A.B"
    assert by_name["A.B.inner"].parent is functions[0]
    deep = by_name["A.B.outer.<locals>.deep"]
    assert deep.class_qualname is None
    assert deep.parent is by_name["A.B.outer"]
    assert by_name["Made.inside"].parent is by_name["A.method"]
    assert by_name["A.method"].declared == {"made", "Made"}


@pytest.mark.parametrize(
    "text",
    [
        "async def f(): pass",
        "import trio",
        "loop.call_soon(f)",
        "future.add_done_callback(print)",
        "self.create_task(work())",
        "nursery.start_soon(f)",
    ],
)
def test_files_that_may_suspend(text: str) -> None:
    assert may_suspend(f"import os\n{text}\n")


@pytest.mark.parametrize("text", ["", "import time\ntime.sleep(1)\n", "def f():\n    yield 1\n"])
def test_files_that_never_do(text: str) -> None:
    assert not may_suspend(text)
