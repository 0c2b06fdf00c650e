"""BKM901: waivers that waive nothing, in comments and in settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.project import concise, shop, write_text
from tests.running import flake8, write

CODE = "import time\n\n\nasync def f():\n    time.sleep(1){}\n    await g()\n\n\nasync def g():\n    return 1{}\n"
HINTS = ["--bkm-hints", "--select=BKM101,BKM901"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("  # noqa: BKM101", "", []),
        ("  # noqa: BKM1", "", []),
        ("  # noqa", "  # noqa", []),
        ("  # noqa: BKM101,E501", "  # noqa: E501", []),
        ("", "  # the text `# noqa` of somebody else", ["5 BKM101"]),
        ("  # noqa: BKM101", "  # noqa: BKM101", ["10 BKM901 # noqa: BKM101 waives nothing here; remove it"]),
        ("  # noqa: BKM101, BKM105", "", ["5 BKM901 # noqa: BKM105 waives nothing here; remove it"]),
        ("  #noqa: BKM101", "", ["5 BKM101", "5 BKM901 flake8 does not see #noqa: BKM101"]),
        ("  # noqa: BKM901, BKM101", "  # noqa: BKM901, BKM105", []),
    ],
)
def test_comments(tmp_path: Path, first: str, second: str, expected: list[str]) -> None:
    write(tmp_path, a=CODE.format(first, second))
    lines = concise(*HINTS, folder=tmp_path).output.splitlines()
    assert len(lines) == len(expected)
    for line, start in zip(lines, expected, strict=True):
        number, _, rest = start.partition(" ")
        assert line.startswith(f"a.py:{number}:")
        assert line.split(": ", 1)[1].startswith(rest)
    assert flake8("--isolated", *HINTS, "a.py", folder=tmp_path).lines == lines


@pytest.mark.parametrize("comment", ["# noqa: BKM", "# noqa BKM101", "# noqa : BKM101", "# noqa - BKM101"])
def test_a_blanket_noqa_that_looks_like_ours_is_told_by_the_command(tmp_path: Path, comment: str) -> None:
    """flake8 itself can't show anything on such a line."""
    write(tmp_path, a=CODE.format(f"  {comment}", ""))
    done = concise(*HINTS, folder=tmp_path)
    assert done.places == ["a.py:5 BKM901"]
    assert "silences every plugin" in done.output
    assert flake8("--isolated", *HINTS, "a.py", folder=tmp_path).lines == []


def test_hints_are_off_by_default_and_files_without_async_count_too(tmp_path: Path) -> None:
    write(tmp_path, a="x = 1  # noqa: BKM101\n")
    assert concise(folder=tmp_path).places == []
    assert concise("--bkm-hints", folder=tmp_path).places == ["a.py:1 BKM901"]
    assert flake8("--isolated", "--select=BKM", "--bkm-hints", "a.py", folder=tmp_path).places == ["a.py:1 BKM901"]


def test_a_comment_in_a_statement_of_many_lines(tmp_path: Path) -> None:
    text = 'import time\n\n\nasync def f():\n    time.sleep("""\n# noqa: BKM101\n""")  # noqa: BKM101\n'
    write(tmp_path, a=text)
    assert concise(*HINTS, folder=tmp_path).places == []


def test_settings_that_are_not_needed(tmp_path: Path) -> None:
    """What they name would not wait without them, or other entries name it, too; `X.*` names methods."""
    store = "import time\n\n\ndef load():\n    time.sleep(1)\n\n\ndef count(): ...\n\n\n"
    store += "class Quick:\n    def get(self): ...\n\n\nclass Slow:\n    def get(self):\n        load()\n"
    used = "from shop.store import Slow, load\n\n\nasync def f():\n    load()\n    Slow().get()\n"
    write(tmp_path, shop__store=store, shop__used=used)
    write_text(tmp_path, "shop/__init__.py", "from shop.store import load as Load\n")
    entries = ("shop.store.load", "shop.store.count", "shop.store.Quick.*", "shop.store.Slow.*", "shop.Load")
    rows = "".join(f'    "{entry}",\n' for entry in entries)
    table = f"[tool.flake8-bookmark]\nbkm-hints = true\nbkm-nonblocking = [\n{rows}]\n"
    (tmp_path / "pyproject.toml").write_text(table)
    found = concise(folder=tmp_path)
    assert found.places == [f"pyproject.toml:{line} BKM901" for line in (4, 5, 6, 7)]
    assert "shop.store.count is not needed: what it names is not known to wait" in found.output
    (tmp_path / "pyproject.toml").write_text(table.replace('    "shop.Load",\n', ""))
    assert concise(folder=tmp_path).places == [f"pyproject.toml:{line} BKM901" for line in (5, 6, 7)]


def test_settings_that_name_nothing(tmp_path: Path) -> None:
    shop(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.flake8-bookmark]\nbkm-hints = true\n"
        'bkm-nonblocking = [\n    "shop.store.load",\n    "shop.store.gone",\n    "shop.Old.*",\n]\n'
        'bkm-offloaders = ["shop.pool.push:func"]\n'
    )
    found = concise("--select=BKM901", folder=tmp_path)
    assert found.places == [f"pyproject.toml:{line} BKM901" for line in (5, 6, 8)]
    assert "shop.store.gone names nothing: no file of the project mentions gone" in found.output
    assert concise("--select=BKM901", "shop", folder=tmp_path).places == []
