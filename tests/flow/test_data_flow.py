"""Def-use, scopes, captures and loops, on sources small enough to see the answer."""

from __future__ import annotations

import ast

import pytest

from flake8_bookmark.flow.graph import BrokenGraphError, Op, OpKind
from flake8_bookmark.flow.loops import Loop
from flake8_bookmark.machine import StateMachine, build_machine
from flake8_bookmark.source.module import parse


def machine_of(body: str, head: str = "async def f(a, b):") -> StateMachine:
    """Return the machine of a function whose body begins on line 2."""
    source = head + "\n" + "\n".join(f"    {line}" for line in body.strip("\n").splitlines()) + "\n"
    machine = build_machine(parse("f.py", source).functions[1])
    machine.graph.check()
    return machine


def loads(machine: StateMachine, name: str) -> list[Op]:
    return [op for op in machine.graph.ops() if op.kind is OpKind.LOAD and op.name == name]


@pytest.mark.parametrize(
    ("body", "reaching"),
    [
        ("x = 1\nx = 2\nx", [3]),
        ("x = 1\nif a:\n    x = 2\nx", [2, 4]),
        ("x = 1\nwhile a:\n    x = 2\nx", [2, 4]),
        ("x = 1\nif a:\n    x = 2\nelse:\n    x = 3\nx", [4, 6]),
        ("x = 1\nif 0:\n    x = 2\nx", [2]),
        ("x = 1\ndel x\nx = 2\nx", [4]),
        ("x = 1\ntry:\n    x = a()\n    x = b()\nexcept E:\n    x", [2, 4, 5]),
        ("try:\n    x = 1\nfinally:\n    pass\nx", [3]),
        ("for x in a: pass\nx", [2]),
        ("with a as x: pass\nx", [2]),
        ("with a as (y, [x]): pass\nx", [2]),
        ("x = 1\n[x for x in a]\nx", [2]),
        ("x = 1\n[(x := y) for y in a]\nx", [2, 3]),
        ("x = 1\nclass C:\n    x = 2\nx", [2]),
        ("import x.y\nx", [2]),
        ("from m import y as x\nx", [2]),
        ("def x(): pass\nx", [2]),
        ("match a:\n    case {'k': x}: pass\n    case [*x]: pass\nx", [3, 4]),
        ("x = 1\nx += 1\nx", [3]),
        ("x: int = 1\nx", [2]),
    ],
)
def test_bindings_that_reach_the_last_use(body: str, reaching: list[int]) -> None:
    machine = machine_of(body)
    last = max(loads(machine, "x"), key=lambda op: op.line)
    assert [op.line for op in machine.reaching(last)] == reaching


def test_a_parameter_reaches_its_uses() -> None:
    machine = machine_of("a\na = 2\na")
    first, second = loads(machine, "a")
    assert [op.kind for op in machine.reaching(first)] == [OpKind.PARAMETER]
    assert [op.kind for op in machine.reaching(second)] == [OpKind.STORE]
    (parameter,) = machine.reaching(first)
    assert machine.uses_of(parameter) == (first,)


def test_uses_of_a_node_in_all_copies_of_a_finally() -> None:
    machine = machine_of("try:\n    if a: return\nfinally:\n    x = 1\n    b(x)")
    node = next(op.node for op in machine.graph.ops() if op.kind is OpKind.STORE)
    assert [op.line for op in machine.uses_of(node)] == [6, 6, 6]
    assert [ast.unparse(op.node) for op in machine.reachable_calls()] == ["b(x)"]


def test_a_closure_uses_what_it_captures() -> None:
    machine = machine_of("x = 1\ng = lambda: x\nx = 2\nawait a")
    stores = [op for op in machine.graph.ops() if op.kind is OpKind.STORE and op.name == "x"]
    assert [[use.kind for use in machine.uses_of(op)] for op in stores] == [[OpKind.DEFINE], [OpKind.DEFINE]]


@pytest.mark.parametrize(
    ("body", "captured"),
    [
        ("lambda: a", {"a"}),
        ("lambda a: a", set()),
        ("lambda c=a: c", set()),
        ("def g():\n    return lambda: b", {"b"}),
        ("def g():\n    a = 1\n    return lambda: (a, b)", {"b"}),
        ("def g():\n    global a\n    return a", set()),
        ("def g():\n    nonlocal a\n    a = 1", {"a"}),
        ("class C:\n    a = 1\n    def g(self): return a", {"a"}),
        ("(a for _ in b)", {"a"}),
        ("(a for a in b)", set()),
        ("(b for _ in a for _ in b)", {"b"}),
        ("lambda: [a for a in b]", {"b"}),
        ("lambda: [b for a in c if a]", {"b"}),
        ("[lambda: (x, a) for x in b]", {"a", "x"}),
        ("def g():\n    try: pass\n    except E as a: a\n    import b", set()),
        ("def g():\n    match 1:\n        case [a, *b]: a, b", set()),
        ("sum(a for _ in b)", set()),
    ],
)
def test_captures(body: str, captured: set[str]) -> None:
    graph = machine_of(body).graph
    found = {graph.source_names.get(name, name) for names in graph.captures.values() for name in names}
    assert found == captured


@pytest.mark.parametrize(
    ("body", "outer"),
    [
        ("print(len(a))", {"print", "len"}),
        ("global g\ng = h", {"g", "h"}),
        ("x = [y for x in a]\nx", {"y"}),
        ("x = 1\ndel x\nx", set()),
        ("class C(B):\n    x = 1\n    y = x\n    def m(self, z=x, w=v): pass\nx", {"B", "v", "x"}),
        ("return __debug__ and E", {"E"}),
    ],
)
def test_names_of_others(body: str, outer: set[str]) -> None:
    kinds = (OpKind.OUTER, OpKind.OUTER_STORE)
    assert {op.name for op in machine_of(body).graph.ops() if op.kind in kinds} == outer


