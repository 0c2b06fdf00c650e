"""Catalogue files are held against packages; the package below is made up, under the name of one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "check_library.py"


def run(folder: Path, text: str) -> tuple[int, list[str]]:
    package = folder / "getmac"
    package.mkdir()
    (package / "__init__.py").write_text(f"{text}\nraise SystemExit\n")
    (package / "getmac.py").write_text("from getmac import get_mac_address\n")
    done = subprocess.run([sys.executable, str(TOOL), str(package)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()[1:]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def get_mac_address() -> str: ...", []),
        ("def other() -> str: ...", ["  getmac.get_mac_address: there is no such name"]),
        ("async def get_mac_address(): ...", ["  getmac.get_mac_address: a coroutine, said to block"]),
        ("def __getattr__(name): ...", []),
    ],
)
def test_names_are_looked_up_in_the_source(tmp_path: Path, text: str, said: list[str]) -> None:
    code, lines = run(tmp_path, text)
    assert [line for line in lines if ".getmac." not in line] == said
    assert code == (1 if lines else 0)
