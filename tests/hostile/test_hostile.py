"""Whatever a file holds: the run goes on, and the findings of the other files stay what they are."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_bookmark import cli
from tests.hostile import files
from tests.running import Outcome, flake8, run

HEALTHY = """\
import asyncio
import time


async def poll(job):
    while not job.done():
        time.sleep(1)
        await asyncio.sleep(1)
"""
FOUND = ["zz_healthy.py:7 BKM101"]

GROUPS: dict[str, Callable[[], dict[str, str | bytes]]] = {
    "syntax": lambda: files.SYNTAX,
    "bytes": lambda: files.BYTES,
    "meaning": lambda: files.MEANING,
    "large": files.large,
    "chains": lambda: files.chains(100),
}

# flake8 itself ends on these, whether we are installed or not: from CPython 3.12 on, `tokenize` answers a
# null byte inside a string with a SystemError, which flake8 does not expect.
ENDS_FLAKE8 = {"null_byte"} if sys.version_info >= (3, 12) else set()

# A sleep that must be found in spite of what stands around it.
STILL_FOUND = {
    "syntax": set(),
    "bytes": {"bom", "latin_1", "shift_jis", "crlf", "form_feeds", "line_separator", "right_to_left"},
    "meaning": {"name_of_100k", "normalised_names"},
    "large": {"deep_blocks", "deep_loops", "too_deep_loops"},
    "chains": set(),
}


def written(folder: Path, group: dict[str, str | bytes]) -> None:
    (folder / "zz_healthy.py").write_text(HEALTHY)
    for name, content in group.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.py").write_bytes(data)


def of_healthy(outcome: Outcome) -> list[str]:
    return [place for place in outcome.places if place.startswith("zz_healthy.py")]


def names() -> list[str]:
    return [name for make in GROUPS.values() for name in make()]


def test_the_table_is_long_and_names_are_not_repeated() -> None:
    assert len(names()) == len(set(names())) >= 100


@pytest.mark.parametrize("group", GROUPS)
def test_no_file_ends_the_run(tmp_path: Path, group: str) -> None:
    written(tmp_path, GROUPS[group]())
    paths = sorted(path.name for path in tmp_path.iterdir() if path.stem not in ENDS_FLAKE8)
    outcome = flake8("-j2", "--select=BKM,E9", *paths, folder=tmp_path)
    assert of_healthy(outcome) == FOUND
    assert [line for line in outcome.lines if "BKM9" in line] == []
    assert {line.partition(".")[0] for line in outcome.lines if "BKM101" in line} >= STILL_FOUND[group]
    assert all(line.isprintable() for line in outcome.lines if "BKM" in line)
    assert max(len(line.split(":", 3)[3]) for line in outcome.lines if "BKM" in line) <= 201


def test_what_is_no_readable_file(tmp_path: Path) -> None:
    written(tmp_path, {})
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "folder.py" / "inner.py").write_text(HEALTHY)
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    (tmp_path / "circle.py").symlink_to("circle.py")
    (tmp_path / "locked.py").write_text(HEALTHY)
    (tmp_path / "locked.py").chmod(0)
    (tmp_path / os.fsdecode(b"not_utf8_\xff.py")).write_text("x = 1\n")
    outcome = flake8("-j2", "--select=BKM,E9", "zz_healthy.py", ".", "missing.py", folder=tmp_path)
    assert of_healthy(outcome) == FOUND
    assert "./folder.py/inner.py:7 BKM101" in outcome.places
    assert not [line for line in outcome.lines if "BKM9" in line]


def test_a_broken_neighbour_that_is_imported(tmp_path: Path) -> None:
    """What a file imports may be broken too: then nothing is known about it."""
    written(tmp_path, {**files.SYNTAX, **files.BYTES})
    imports = "".join(
        f"import {name}\nfrom {name} import thing_{name}\n" for name in (*files.SYNTAX, *files.BYTES)
    )
    calls = "".join(f"    {name}.call()\n    thing_{name}()\n" for name in (*files.SYNTAX, *files.BYTES))
    (tmp_path / "user.py").write_text(f"import time\n{imports}\n\nasync def f():\n{calls}    time.sleep(1)\n")
    outcome = flake8("--select=BKM", "user.py", folder=tmp_path)
    assert [place.split()[1] for place in outcome.places] == ["BKM101"]


# The trees are built from below, node by node, and not by the parser, which refuses this depth.
DEEP_TREE = """
import ast, sys
import flake8
from flake8_bookmark.plugin import Plugin

def attributes(inner): return ast.Attribute(inner, "a", ast.Load(), **place)
def calls(inner): return ast.Call(inner, [], [], **place)
def arguments(inner): return ast.Call(ast.Name("f", ast.Load(), **place), [inner], [], **place)
def sums(inner): return ast.BinOp(inner, ast.Add(), ast.Constant(1, **place), **place)
def nots(inner): return ast.UnaryOp(ast.Not(), inner, **place)
def awaits(inner): return ast.Await(inner, **place)
def lambdas(inner):
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), inner, **place)
def ternaries(inner):
    return ast.IfExp(ast.Name("x", ast.Load(), **place), ast.Name("x", ast.Load(), **place), inner, **place)

place = dict(lineno=1, col_offset=0, end_lineno=1, end_col_offset=1)
wrap = globals()[sys.argv[1]]
tree = ast.parse("async def f(x):\\n    x")
expression = tree.body[0].body[0].value
for _ in range(5000):
    expression = wrap(expression)
tree.body[0].body[0].value = expression
rows = list(Plugin(tree, "deep.py", ["async def f(x):\\n", "    x\\n"]).run())
print(len(rows), *{text.split()[0] for _, _, text, _ in rows})
"""


@pytest.mark.parametrize(
    "shape", ["attributes", "calls", "arguments", "sums", "nots", "awaits", "lambdas", "ternaries"]
)
def test_a_tree_five_thousand_deep(tmp_path: Path, shape: str) -> None:
    """Either it is checked, or it is one BKM900; the interpreter lives."""
    start = tmp_path / "start.txt"
    start.write_text(DEEP_TREE)
    outcome = run(sys.executable, start, shape, folder=tmp_path)
    assert outcome.code == 0
    assert outcome.lines in (["0"], ["1 BKM900"])


@pytest.mark.parametrize("group", ["syntax", "bytes", "meaning", "chains"])
def test_drawing_draws_or_refuses(tmp_path: Path, group: str, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, GROUPS[group]())
    for path in sorted(tmp_path.iterdir()):
        code = cli.main(["draw", str(path)])
        said = capsys.readouterr()
        if code == cli.DONE:
            ast.parse(path.read_bytes())
            assert said.err == ""
        else:
            assert code == cli.REFUSED
            assert said.err.startswith(f"flake8-bookmark: {path}:")
            assert said.out == ""
