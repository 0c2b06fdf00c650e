"""Comprehensions, which run inside the frame around them, and generator expressions, which don't.

Since CPython 3.12 (PEP 709) a list, set or dict comprehension is compiled into the function around it;
before, it was a hidden function that the outer one called, and awaited if it was asynchronous. The states
are the same either way.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from flake8_bookmark.flow.emitter import Emitter, NameScope
from flake8_bookmark.flow.graph import BasicBlock, Comprehension, OpKind
from flake8_bookmark.flow.targets import names_in, store


def comprehension(e: Emitter, node: ast.ListComp | ast.SetComp) -> None:
    _inlined(e, node, [node.elt])


def dict_comprehension(e: Emitter, node: ast.DictComp) -> None:
    _inlined(e, node, [node.key, node.value])


def generator_expression(e: Emitter, node: ast.GeneratorExp) -> None:
    """Make the generator: only the first iterable is evaluated here."""
    first = node.generators[0]
    e.expr(first.iter)
    e.op(OpKind.ITER, first)
    e.define(node)


def generator_body(e: Emitter, node: ast.GeneratorExp) -> None:
    """Emit what runs each time the generator is asked for an item."""
    _rounds(e, node, [node.elt])


def _inlined(e: Emitter, node: Comprehension, elements: Sequence[ast.expr]) -> None:
    first = node.generators[0]
    e.expr(first.iter)
    e.op(OpKind.ITER, first)
    scope = NameScope(is_class=False)
    for generator in node.generators:
        for name in names_in(generator.target):
            e.declare(scope, name)
    outside = e.surroundings
    e.scopes.append(scope)
    e.surroundings = e.within(node)
    _rounds(e, node, elements)
    e.surroundings = outside
    e.scopes.pop()


def _rounds(e: Emitter, node: Comprehension | ast.GeneratorExp, elements: Sequence[ast.expr]) -> None:
    """Emit the loops of a comprehension; the iterable of the first is evaluated already."""
    headers: list[tuple[BasicBlock, BasicBlock]] = []
    for generator in node.generators:
        if headers:
            e.expr(generator.iter)
            e.op(OpKind.ITER, generator)
        header, end = BasicBlock(), BasicBlock()
        headers.append((header, end))
        _round(e, node, generator, header, end)
    e.exprs(elements)
    if isinstance(node, ast.GeneratorExp):
        e.suspend("yield", node.elt, node.elt)
    for header, end in reversed(headers):
        e.goto(header)
        e.start(end)


def _round(
    e: Emitter, node: ast.expr, generator: ast.comprehension, header: BasicBlock, end: BasicBlock
) -> None:
    body = BasicBlock()
    e.goto(header)
    e.start(header)
    e.loop_headers.append((generator, (header,)))
    if generator.is_async:
        e.suspend("anext", generator, node)
    else:
        e.op(OpKind.NEXT, generator)
    e.branch_to(generator, body, end)
    e.start(body)
    store(e, generator.target)
    for condition in generator.ifs:
        passed = BasicBlock()
        e.branch(condition, passed, header)
        e.start(passed)
