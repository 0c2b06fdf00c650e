"""`flake8-bookmark draw`: which file, which function, which format, and what can't be drawn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.running import command

SERVICE = """\
import asyncio
import time


class Poller:
    async def poll(self, job):
        while not job.done():
            time.sleep(1)
            await asyncio.sleep(1)


async def main(job):
    await Poller().poll(job)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "svc.py").write_text(SERVICE)
    return tmp_path


def functions(folder: Path, target: str) -> list[dict[str, object]]:
    outcome = command("draw", target, "--format=json", folder=folder)
    assert outcome.code == 0
    drawn = json.loads(outcome.output)
    assert drawn["path"] == target.partition("::")[0]
    return list(drawn["functions"])


def test_all_functions_of_a_file(folder: Path) -> None:
    names = [function["qualname"] for function in functions(folder, "svc.py")]
    assert [name for name in names if name != "<module>"] == ["Poller.poll", "main"]


def test_one_function(folder: Path) -> None:
    (drawn,) = functions(folder, "svc.py::Poller.poll")
    assert (drawn["qualname"], drawn["line"], drawn["kind"]) == ("Poller.poll", 6, "coroutine")


def test_a_picture_shows_states_calls_and_findings(folder: Path) -> None:
    picture = command("draw", "svc.py::Poller.poll", folder=folder).output
    for shown in ("CREATED", "SUSPENDED 1", "CLOSED", "time.sleep", "BKM101", "job"):
        assert shown in picture


def test_mermaid(folder: Path) -> None:
    outcome = command("draw", "svc.py::main", "--format=mermaid", folder=folder)
    assert outcome.output.startswith(("stateDiagram", "flowchart", "graph", "---"))


@pytest.mark.parametrize("wrong", ["poll", "Poller.Poll", "Poller", ""])
def test_no_such_function(folder: Path, wrong: str) -> None:
    outcome = command("draw", f"svc.py::{wrong}", folder=folder)
    assert outcome.code == 2
    assert outcome.errors == f"flake8-bookmark: svc.py has no function {wrong!r}; it has Poller.poll, main\n"
    assert outcome.output == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.py", b"async def f(:\n", "broken.py:1: not valid Python: invalid syntax"),
        ("nulls.py", b"x = 1\0", "nulls.py:1: not valid Python: source code"),
        ("klingon.py", b"# coding: klingon\n", "klingon.py: can't be decoded: unknown encoding"),
        ("bytes.py", b"x = '\xff'\n", "bytes.py: can't be decoded: "),
    ],
)
def test_what_is_no_python(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    outcome = command("draw", name, folder=tmp_path)
    assert outcome.code == 2
    assert outcome.errors.startswith(f"flake8-bookmark: {said}")


@pytest.mark.parametrize(("name", "said"), [("none.py", "No such file or directory"), (".", "Is a directory")])
def test_what_is_no_file(tmp_path: Path, name: str, said: str) -> None:
    outcome = command("draw", name, folder=tmp_path)
    assert (outcome.code, outcome.errors) == (2, f"flake8-bookmark: {name}: {said}\n")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfasync def f(a):\n    await a\n",
        "# coding: latin-1\nasync def f(a):\n    'é'\n    await a\n".encode("latin-1"),
        b"async def f(a):\r\n    await a\r\n",
    ],
)
def test_any_encoding_that_python_reads(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.py").write_bytes(content)
    (drawn,) = functions(tmp_path, "f.py::f")
    assert drawn["kind"] == "coroutine"


def test_a_file_with_colons_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "a::b.py").write_text("async def f(a):\n    await a\n")
    outcome = command("draw", "a::b.py", folder=tmp_path)
    assert outcome.code == 0
    assert "f" in outcome.output


def test_a_file_with_nothing_to_draw(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("def double(n):\n    return 2 * n\n")
    outcome = command("draw", "plain.py", folder=tmp_path)
    assert (outcome.code, outcome.output) == (2, "")
    assert outcome.errors == (
        "flake8-bookmark: plain.py: no coroutine and no generator here; draw a plain function as plain.py::NAME\n"
    )
    assert "CREATED" in command("draw", "plain.py::double", folder=tmp_path).output
    assert functions(tmp_path, "plain.py") == []
