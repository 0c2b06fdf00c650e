"""`flake8-bookmark init`: a first configuration, after showing what there is."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest

from tests.gate.project import bookmark, shop
from tests.running import write


def test_it_shows_what_there_is_and_writes_nothing_unasked(tmp_path: Path) -> None:
    shop(tmp_path)
    done = bookmark("init", folder=tmp_path)
    assert done.code == 0
    assert done.output.startswith("4 findings in 5 files.\n      3  BKM1xx  The thread waits between two bookmarks\n")
    assert "      2  requests.get  shop/store.py:5\n" in done.output
    assert "Nothing written." in done.output
    assert not (tmp_path / ".bkm-baseline").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "is_written"), [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_it_asks_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, is_written: bool) -> None:
    """An input that ends is a no."""
    shop(tmp_path)
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    done = bookmark("init", folder=tmp_path)
    assert (done.code, done.errors) == (0, "")
    assert ("Nothing written" in done.output, (tmp_path / ".bkm-baseline").exists()) == (not is_written, is_written)


@pytest.mark.parametrize("before", ["[project]\nname = 'shop'\n", "[project]\r\nname = 'shop'", None])
def test_it_adds_a_table_and_a_baseline(tmp_path: Path, before: str | None) -> None:
    shop(tmp_path)
    path = tmp_path / "pyproject.toml"
    path.unlink()
    if before is not None:
        path.write_bytes(before.encode())
    assert bookmark("init", "--yes", folder=tmp_path).code == 0
    assert path.read_bytes().startswith((before or "[tool").encode())
    assert tomllib.loads(path.read_text())["tool"] == {"flake8-bookmark": {"bkm-baseline": ".bkm-baseline"}}
    assert bookmark("check", folder=tmp_path).code == 0
    again = bookmark("init", "--yes", folder=tmp_path)
    assert (again.code, "exists already" in again.errors) == (2, True)


def test_a_table_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    shop(tmp_path)
    text = "[tool.flake8-bookmark]\nbkm-max-depth = 9\n"
    (tmp_path / "pyproject.toml").write_text(text)
    assert bookmark("init", "--yes", folder=tmp_path).code == 0
    assert (tmp_path / "pyproject.toml").read_text() == text
    assert bookmark("check", folder=tmp_path).code == 0


def test_not_of_a_part_and_not_of_broken_code(tmp_path: Path) -> None:
    shop(tmp_path)
    assert bookmark("init", "--yes", "shop", folder=tmp_path).code == 2
    write(tmp_path, broken="async def f(:\n")
    assert bookmark("init", "--yes", folder=tmp_path).code == 3
    assert not (tmp_path / ".bkm-baseline").exists()


def test_it_speaks_of_ruff_where_ruff_would_remove_waivers(tmp_path: Path) -> None:
    shop(tmp_path)
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.ruff]\nline-length = 99\n")
    assert 'external = ["BKM"]' in bookmark("init", "--yes", folder=tmp_path).output
    (tmp_path / ".bkm-baseline").unlink()
    path.write_text('[tool.ruff.lint]\nexternal = ["BKM"]\n')
    assert "ruff" not in bookmark("init", "--yes", folder=tmp_path).output
