"""What CPython's compiler makes of a file: the lines on which each of its frames can be suspended.

Nothing is executed: sources are compiled, and the instructions of the code objects are read. `YIELD_VALUE` is
the one instruction that suspends a frame: https://docs.python.org/3/library/dis.html#opcode-YIELD_VALUE
"""

from __future__ import annotations

import ast
import dis
import sys
import types
import warnings
from collections import defaultdict
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR

from flake8_bookmark.machine import StateMachine, SuspensionPoint, build_machine
from flake8_bookmark.source.module import FunctionNode, SourceModule

YIELD = dis.opmap["YIELD_VALUE"]
SUSPENDING = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
COMPREHENSIONS: dict[object, str] = {
    ast.ListComp: "<listcomp>",
    ast.SetComp: "<setcomp>",
    ast.DictComp: "<dictcomp>",
}
# Before 3.12 a comprehension is a function of its own, which the outer one awaits if it is asynchronous.
INLINED = sys.version_info >= (3, 12)

Lines = tuple[int, ...]
Key = tuple[str, int]  # name and first line of a code object


def compare(path: str, data: bytes) -> tuple[int, list[str]]:
    """Return how many frames of a file agree with their machines, and what is to be said of the others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(data, path)
        code = compile(tree, path, "exec", dont_inherit=True)
    expected = list(_compiled(code))
    modelled = _modelled(SourceModule(path, "", tree)) if expected else {}
    wrong = [
        f"{path}:{key[1]} {key[0]}: CPython suspends on {lines}, the machine on {modelled.get(key)}"
        for key, lines in expected
        if lines not in modelled.get(key, ())
    ]
    return len(expected) - len(wrong), wrong


def _compiled(code: types.CodeType) -> Iterator[tuple[Key, Lines]]:
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    for constant in inner:
        if constant.co_flags & SUSPENDING and not _is_dead(constant, code):
            yield (constant.co_name, constant.co_firstlineno), _yields(constant)
        yield from _compiled(constant)


def _is_dead(comprehension: types.CodeType, code: types.CodeType) -> bool:
    """Tell whether a comprehension is left over from dead code."""
    if comprehension.co_name not in COMPREHENSIONS.values():
        return False
    return all(instruction.argval is not comprehension for instruction in dis.get_instructions(code))


def _yields(code: types.CodeType) -> Lines:
    operations = code.co_code[::2]  # each unit is an operation and its argument, and has a position
    return tuple(
        sorted(p[0] or 0 for o, p in zip(operations, code.co_positions(), strict=True) if o == YIELD)
    )


def _modelled(module: SourceModule) -> dict[Key, set[Lines]]:
    found: dict[Key, set[Lines]] = defaultdict(set)
    for function in module.functions:
        if function.kind not in ("module", "function"):
            machine = build_machine(function)
            machine.graph.check()
            found[function.name, _first_line(function)].add(_lines(machine))
            if not INLINED:
                for key, lines in _comprehensions(machine):
                    found[key].add(lines)
    return found


def _first_line(function: FunctionNode) -> int:
    decorators = getattr(function.node, "decorator_list", [])
    return decorators[0].lineno if decorators else function.line


def _lines(machine: StateMachine) -> Lines:
    if INLINED:
        return tuple(sorted(_line(machine, point) for point in machine.points))
    lines = [_line(machine, point) for point in machine.points if not point.comprehensions]
    for node in {point.comprehensions[0] for point in machine.points if point.comprehensions}:
        lines += [node.lineno] * _copies(machine, node)
    return tuple(sorted(lines))


def _copies(machine: StateMachine, node: ast.ListComp | ast.SetComp | ast.DictComp) -> int:
    """Return how often a comprehension stands in the graph: once per copy of the cleanup that holds it."""
    return sum(loop is node.generators[0] for loop, _ in machine.graph.loop_headers)


def _comprehensions(machine: StateMachine) -> Iterator[tuple[Key, Lines]]:
    """Yield the lines of each comprehension's own frame, one awaited inside it counting once."""
    inside: dict[ast.ListComp | ast.SetComp | ast.DictComp, dict[object, int]] = defaultdict(dict)
    for point in machine.points:
        for depth, node in enumerate(point.comprehensions, 1):
            inner = point.comprehensions[depth:]
            if inner:
                inside[node][inner[0]] = inner[0].lineno
            else:
                inside[node][point] = point.line
    for node, lines in inside.items():
        points = [line for key, line in lines.items() if isinstance(key, SuspensionPoint)]
        awaited = [line for key, line in lines.items() if not isinstance(key, SuspensionPoint)]
        once = sorted(points)[:: _copies(machine, node)]
        yield (COMPREHENSIONS[type(node)], node.lineno), tuple(sorted([*once, *awaited]))


def _line(machine: StateMachine, point: SuspensionPoint) -> int:
    """Return the line that this version of CPython notes; the model's is that of the newest.

    Up to 3.12, what a `with` awaits has the line of the statement, since 3.13 that of the item. In 3.11, the
    yield of a generator expression has the line of the comparison that was compiled last among the
    conditions, or else of the whole expression, since 3.12 that of the element.
    """
    node = machine.function.node
    if isinstance(point.node, ast.withitem) and sys.version_info < (3, 13):
        withs = [w for w in ast.walk(node) if isinstance(w, ast.AsyncWith)]
        return next(w.lineno for w in withs if point.node in w.items)
    if isinstance(node, ast.GeneratorExp) and point.kind == "yield" and sys.version_info < (3, 12):
        tests = [test for generator in node.generators for test in generator.ifs]
        return [node.lineno, *(line for test in tests for line in _comparisons(test))][-1]
    return point.line


def _comparisons(test: ast.expr) -> Iterator[int]:
    match test:
        case ast.UnaryOp(op=ast.Not()):
            yield from _comparisons(test.operand)
        case ast.BoolOp():
            for value in test.values:
                yield from _comparisons(value)
        case ast.IfExp():
            for value in (test.test, test.body, test.orelse):
                yield from _comparisons(value)
        case ast.Compare():
            yield test.lineno
