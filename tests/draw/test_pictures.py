"""The pictures of the machine, as a reader sees them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from flake8_bookmark.draw import describe, draw_json, draw_mermaid, draw_text
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.machine import StateMachine, build_machine
from flake8_bookmark.source.module import parse

CASES = Path(__file__).with_name("cases.md")
CASE = re.compile(r"^## (.+?)\n\n```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.M | re.S)
UNKNOWN = {"job.done", "job.result"}


def machine_of(source: str) -> StateMachine:
    return build_machine(parse("svc.py", source).functions[1])


def name_of(call: ast.Call) -> tuple[str, bool]:
    name = ast.unparse(call.func)
    return name, name not in UNKNOWN


def finding_on(source: str, text: str) -> Finding:
    """Return a finding that stands on the call with this text."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    node = next(node for node in calls if ast.unparse(node) == text)
    site = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
    message = "time.sleep blocks the event loop"
    return Finding("svc.py", node.lineno, node.col_offset, "BKM101", message, Level.ERROR, node_key=site)


def picture(source: str) -> str:
    findings = [finding_on(source, "time.sleep(1)")] if "time.sleep" in source else []
    return draw_text(machine_of(source), name_of, findings)


@pytest.mark.parametrize("name", [found[1] for found in CASE.finditer(CASES.read_text("utf-8"))])
def test_text(name: str, request: pytest.FixtureRequest) -> None:
    text = CASES.read_text("utf-8")
    case = next(found for found in CASE.finditer(text) if found[1] == name)
    drawn = picture(case[2])
    if request.config.getoption("--update"):
        block = f"## {name}\n\n```python\n{case[2]}```\n\n```text\n{drawn}```\n"
        CASES.write_text(text[: case.start()] + block + text[case.end() :], "utf-8")
    else:
        assert drawn == case[3]


def source_of(name: str) -> str:
    return next(found[2] for found in CASE.finditer(CASES.read_text("utf-8")) if found[1] == name)


def test_mermaid() -> None:
    source = source_of("a coroutine that polls")
    drawn = draw_mermaid(machine_of(source), name_of, [finding_on(source, "time.sleep(1)")])
    assert drawn == (
        "stateDiagram-v2\n"
        '    state "CREATED<br/>line 1<br/>keeps job, seconds" as s0\n'
        '    state "SUSPENDED 1<br/>await, line 4<br/>keeps job, seconds" as s1\n'
        '    state "CLOSED" as s2\n'
        "    [*] --> s0\n"
        "    s0 --> s1 : lines 2-4, job.done?, time.sleep BKM101, asyncio.sleep\n"
        "    s0 --> s2 : lines 2, 5, job.done?, job.result?\n"
        "    s1 --> s1 : lines 2-4, job.done?, time.sleep BKM101, asyncio.sleep\n"
        "    s1 --> s2 : lines 2, 5, job.done?, job.result?\n"
        "    s2 --> [*]\n"
    )


def test_mermaid_survives_any_name() -> None:
    drawn = draw_mermaid(
        machine_of('async def f():\n    await g()["a: {;}"](1)\n'), lambda c: (ast.unparse(c), True)
    )
    labels = [line.partition(" : ")[2] for line in drawn.splitlines() if "-->" in line]
    assert not any(set(label) & set(':;{}"#<>') for label in labels)
    assert "g()" in drawn


def test_json() -> None:
    source = source_of("a coroutine that polls")
    finding = finding_on(source, "time.sleep(1)")
    drawn = json.loads(draw_json("svc.py", [machine_of(source)], name_of, [finding]))
    assert drawn["path"] == "svc.py"
    (function,) = drawn["functions"]
    assert (function["qualname"], function["line"], function["kind"]) == ("poll", 1, "coroutine")
    assert function["states"] == [
        {"index": 0, "kind": "created", "line": 1, "live": ["job", "seconds"], "maybe": []},
        {"index": 1, "kind": "await", "line": 4, "live": ["job", "seconds"], "maybe": []},
        {"index": 2, "kind": "closed", "line": 5, "live": [], "maybe": []},
    ]
    first, *_, last = function["transitions"]
    assert first == {
        "source": 0,
        "target": 1,
        "raised": False,
        "lines": [2, 3, 4],
        "calls": [
            {"name": "job.done", "line": 2, "known": False},
            {"name": "time.sleep", "line": 3, "known": True},
            {"name": "asyncio.sleep", "line": 4, "known": True},
        ],
        "findings": [
            {"code": "BKM101", "line": 3, "column": 8, "message": "time.sleep blocks the event loop"}
        ],
    }
    assert (last["source"], last["target"], last["findings"]) == (1, 2, [])


def test_json_of_an_endless_loop() -> None:
    drawn = describe(machine_of(source_of("an endless loop")))
    assert [(t["source"], t["target"]) for t in drawn["transitions"]] == [(0, 1), (1, None)]


def test_a_finding_on_no_call_is_shown_on_its_line() -> None:
    source = source_of("an endless loop")
    finding = Finding(
        "svc.py", 4, 8, "BKM201", "this loop never suspends", Level.ERROR, node_key=(3, 4, 3, 4)
    )
    assert "line 4  BKM201 this loop never suspends" in draw_text(machine_of(source), name_of, [finding])


def test_every_suspended_kind_has_a_name() -> None:
    source = (
        "async def f(a):\n    async with a:\n        async for x in a:\n            await x\n"
        "    yield [await y for y in a]\n"
    )
    kinds = [state["kind"] for state in describe(machine_of(source))["states"]]
    assert set(kinds) == {"created", "aenter", "anext", "await", "aexit", "comprehension", "yield", "closed"}
