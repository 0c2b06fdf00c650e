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
        ("def f(x):\n    # bkm: nonblocking\n    if x:\n        # bkm: nonblocking\n        open(x)\n", 4, "no def or"),
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
        "def f():  # bkm: nonblocking the cache is warm\n    open(p)\n",
        "# bkm: nonblocking\n@g\n@h\nclass A:\n    def f(self):\n        open(p)\n",
        "@g\n# bkm: nonblocking\ndef f(\n    x,\n): open(x)\n",
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


NEEDLESS = "this `# bkm: nonblocking` does nothing: nothing that it is about is known to wait or to compute for long"
WAITS = "import time\n\ndef wait():\n    time.sleep(1)\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def f(x):  # bkm: nonblocking\n    return x + 1\n", [1]),
        ("from b import wait\n\ndef f():  # bkm: nonblocking\n    return wait\n", [3]),
        ("# bkm: nonblocking\nclass A:\n    x = 1\n    def f(self): return self.x\n", [1]),
        # Whoever hands `time.sleep` over is told at the call, whatever this function says.
        ("def f(g):  # bkm: nonblocking\n    g()\n", [1]),
        # Of two comments about the same, one is enough.
        (
            "import b\n\n# bkm: nonblocking\nclass A:\n    def f(self):  # bkm: nonblocking\n        b.wait()\n",
            [3],
        ),
        ("import b\n\ndef f():  # bkm: nonblocking\n    g()\n\ndef g():  # bkm: nonblocking\n    b.wait()\n", [3]),
    ],
)
def test_comments_without_which_nothing_more_would_wait(tmp_path: Path, text: str, lines: list[int]) -> None:
    write(tmp_path, a=text, b=WAITS)
    done = concise(*HINTS, folder=tmp_path)
    assert done.places == [f"a.py:{line} BKM901" for line in lines]
    assert done.output.count(NEEDLESS) == len(lines)
    assert flake8("--isolated", *HINTS, "a.py", folder=tmp_path).lines == done.output.splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "import b\n\ndef f():  # bkm: nonblocking\n    b.wait()\n",
        "import b\n\ndef f(quick):  # bkm: nonblocking\n    if not quick:\n        b.wait()\n",
        "import b\n\n# bkm: nonblocking\nclass A:\n    def __init__(self):\n        self.read()\n"
        "    def read(self):\n        b.wait()\n",
        "import b\n\ndef f():  # bkm: nonblocking\n    def g():\n        b.wait()\n    return g\n",
        "import b\n\ndef f():  # bkm: nonblocking\n    g()\n\ndef g():\n    f()\n    b.wait()\n",
        "import b\n\ndef f():  # bkm: nonblocking\n    b.wait()\n    yield 1\n",
        "import hashlib\n\ndef f(x):  # bkm: nonblocking\n    return hashlib.scrypt(x, salt=x, n=2**14, r=8, p=1)\n",
    ],
)
def test_comments_that_are_needed(tmp_path: Path, text: str) -> None:
    write(tmp_path, a=text, b=WAITS)
    assert concise(*HINTS, folder=tmp_path).places == []
    assert flake8("--isolated", *HINTS, "a.py", folder=tmp_path).lines == []


def test_a_comment_is_needed_as_long_as_the_other_file_waits(tmp_path: Path) -> None:
    write(tmp_path, a="import b\n\ndef f():  # bkm: nonblocking\n    b.wait()\n", b=WAITS)
    assert concise(*HINTS, folder=tmp_path).places == []
    write(tmp_path, b=WAITS.replace("time.sleep(1)", "pass"))
    assert concise(*HINTS, folder=tmp_path).places == ["a.py:3 BKM901"]


def test_hints_are_off_by_default(tmp_path: Path) -> None:
    write(tmp_path, a="x = 1  # bkm: nonblocking\n")
    assert concise(folder=tmp_path).places == []
    assert flake8("--isolated", "--select=BKM", "a.py", folder=tmp_path).lines == []
