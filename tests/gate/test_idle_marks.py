"""BKM901: comments `# bkm: word` that nothing reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.project import concise
from tests.running import flake8, write

HINTS = ["--bkm-hints", "--select=BKM901"]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("x = 1  # bkm: nonblocking\n", 1, "this `# bkm: nonblocking` does nothing: no def or class takes it"),
        ("# bkm: nonblocking\n\ndef f(): ...\n", 1, "no def or class takes it"),
        ("def f():\n    x = 1\n    # bkm: nonblocking\n    return x\n", 3, "no def or class takes it"),
        ("x = 1  # bkm: nonblocking\ndef f(): ...\n", 1, "no def or class takes it"),
        ("def f(x):\n    # bkm: nonblocking\n    if x:\n        # bkm: nonblocking\n        x()\n", 4, "no def or"),
        ("async def f(x):\n    y = 1\n    await x  # bkm: atomic\n", 3, "no def and no statement with a body"),
        ("async def f(x):\n    if x:\n        y = 1\n        # bkm: atomic\n        await x\n", 4, "no statement"),
        ("def f():  # bkm: nonblockng\n    ...\n", 1, "`# bkm: nonblockng` does nothing: the words are nonblocking"),
    ],
)
def test_comments_that_nothing_reads(tmp_path: Path, text: str, line: int, part: str) -> None:
    write(tmp_path, a=text)
    done = concise(*HINTS, folder=tmp_path)
    assert done.places == [f"a.py:{line} BKM901"]
    assert part in done.output
    assert flake8("--isolated", *HINTS, "a.py", folder=tmp_path).lines == done.output.splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "def f():  # bkm: nonblocking the cache is warm\n    ...\n",
        "# bkm: nonblocking\n@g\n@h\nclass A: ...\n",
        "@g\n# bkm: nonblocking\ndef f(\n    x,\n): ...\n",
        "# bkm: atomic\nasync def f(): ...\n",
        "async def f(x):\n    # bkm: atomic\n    for y in x:\n        y()\n",
        "async def f(x):\n    y = 1\n    async with x:  # bkm: atomic\n        y = 2\n",
        'x = "# bkm: nonblockng"\n',
        "x = 1  # see # bkm: nonblocking\n",
        "x = 1  # bkm: nonblockng  # noqa: BKM901\n",
    ],
)
def test_comments_that_are_read(tmp_path: Path, text: str) -> None:
    write(tmp_path, a=text)
    assert concise(*HINTS, folder=tmp_path).places == []
    assert flake8("--isolated", *HINTS, "a.py", folder=tmp_path).lines == []


def test_hints_are_off_by_default(tmp_path: Path) -> None:
    write(tmp_path, a="x = 1  # bkm: nonblocking\n")
    assert concise(folder=tmp_path).places == []
    assert flake8("--isolated", "--select=BKM", "a.py", folder=tmp_path).lines == []
