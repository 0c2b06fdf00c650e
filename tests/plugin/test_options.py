"""What a user may set, where, and what happens to a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_bookmark.options import SETTINGS, Options, OptionsError, build_options
from tests.running import flake8, write

DECLARED = """
import asyncio
import company


async def poll():
    company.wait_for_it()
    await asyncio.sleep(1)
"""


def options(folder: Path, table: str, **given: object) -> Options:
    (folder / "pyproject.toml").write_text(f"[tool.flake8-bookmark]\n{table}\n")
    return build_options({key.replace("_", "-"): value for key, value in given.items()}, folder)


def test_every_field_has_a_setting_and_every_setting_a_field() -> None:
    assert {setting.attribute for setting in SETTINGS} == set(Options._fields)


def test_table_is_read(tmp_path: Path) -> None:
    found = options(tmp_path, 'bkm-hints = true\nbkm-blocking = ["a.b", "c.*.d", "c.D.*"]\nbkm-max-depth = 3')
    assert found == Options(hints=True, blocking=("a.b", "c.*.d", "c.D.*"), max_depth=3)


def test_nearest_table_wins_and_files_without_a_table_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.flake8-bookmark]\nbkm-hints = true\n")
    inner = tmp_path / "services" / "api"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[tool.other]\nhints = false\n")
    assert build_options({}, inner).hints
    (inner / "pyproject.toml").write_text("[tool.flake8-bookmark]\nbkm-max-depth = 2\n")
    assert build_options({}, inner) == Options(max_depth=2)


def test_flake8_overrides_the_table_key_by_key(tmp_path: Path) -> None:
    found = options(tmp_path, 'bkm-hints = true\nbkm-spawners = ["a.b"]', bkm_hints=False, bkm_spawners=None)
    assert found == Options(hints=False, spawners=("a.b",))


def test_broken_toml_of_a_project_that_does_not_use_us_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other\n")
    assert build_options({}, tmp_path) == Options()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("bkm-hint = true", "unknown setting bkm-hint; did you mean bkm-hints?"),
        ("hints = true", "unknown setting hints; did you mean bkm-hints?"),
        ("zebra = true", "unknown setting zebra; known are bkm-blocking, "),
        ('bkm-hints = "yes"', "bkm-hints must be true or false, not 'yes'"),
        ("bkm-hints = 1", "bkm-hints must be true or false, not 1"),
        ("bkm-max-depth = -1", "bkm-max-depth must be a whole number, 0 or more, not -1"),
        ("bkm-max-depth = true", "bkm-max-depth must be a whole number, 0 or more, not True"),
        ("bkm-docs-url = 3", "bkm-docs-url must be text, not 3"),
        ('bkm-blocking = "a.b"', "bkm-blocking must be a list of strings, not 'a.b'"),
        ("bkm-blocking = [1]", "bkm-blocking must be a list of strings, not [1]"),
        ('bkm-blocking = ["a.b()"]', "bkm-blocking: 'a.b()' is not a qualified name"),
        ('bkm-blocking = ["requests.g*"]', "bkm-blocking: 'requests.g*' is not a qualified name"),
        ('bkm-blocking = ["*"]', "bkm-blocking: '*' is not a qualified name"),
        (
            'bkm-blocking = ["a.b"]\nbkm-nonblocking = ["a.b"]',
            "bkm-blocking and bkm-nonblocking both name 'a.b'",
        ),
        ('bkm-nonblocking = [""]', "bkm-nonblocking: '' is not a qualified name"),
        ('bkm-offloaders = ["a.run"]', "bkm-offloaders: 'a.run' is not a qualified name and an argument"),
        (
            'bkm-offloaders = ["a.run:-1"]',
            "bkm-offloaders: 'a.run:-1' is not a qualified name and an argument",
        ),
        ("bkm-hints = ", "pyproject.toml: Invalid value"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(OptionsError) as caught:
        options(tmp_path, table)
    assert said in str(caught.value)


def test_a_table_that_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nflake8-bookmark = 3\n")
    with pytest.raises(OptionsError, match=r"tool\.flake8-bookmark must be a table"):
        build_options({}, tmp_path)


@pytest.mark.parametrize("argument", ["func", "0"])
def test_offloaders(tmp_path: Path, argument: str) -> None:
    assert options(tmp_path, f'bkm-offloaders = ["a.run:{argument}"]').offloaders == (f"a.run:{argument}",)


@pytest.mark.parametrize(
    "arguments",
    [["."], ["-j2", "."]],
)
def test_flake8_names_a_mistake_without_a_traceback(tmp_path: Path, arguments: list[str]) -> None:
    write(tmp_path, a="x = 1\n", b="y = 1\n")
    (tmp_path / "pyproject.toml").write_text("[tool.flake8-bookmark]\nbkm-hintz = true\n")
    outcome = flake8(*arguments, folder=tmp_path)
    assert outcome.code == 1
    assert "unknown setting bkm-hintz; did you mean bkm-hints?" in outcome.output


def test_a_bad_number_in_the_flake8_file(tmp_path: Path) -> None:
    write(tmp_path, a="x = 1\n")
    (tmp_path / ".flake8").write_text("[flake8]\nbkm-max-depth = deep\n")
    outcome = flake8(".", folder=tmp_path)
    assert "bkm-max-depth must be a whole number, 0 or more, not 'deep'" in outcome.output


@pytest.mark.parametrize("place", ["table", "flake8 file", "command line"])
def test_a_declared_function_is_reported_wherever_it_is_declared(tmp_path: Path, place: str) -> None:
    write(tmp_path, poll=DECLARED)
    assert flake8("--select=BKM", "poll.py", folder=tmp_path).places == []
    arguments = []
    if place == "table":
        (tmp_path / "pyproject.toml").write_text('[tool.flake8-bookmark]\nbkm-blocking = ["company.wait_for_it"]\n')
    elif place == "flake8 file":
        (tmp_path / ".flake8").write_text("[flake8]\nbkm-blocking =\n    company.other,\n    company.wait_for_it\n")
    else:
        arguments = ["--bkm-blocking=company.wait_for_it"]
    assert flake8("--select=BKM", *arguments, "poll.py", folder=tmp_path).places == ["poll.py:7 BKM109"]


def test_hints_are_off_unless_asked_for_even_when_selected(tmp_path: Path) -> None:
    write(tmp_path, check="import os\n\n\nasync def known(path):\n    return os.path.exists(path)\n")
    assert flake8("--select=BKM", ".", folder=tmp_path).places == []
    assert flake8("--ignore=E1", "--extend-select=BKM", ".", folder=tmp_path).places == []
    assert flake8("--select=BKM", "--bkm-hints", ".", folder=tmp_path).places == ["./check.py:5 BKM106"]
    (tmp_path / "pyproject.toml").write_text("[tool.flake8-bookmark]\nbkm-hints = true\n")
    assert flake8("--select=BKM", ".", folder=tmp_path).places == ["./check.py:5 BKM106"]
    (tmp_path / ".flake8").write_text("[flake8]\nbkm-hints = false\n")
    assert flake8("--select=BKM", ".", folder=tmp_path).places == []
