"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

from flake8_bookmark.options import SETTINGS, build_options
from tests.running import flake8

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)


def test_the_first_example_gives_the_findings_below_it(tmp_path: Path) -> None:
    (_, code), (_, session) = BLOCKS[:2]
    (tmp_path / "feed.py").write_text(code)
    command, *expected = session.splitlines()
    assert flake8(*command.removeprefix("$ flake8 ").split(), folder=tmp_path).lines == expected
    marks = [
        f"feed.py:{number} {mark}"
        for number, line in enumerate(code.splitlines(), 1)
        for mark in re.findall(r"# (BKM\d+)", line)
    ]
    assert flake8("--select=BKM", "feed.py", folder=tmp_path).places == marks


def test_every_setting_is_in_the_table() -> None:
    assert re.findall(r"^\| `(bkm-[\w-]+)` \|", README, re.M) == [setting.key for setting in SETTINGS]


def test_the_configuration_shown_is_accepted(tmp_path: Path) -> None:
    table = next(code for _, code in BLOCKS if "[tool.flake8-bookmark]" in code)
    (tmp_path / "pyproject.toml").write_text(table)
    assert build_options({}, tmp_path).hints
