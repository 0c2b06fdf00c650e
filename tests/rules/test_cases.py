"""Findings, case by case: the marks at the end of the lines are all that is reported, and no more."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from flake8_bookmark.check import check_source
from flake8_bookmark.options import Options
from tests.markdown import Case, marks, read_cases

FILES = sorted(Path(__file__).with_name("cases").glob("*.md"))
CASES = [pytest.param(case, id=f"{path.stem}: {case.name}") for path in FILES for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES)
def test_findings_equal_marks(case: Case) -> None:
    ((_, name, text),) = case.blocks
    options = Options(hints=case.name.endswith("(hints)"))
    found = check_source(name or "case.py", text, ast.parse(text), options)
    expected = Counter((line, code) for line, codes in marks(text, r"BKM\d{3}").items() for code in codes)
    assert Counter((f.line, f.code) for f in found) == expected


def test_last_site_of_a_cause_names_the_rest() -> None:
    body = "    wait()\n" * 10
    text = f"import time\ndef wait():\n    time.sleep(1)\nasync def main():\n{body}"
    messages = [f.message for f in check_source("case.py", text, ast.parse(text), Options())]
    assert len(messages) == 8
    assert messages[7].endswith("; and 2 more like this (lines 13, 14)")
    assert not any("more like this" in message for message in messages[:7])


def test_calls_in_a_row_are_shown_three_times() -> None:
    text = "import time\nasync def main():\n" + "    time.sleep(1)\n" * 11
    messages = [f.message for f in check_source("case.py", text, ast.parse(text), Options())]
    assert len(messages) == 3
    assert messages[2].endswith("; and 8 more like this (lines 6, 7, 8, 9, 10, 11, …)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "import asyncio, time\ndef tick():\n    time.sleep(1)\nasyncio.get_event_loop().call_later(5, tick)",
            "time.sleep() sleeps in tick, run by the loop (asyncio.get_event_loop().call_later, case.py:4); "
            "in a task, use asyncio.sleep",
        ),
        (
            "import asyncio, time\nclass P(asyncio.Protocol):\n  def data_received(self, data):\n    time.sleep(1)",
            "time.sleep() sleeps in data_received, run by the loop (asyncio.Protocol, case.py:2); "
            "in a task, use asyncio.sleep",
        ),
        (
            "import asyncio, time\nasyncio.get_event_loop().call_soon(time.sleep, 1)",
            "time.sleep() sleeps when the loop runs it for asyncio.get_event_loop().call_soon; "
            "in a task, use asyncio.sleep",
        ),
        (
            "import tornado.web, time\nclass P(tornado.web.RequestHandler):\n    def get(self):\n        time.sleep(1)",
            "time.sleep() sleeps in get, run by the loop (tornado.web.RequestHandler, case.py:2); "
            "make get a coroutine and use asyncio.sleep",
        ),
        (
            "import fastapi, time\napp = fastapi.FastAPI()\n@app.get('/')\nasync def get():\n    time.sleep(1)",
            "time.sleep() sleeps; make get a plain def: its framework runs it in a worker",
        ),
    ],
)
def test_message_says_who_runs_the_callback(text: str, said: str) -> None:
    assert [f.message for f in check_source("case.py", text, ast.parse(text), Options())] == [said]
