"""`flake8-bookmark explain`: the page in the terminal, offline."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_bookmark import cli
from flake8_bookmark.report.screen import wants_colour
from flake8_bookmark.report.terminal import rendered
from flake8_bookmark.rules import ALL
from tests.running import command

LINK = "https://flake8-bookmark.readthedocs.io/rules/BKM101/"
ESCAPE = "\x1b["

PAGE = """\
# some-rule (BKM199)

A coroutine sleeps, see [the docs](https://docs.python.org/3/) or <https://example.org/>; this **matters** a
lot and goes on with `await x` here.

## Example

- one item that is long enough for a second line, which hangs below the first word
- another `io.*` and `item.*`

```python
async def f():

    await g()  # a line of code is never filled, even when it is far longer than the width of the page
```

```mermaid
graph TD
```

| a | `b` |
|---|---|
| 1 | 2 |
"""

PLAIN = """\
some-rule (BKM199)
==================

A coroutine sleeps, see the docs
(https://docs.python.org/3/) or
https://example.org/; this matters a lot
and goes on with `await x` here.

EXAMPLE

- one item that is long enough for a second
  line, which hangs below the first word
- another `io.*` and `item.*`

    async def f():

        await g()  # a line of code is never filled, even when it is far longer than the width of the page

| a | `b` |
|---|---|
| 1 | 2 |
"""


def test_a_page_as_plain_text() -> None:
    assert rendered(PAGE, 44, colour=False) == PLAIN


def test_a_page_with_colours_has_no_markup_left() -> None:
    page = rendered(PAGE, 44, colour=True)
    assert "\x1b[36mawait x\x1b[0m" in page
    assert "\x1b[1mmatters\x1b[0m" in page
    for markup in ("**", "```", "](", "## "):
        assert markup not in page


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("env", "on_screen", "in_file"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_when_there_is_colour(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], on_screen: bool, in_file: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(Screen()) is on_screen
    assert wants_colour(io.StringIO()) is in_file


@pytest.mark.parametrize("asked", ["BKM101", "bkm101", "blocking-sleep"])
def test_a_rule_is_known_by_code_and_slug(tmp_path: Path, asked: str) -> None:
    outcome = command("explain", asked, folder=tmp_path)
    assert outcome.code == 0
    assert outcome.lines[0] == "blocking-sleep (BKM101)"
    assert "WHAT HAPPENS ON THE LOOP" in outcome.lines
    assert outcome.lines[-1] == LINK
    assert ESCAPE not in outcome.output


def test_colour_through_the_command(tmp_path: Path) -> None:
    assert ESCAPE in command("explain", "BKM101", folder=tmp_path, env={"FORCE_COLOR": "1"}).output


def test_filled_to_the_terminal(tmp_path: Path) -> None:
    page = command("explain", "BKM101", folder=tmp_path, env={"COLUMNS": "50"})
    text = page.output.partition("WHAT HAPPENS ON THE LOOP")[2].partition("EXAMPLE")[0]
    # What is indented is code, which keeps its lines.
    assert max(len(line) for line in text.splitlines() if not line.startswith("    ")) in range(40, 51)


@pytest.mark.parametrize("code", [rule.code for rule in ALL])
def test_every_rule_has_a_page_and_none_is_long(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", code]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"({code})" in lines[0]
    assert len(lines) < 250


def test_an_unknown_code_gets_the_list(tmp_path: Path) -> None:
    outcome = command("explain", "BKM999", folder=tmp_path)
    assert outcome.code == 2
    assert "no rule is called BKM999" in outcome.errors
    assert "BKM101  blocking-sleep" in outcome.errors
    assert outcome.output == ""


def test_the_link_follows_the_setting(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.flake8-bookmark]\nbkm-docs-url = "https://wiki.example/{code}#{anchor}"\n'
    )
    assert command("explain", "BKM101", folder=tmp_path).lines[-1] == "https://wiki.example/BKM101"


def test_a_mistake_in_the_configuration_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.flake8-bookmark]\nbkm-hint = true\n")
    outcome = command("explain", "BKM101", folder=tmp_path)
    assert outcome.code == 2
    assert "unknown setting bkm-hint; did you mean bkm-hints?" in outcome.errors


def test_a_reader_that_stops_early(tmp_path: Path) -> None:
    """`flake8-bookmark explain BKM101 | head -1` says nothing about a broken pipe."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flake8_bookmark", "explain", "BKM105"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read().decode()
    assert (process.wait(60), errors) == (0, "")
    process.stderr.close()


def test_version(tmp_path: Path) -> None:
    outcome = command("--version", folder=tmp_path)
    assert outcome.code == 0
    assert outcome.output.startswith("flake8-bookmark 0.")


@pytest.mark.parametrize("arguments", [[], ["explain"], ["paint"], ["draw", "x.py", "--format=oil"]])
def test_usage(tmp_path: Path, arguments: list[str]) -> None:
    outcome = command(*arguments, folder=tmp_path)
    assert outcome.code == 2
    assert outcome.errors.startswith("usage: flake8-bookmark")


def test_the_causes_are_named_and_told_one_at_a_time(tmp_path: Path) -> None:
    page = command("explain", "BKM102", folder=tmp_path)
    assert {"requests,", "requests-streaming,"} <= set(page.output.split())
    assert "httpx.AsyncClient.delete" not in page.output
    assert "`flake8-bookmark explain BKM102 --all`" in " ".join(page.output.split())
    cause = command("explain", "blocking-network#requests", folder=tmp_path)
    assert cause.lines[0] == "BKM102#requests"
    assert "requests.Session" in cause.output
    assert "urllib3" not in cause.output
    assert cause.lines[-1].endswith("rules/BKM102/#requests")
    everything = command("explain", "BKM102", "--all", folder=tmp_path)
    assert "requests.Session" in everything.output and "urllib3" in everything.output


@pytest.mark.parametrize("link", ["BKM301#dropped", "BKM303#first-party", "BKM402#awaited-arguments"])
def test_the_anchor_of_a_rule_without_causes_leads_to_its_page(tmp_path: Path, link: str) -> None:
    outcome = command("explain", link, folder=tmp_path)
    assert outcome.code == 0
    assert "WHAT HAPPENS ON THE LOOP" in outcome.lines
    assert outcome.lines[-1].endswith(link.replace("#", "/#"))


@pytest.mark.parametrize("more", [[], ["--all"]])
def test_a_cause_that_is_not_there(tmp_path: Path, more: list[str]) -> None:
    outcome = command("explain", "BKM301#nobody", *more, folder=tmp_path)
    assert outcome.code == 2
    assert outcome.errors == "flake8-bookmark: BKM301 has no section 'nobody'; it has dropped\n"
    assert "requests-streaming" in command("explain", "BKM102#nobody", *more, folder=tmp_path).errors