def loop(body: str) -> Loop:
    (found, *_) = machine_of(body).loops
    return found


@pytest.mark.parametrize(
    ("body", "may", "always", "exits"),
    [
        ("while True:\n    a()", False, False, 0),
        ("while True:\n    await a", True, True, 0),
        ("while a:\n    await a", True, True, 1),
        ("while a:\n    if b: await a", True, False, 1),
        ("while True:\n    if b: break", False, False, 1),
        ("while True:\n    if b: return\n    await a", True, True, 1),
        ("while True:\n    if b: raise E", False, False, 1),
        ("while a and b:\n    a()", False, False, 2),
        ("while await a:\n    b()", True, True, 1),
        ("while b or await a:\n    b()", True, False, 1),
        ("async for x in a:\n    if x: continue", True, True, 1),
        ("for x in a:\n    for y in x: y()\n    await b", True, True, 1),
        ("for x in a:\n    async for y in x: y()", True, True, 1),
        ("[await x for x in a]", True, True, 1),
        ("[await x for x in a if x]", True, False, 1),
        ("while True:\n    try: await a\n    except E: pass", True, True, 0),
        ("while True:\n    try: a()\n    except E: continue\n    await b", True, False, 0),
        ("while True:\n    try: a()\n    except E: pass", False, False, 0),
        ("while True:\n    try: return a()\n    except E: pass", False, False, 1),
        ("while True:\n    with a: b()", False, False, 0),
        ("while True:\n    async with a: b()", True, True, 0),
        ("while True:\n    try: b()\n    finally: await a", True, True, 0),
    ],
)
def test_loops(body: str, may: bool, always: bool, exits: int) -> None:
    found = loop(body)
    assert (found.may_suspend, found.always_suspends, len(found.exits)) == (may, always, exits)


@pytest.mark.parametrize(
    "body", ["while True:\n    await a\n    return", "while 0:\n    a()", "for x in a: break"]
)
def test_what_runs_once_is_no_loop(body: str) -> None:
    assert machine_of(body).loops == ()


@pytest.mark.parametrize(
    ("body", "by_itself"),
    [
        ("while a and (b or not c):\n    a()", True),
        ("while a < b < c:\n    a()", True),
        ("while a:\n    if b: break", False),
        ("while a:\n    if b: return", False),
        ("while True:\n    a()", True),
        ("for x in a:\n    a()", True),
        ("for x in a:\n    if x: raise E", False),
    ],
)
def test_loops_that_end_by_their_test(body: str, by_itself: bool) -> None:
    assert loop(body).ends_by_itself is by_itself


def test_nested_loops_from_the_outside_in() -> None:
    loops = machine_of("while a:\n    for x in a:\n        b(x)\n    b()").loops
    assert [type(found.node) for found in loops] == [ast.While, ast.For]
    assert loops[1].blocks < loops[0].blocks
    assert [op.node.lineno for op in loops[0].ops() if isinstance(op.node, ast.Call)] == [4, 5]


@pytest.mark.parametrize(
    ("body", "order"),
    [
        ("a(b(1), *c(2), k=d(3))(e(4))", "b c d a e"),
        ("a(1).b[c(2)] = d(3)", "d a c"),
        ("a(1)[b(2)] += c(3)", "a b c"),
        ("{a(1): b(2), **c(3)}", "a b c"),
        ("a(1) if b(2) else c(3)", "b a c"),
        ("a(1) < b(2) < c(3)", "a b c"),
        ("f'{a(1)!r:{b(2)}}{c(3)}'", "a b c"),
        ("[a(1) for x in b(2) if c(3)]", "b c a"),
        ("with a(1) as x[b(2)], c(3): d(4)", "a b c d"),
        ("@a(1)\n@b(2)\ndef g(x: c(3) = d(4)): pass", "a b d c"),
        ("@a(1)\nclass C(b(2), k=c(3)):\n    x = d(4)", "a b c d"),
        ("for a(1).x in b(2): c(3)", "b a c"),
        ("raise a(1) from b(2)", "a b"),
        ("assert a(1), b(2)", "a b"),
        ("del a(1).x, b(2)[c(3)]", "a b c"),
        ("x = y = z(1)", "z"),
        ("(a(1) + b(2)).c(d(3))", "a b d"),
    ],
)
def test_calls_stand_in_evaluation_order(body: str, order: str) -> None:
    calls = [op.node for op in machine_of(body).reachable_calls()]
    names = [c.func.id for c in calls if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)]
    assert " ".join(names) == order


@pytest.mark.parametrize(
    "body", ["if 0: a()", "while 0: a()", "return\na()", "while 1: pass\na()", "assert 0\na()"]
)
def test_dead_calls_are_not_there(body: str) -> None:
    assert machine_of(body).reachable_calls() == ()


def test_broken_graphs_are_found() -> None:
    graph = machine_of("await a").graph
    graph.blocks[0].terminator = None
    with pytest.raises(BrokenGraphError):
        graph.check()


def test_leap_outside_a_loop_does_not_crash() -> None:
    """flake8 hands over the trees of files that parse but do not compile."""
    assert [state.kind for state in machine_of("await a\nbreak\nawait b").states] == [
        "created",
        "await",
        "closed",
    ]


def test_cleanups_that_explode_are_refused() -> None:
    """Each `finally` is there twice, and with it all that it holds; CPython would need a gigabyte."""
    lines = ["a()"]
    for _ in range(17):
        lines = ["try:", " return b", "finally:", *(f" {line}" for line in lines)]
    with pytest.raises(ValueError, match="copies of its cleanups"):
        machine_of("\n".join(lines))
