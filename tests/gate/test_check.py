"""`flake8-bookmark check`: which files, which findings, which exit code, and what a reader sees."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_bookmark.gate.checking import check_paths
from flake8_bookmark.gate.progress import Progress
from flake8_bookmark.gate.settings import read_settings
from tests.gate.project import FINDINGS, SERVICE, bookmark, concise, shop, write_text
from tests.running import command, flake8, run, write

EXAMPLES = Path(__file__).parents[2] / "examples"
SLEEPS = "import time\n\n\nasync def f():\n    time.sleep(1)\n"
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")


# the same as the plugin ---------------------------------------------------------------------------------------------


def of_plugin(folder: Path, *arguments: str) -> list[str]:
    outcome = flake8("--isolated", "--select=BKM", *arguments, ".", folder=folder)
    return sorted(line.removeprefix("./") for line in outcome.lines)


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
@pytest.mark.parametrize("hints", [[], ["--bkm-hints"]])
def test_plugin_and_command_find_the_same(jobs: str, hints: list[str]) -> None:
    """Line by line: place, code, message and link."""
    done = command("check", "--isolated", "--format=concise", jobs, *hints, folder=EXAMPLES)
    assert done.code == 1
    assert sorted(done.lines) == of_plugin(EXAMPLES, jobs, *hints)
    assert len(done.lines) > 20


def test_the_same_in_a_project_of_many_files(tmp_path: Path) -> None:
    """Enough files for two processes; each calls into a neighbour, and one cause has more sites than are shown."""
    shop(tmp_path)
    for number in range(30):
        body = f"from shop.store import load\n\n\nasync def f{number}(url):\n"
        body += "    load(url)\n" * (number % 12) + f"    await g{number}(load(url))  # noqa: BKM112\n"
        write(tmp_path, **{f"pkg{number % 3}__mod{number}": body})
    one, two = (concise(f"-j{jobs}", folder=tmp_path) for jobs in (1, 2))
    assert one.output == two.output
    assert sorted(one.output.splitlines()) == of_plugin(tmp_path, "-j1") == of_plugin(tmp_path, "-j2")
    assert "and 3 more like this (lines " in one.output


def test_other_start_methods(tmp_path: Path) -> None:
    shop(tmp_path)
    write(tmp_path, **{f"mod{number}": SLEEPS for number in range(30)})
    start = write_text(
        tmp_path,
        "start.txt",
        "import multiprocessing, sys\nfrom flake8_bookmark.cli import main\n"
        "if __name__ == '__main__':\n    multiprocessing.set_start_method('spawn')\n    sys.exit(main(sys.argv[1:]))\n",
    )
    done = run(sys.executable, start, "check", "--isolated", "--format=concise", "-j2", folder=tmp_path)
    assert done.output == concise(folder=tmp_path).output


# which files --------------------------------------------------------------------------------------------------------


def test_flake8s_configuration_says_which_files_and_codes(tmp_path: Path) -> None:
    shop(tmp_path)
    write(tmp_path, old__legacy=SLEEPS, gen__made=SLEEPS, notes=SLEEPS)
    (tmp_path / "stub.pyi").write_text(SLEEPS)
    (tmp_path / ".flake8").write_text(
        "[flake8]\nexclude = old\nextend-exclude = gen/*\nextend-ignore = BKM3\n"
        "per-file-ignores =\n    shop/service.py: BKM112\n"
    )
    expected = ["notes.py:5 BKM101", "shop/worker.py:7 BKM101"]
    assert bookmark("check", "--format=concise", folder=tmp_path).places == expected
    assert sorted(flake8("--select=BKM", ".", folder=tmp_path).places) == [f"./{p}" for p in expected]
    # What is named is checked, whatever its name.
    assert concise("stub.pyi", folder=tmp_path).places == ["stub.pyi:5 BKM101"]


def test_comments_count_as_in_flake8(tmp_path: Path) -> None:
    write(tmp_path, a="# flake8: noqa\n" + SLEEPS, b=SLEEPS.replace("(1)", "(1)  # noqa: BKM1"))
    assert concise(folder=tmp_path).places == []
    assert concise("--disable-noqa", folder=tmp_path).places == ["a.py:6 BKM101", "b.py:5 BKM101"]
    assert "1 finding waived by comments." in bookmark("check", "--isolated", folder=tmp_path).output


def test_virtual_environments_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, app=SLEEPS, env__lib__dep=SLEEPS, node_modules__gyp=SLEEPS)
    (tmp_path / "env" / "pyvenv.cfg").write_text("home = /usr\n")
    assert concise(folder=tmp_path).places == ["app.py:5 BKM101"]


@needs_git
def test_what_git_ignores_is_left_out_unless_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, app=SLEEPS, out__made=SLEEPS, pkg__local=SLEEPS)
    (tmp_path / ".gitignore").write_text("/out/\nlocal.py\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert concise(folder=tmp_path).places == ["app.py:5 BKM101"]
    assert concise("out/made.py", folder=tmp_path).places == ["out/made.py:5 BKM101"]


def test_without_git_nothing_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, app=SLEEPS)
    monkeypatch.setenv("PATH", "")
    assert concise(folder=tmp_path).places == ["app.py:5 BKM101"]


# which findings, and the exit code ----------------------------------------------------------------------------------


def test_selection_by_prefix(tmp_path: Path) -> None:
    shop(tmp_path)
    assert concise(folder=tmp_path).places == FINDINGS
    assert concise("--select=BKM11,BKM3", folder=tmp_path).places == [FINDINGS[0], FINDINGS[1], FINDINGS[3]]
    assert concise("--ignore=BKM1", folder=tmp_path).places == [FINDINGS[3]]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["plain.py"], 0),
        (["--fail-on=error"], 1),
        (["--fail-on=error", "--select=BKM115"], 0),
        (["--fail-on=warning", "--select=BKM115"], 1),
        (["no-such-folder"], 2),
        (["--select=BKM7"], 2),
        (["--select=E,W"], 2),
        (["--bkm-max-depth=deep"], 2),
        (["--jobs=many"], 2),
        (["--format=csv"], 2),
    ],
)
def test_exit_codes(tmp_path: Path, arguments: list[str], code: int) -> None:
    shop(tmp_path)
    write(tmp_path, disk="def read():\n    return open('x').read()\n\n\nasync def f():\n    return read()\n")
    done = bookmark("check", "--isolated", *arguments, folder=tmp_path)
    assert done.code == code, done.errors
    assert bool(done.errors) == (code == 2)


@pytest.mark.parametrize("text", ["async def f(:\n", "async def f():\n    x = '\0'\n"])
def test_a_file_that_cannot_be_parsed_makes_the_result_partial(tmp_path: Path, text: str) -> None:
    shop(tmp_path)
    (tmp_path / "broken.py").write_text(text)
    done = bookmark("check", "--isolated", folder=tmp_path)
    assert done.code == 3
    assert "broken.py:1: not checked: not valid Python: " in done.output or "broken.py:2: not checked" in done.output
    assert "BKM112" in done.output
    assert "1 file not checked: this result is partial." in done.output


def test_flake8_that_selects_none_of_our_codes_is_a_mistake(tmp_path: Path) -> None:
    shop(tmp_path)
    (tmp_path / "setup.cfg").write_text("[flake8]\nselect = E,F\n")
    done = bookmark("check", folder=tmp_path)
    assert (done.code, done.output) == (2, "")
    assert "select no BKM code" in done.errors
    assert bookmark("check", "--select=BKM", folder=tmp_path).code == 1
    assert bookmark("check", "--config=no-such-file", folder=tmp_path).code == 2


# what a reader sees -------------------------------------------------------------------------------------------------


def test_text_shows_source_chain_link_and_what_to_fix_first(tmp_path: Path) -> None:
    shop(tmp_path)
    text = bookmark("check", "--isolated", folder=tmp_path).output
    assert text.startswith(
        "shop/service.py\n"
        "  9:12  BKM112 error  users() waits on the network; await asyncio.to_thread(users)\n"
        "      return users(url)\n"
        "      > load  shop/service.py:5\n"
        "        > requests.get  shop/store.py:5\n"
    )
    assert "/rules/BKM112/#requests\n" in text
    assert "4 findings in 2 of 5 files: 4 errors.\n" in text
    assert "  2  BKM112  network-in-helper\n" in text
    assert "One fix helps most here:\n  2 sites  requests.get  shop/store.py:5\n" in text


def test_quiet_and_clean_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, plain="x = 1\n")
    assert bookmark("check", "--isolated", "--quiet", folder=tmp_path).output == ""
    assert bookmark("check", "--isolated", folder=tmp_path).output == "No findings in 1 file.\n"


def test_colours_and_links_only_where_they_are_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "FORCE_HYPERLINK"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b" not in bookmark("check", "--isolated", folder=tmp_path).output
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1mBKM112\x1b[0m" in bookmark("check", "--isolated", folder=tmp_path).output
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    text = bookmark("check", "--isolated", folder=tmp_path).output
    assert "\x1b]8;;https://" in text.replace("file://", "https://")
    assert "\x1b[" not in text
    bookmark("check", "--isolated", "--output=found.txt", folder=tmp_path)
    assert "\x1b" not in (tmp_path / "found.txt").read_text()


def test_show_config(tmp_path: Path) -> None:
    shop(tmp_path)
    (tmp_path / "tox.ini").write_text("[flake8]\nexclude = old\nbkm-hints = true\n")
    text = bookmark("check", "--show-config", "--select=BKM1", folder=tmp_path).output
    rows = dict(line.split("  ", 1) for line in text.splitlines())
    rows = {name.strip(): value.strip() for name, value in rows.items()}
    assert rows["home"] == str(tmp_path)
    assert rows["flake8's configuration"] == str(tmp_path / "tox.ini")
    assert (rows["select"], rows["exclude"], rows["bkm-hints"], rows["files"]) == ("BKM1", "old", "True", "5")


def test_a_waived_site_does_not_stand_for_the_others(tmp_path: Path) -> None:
    """Three sites of one cause are shown; those that a comment accepts are none of them."""
    waived = SERVICE + "".join(f"\n\nasync def w{n}(url):\n    return load(url)  # noqa: BKM112\n" for n in range(4))
    shop(tmp_path)
    write(tmp_path, shop__service=waived + "\n\nasync def last(url):\n    return load(url)\n")
    expected = ["shop/service.py:9 BKM112", "shop/service.py:13 BKM112", "shop/service.py:33 BKM112"]
    assert concise("shop/service.py", folder=tmp_path).places == expected
    assert flake8("--isolated", "--select=BKM", "shop/service.py", folder=tmp_path).places == expected


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_for_long_runs_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    now = iter([0.0, 0.5, 2.0, 2.01, 3.0])
    monkeypatch.setattr("flake8_bookmark.gate.progress.time.monotonic", lambda: next(now))
    screen = Screen()
    progress = Progress(screen)
    for done in (1, 20, 21, 40):
        progress(done, 40)
    progress.close()
    assert screen.getvalue().count("20 of 40 files") == screen.getvalue().count("40 of 40 files") == 1
    assert "21 of 40" not in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")
    for stream, quiet in ((io.StringIO(), False), (Screen(), True)):
        monkeypatch.setattr("flake8_bookmark.gate.progress.time.monotonic", iter(range(0, 99, 5)).__next__)
        silent = Progress(stream, quiet)
        silent(1, 2)
        silent.close()
        assert stream.getvalue() == ""


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_the_bar_moves_from_file_to_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: str) -> None:
    write(tmp_path, **{f"m{number}": "async def f(): ...\n" for number in range(30)})
    monkeypatch.setattr("flake8_bookmark.gate.run.STEP", 0)
    monkeypatch.chdir(tmp_path)
    told: list[tuple[int, int]] = []
    settings = read_settings(["--isolated", "--bkm-cache-dir=off", jobs])
    check_paths([], settings, lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {30}
    assert sorted(told) == told
    assert jobs == "-j2" or (told[0] == (0, 30) and len(set(told)) == 30)
