"""flake8 as people start it: the findings are the same, however the files are handed over."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.running import START_WITH, Outcome, flake8, run, write

SLEEPS = """\
import time


async def poll(job):
    while not job.done():
        time.sleep(1)
"""
FETCHES = """\
import requests
import sqlite3


async def users(url):
    with sqlite3.connect("users.db") as database:
        database.execute("delete from users")
    return requests.get(url).json()
"""
HEALTHY = """\
import asyncio


async def poll(job):
    while not job.done():
        await asyncio.sleep(1)
"""
PLAIN = """\
import time


def wait():
    time.sleep(1)
"""
EXPECTED = [
    "pkg/fetches.py:6 BKM103",
    "pkg/fetches.py:7 BKM103",
    "pkg/fetches.py:8 BKM102",
    "sleeps.py:6 BKM101",
]
BKM = "--select=BKM"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, sleeps=SLEEPS, pkg__fetches=FETCHES, pkg__healthy=HEALTHY, plain=PLAIN)
    return tmp_path


def files(project: Path) -> list[str]:
    return sorted(path.relative_to(project).as_posix() for path in project.rglob("*.py"))


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_any_number_of_jobs(project: Path, jobs: int) -> None:
    outcome = flake8(BKM, f"-j{jobs}", *files(project), folder=project)
    assert outcome.places == EXPECTED
    assert outcome.code == 1


def test_given_as_a_directory(project: Path) -> None:
    assert flake8(BKM, ".", folder=project).places == [f"./{place}" for place in EXPECTED]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_other_start_methods(project: Path, method: str) -> None:
    """Each worker parses the command line again: one setting shows that it arrives there."""
    start = project / "start.txt"
    start.write_text(START_WITH)
    arguments = [BKM, "-j2", "--bkm-docs-url=https://wiki.example", *files(project)]
    outcome = run(sys.executable, start, method, *arguments, folder=project)
    assert outcome.places == EXPECTED
    assert all(" https://wiki.example/rules/BKM10" in line for line in outcome.lines)


def test_one_file_at_a_time(project: Path) -> None:
    single = [line for name in files(project) for line in flake8(BKM, name, folder=project).lines]
    assert single == flake8(BKM, *files(project), folder=project).lines


def test_stdin_is_the_buffer_not_the_file(project: Path) -> None:
    """An editor hands over what is on the screen, under the name of the file it will be saved to."""
    whole = flake8(BKM, "sleeps.py", folder=project).lines
    assert flake8(BKM, "--stdin-display-name=sleeps.py", "-", folder=project, given=SLEEPS).lines == whole
    assert flake8(BKM, "--stdin-display-name=sleeps.py", "-", folder=project, given=HEALTHY).lines == []
    named = flake8(BKM, "--stdin-display-name=no/such/file.py", "-", folder=project, given=SLEEPS)
    assert named.places == ["no/such/file.py:6 BKM101"]
    assert flake8(BKM, "-", folder=project, given=SLEEPS).places == ["stdin:6 BKM101"]


def test_line_ends_of_windows(project: Path) -> None:
    crlf = SLEEPS.replace("\n", "\r\n").encode()
    (project / "sleeps.py").write_bytes(crlf)
    assert flake8(BKM, "sleeps.py", folder=project).places == ["sleeps.py:6 BKM101"]
    assert flake8(BKM, "-", folder=project, given=crlf).places == ["stdin:6 BKM101"]


def test_the_line_people_see(project: Path) -> None:
    (line,) = flake8(BKM, "sleeps.py", folder=project).lines
    assert line.startswith("sleeps.py:6:")
    assert " BKM101 time.sleep" in line
    assert " https://flake8-bookmark.readthedocs.io/rules/BKM101/#" in line


def test_a_finding_stands_behind_letters_of_several_bytes(tmp_path: Path) -> None:
    write(tmp_path, a="import time\n\n\nasync def f():\n    'é', time.sleep(1)\n")
    write(tmp_path, b="import time\n\n\nasync def f():\n    'e', time.sleep(1)\n")
    first, second = flake8(BKM, "a.py", "b.py", folder=tmp_path).lines
    # flake8 is given ast's columns, which count bytes, as by its own plugins.
    assert int(first.split(":")[2]) == int(second.split(":")[2]) + 1


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("# noqa: BKM101", True),
        ("# noqa:BKM101", True),
        ("# NOQA: BKM101", True),
        ("# noqa: BKM1", True),
        ("# noqa: E501, BKM101", True),
        ("# noqa: BKM101  the loop does not run yet", True),
        ("# noqa", True),
        # No digits: flake8 takes it for a blanket noqa.
        ("# noqa: BKM", True),
        ("# noqa : BKM102", True),
        ("# noqa BKM102", True),
        # Without the space it is no noqa at all.
        ("#noqa: BKM101", False),
        ("# noqa: BKM102", False),
        ("# noqa: BKM2", False),
        ("# bkm101", False),
    ],
)
def test_noqa(tmp_path: Path, comment: str, silent: bool) -> None:
    write(tmp_path, poll=SLEEPS.replace("time.sleep(1)", f"time.sleep(1)  {comment}"))
    assert flake8(BKM, "poll.py", folder=tmp_path).places == ([] if silent else ["poll.py:6 BKM101"])


@pytest.mark.parametrize(("marked", "silent"), [("time.sleep(  {}", True), (")  {}", False)])
def test_noqa_on_a_call_of_several_lines_belongs_to_the_name(tmp_path: Path, marked: str, silent: bool) -> None:
    call = "time.sleep(\n            1,\n        )".replace(
        marked.partition("  {}")[0], marked.format("# noqa: BKM101")
    )
    write(tmp_path, poll=SLEEPS.replace("time.sleep(1)", call))
    assert flake8(BKM, "poll.py", folder=tmp_path).places == ([] if silent else ["poll.py:6 BKM101"])


def test_whole_file_waived(tmp_path: Path) -> None:
    write(tmp_path, poll=f"# flake8: noqa: BKM101\n{SLEEPS}", fetch=f"# flake8: noqa\n{FETCHES}")
    assert flake8(BKM, ".", folder=tmp_path).places == []


def test_per_file_ignores(project: Path) -> None:
    (project / ".flake8").write_text("[flake8]\nper-file-ignores =\n    pkg/*.py: BKM103\n    sleeps.py: BKM\n")
    assert flake8(BKM, *files(project), folder=project).places == ["pkg/fetches.py:8 BKM102"]
    assert flake8(BKM, "--stdin-display-name=sleeps.py", "-", folder=project, given=SLEEPS).places == []


def test_families_are_selected_by_prefix(project: Path) -> None:
    assert flake8("--select=BKM101", *files(project), folder=project).places == ["sleeps.py:6 BKM101"]
    assert flake8("--select=BKM2", *files(project), folder=project).places == []
    assert flake8(BKM, "--extend-ignore=BKM10", *files(project), folder=project).places == []


def test_on_without_being_selected(project: Path) -> None:
    assert [place for place in flake8("sleeps.py", folder=project).places if "BKM" in place] == ["sleeps.py:6 BKM101"]


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_a_syntax_error_next_door(project: Path, jobs: str) -> None:
    write(project, broken="async def f(:\n    time.sleep(1)\n")
    outcome = flake8("--select=BKM,E9", jobs, *files(project), folder=project)
    assert outcome.places == ["broken.py:1 E999", *EXPECTED]


def test_exit_codes(project: Path) -> None:
    assert flake8(BKM, "plain.py", "pkg/healthy.py", folder=project).code == 0
    assert flake8(BKM, "--exit-zero", "sleeps.py", folder=project).code == 0
    assert flake8(BKM, "--bkm-max-depth", folder=project).code == 2


FAULTY = """
import sys
import flake8_bookmark.check
from flake8.main.cli import main

real = flake8_bookmark.check.find_sites

def faulty(path, text, tree, options):
    if path == "sleeps.py":
        raise {error}
    return real(path, text, tree, options)

flake8_bookmark.check.find_sites = faulty
sys.exit(main(sys.argv[1:]))
"""


def run_with_a_fault(project: Path, error: str, *arguments: str) -> Outcome:
    start = project / "start.txt"
    start.write_text(FAULTY.format(error=error))
    return run(sys.executable, start, *arguments, *files(project), folder=project)


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            "RecursionError('maximum recursion depth exceeded')",
            "RecursionError: maximum recursion depth exceeded;",
        ),
        ("MemoryError()", "MemoryError;"),
        # flake8 takes these two for something else when they come out of a plugin.
        ("AttributeError('run')", "AttributeError: run;"),
        ("TypeError('two\\nlines')", "TypeError: two;"),
        ("UnicodeEncodeError('utf-8', '\\udc80', 0, 1, 'surrogates')", "UnicodeEncodeError: "),
    ],
)
def test_an_internal_fault_is_one_finding_in_one_file(project: Path, jobs: str, error: str, said: str) -> None:
    outcome = run_with_a_fault(project, error, BKM, jobs)
    assert outcome.places == [*EXPECTED[:-1], "sleeps.py:1 BKM900"]
    assert f"this file was not checked: {said}" in outcome.lines[-1]
    assert "run flake8 -v on it and report the traceback" in outcome.lines[-1]


def test_other_plugins_still_speak_of_that_file(project: Path) -> None:
    write(project, sleeps="import os\n" + SLEEPS)
    outcome = run_with_a_fault(project, "ValueError('x')", "--select=BKM,F")
    assert set(outcome.places) - set(EXPECTED) == {"sleeps.py:1 F401", "sleeps.py:1 BKM900"}


IMPORTED = """
import sys
from flake8.main.cli import main

code = main(sys.argv[1:])
ours = {"flake8_bookmark", "msgspec"}
print("imported:", *sorted(name for name in sys.modules if name.split(".")[0] in ours))
sys.exit(code)
"""


def test_a_file_without_anything_async_costs_one_scan(project: Path) -> None:
    start = project / "start.txt"
    start.write_text(IMPORTED)
    outcome = run(sys.executable, start, BKM, "-j1", "plain.py", folder=project)
    imported = outcome.lines[-1].split()[1:]
    assert set(imported) <= {
        "flake8_bookmark",
        "flake8_bookmark.formatters",  # flake8 loads all formats, whichever is asked for
        "flake8_bookmark.options",
        "flake8_bookmark.plugin",
        "flake8_bookmark.source",
        "flake8_bookmark.source.words",
    }
    outcome = run(sys.executable, start, BKM, "-j1", "sleeps.py", folder=project)
    assert "flake8_bookmark.check" in outcome.lines[-1]


def test_nothing_analysed_is_imported_or_run(tmp_path: Path) -> None:
    trap = "import pathlib\npathlib.Path('ran').touch()\n"
    write(tmp_path, trap=trap + "def wait():\n    pass\n", conftest=trap)
    write(tmp_path, svc="import trap\nfrom trap import wait\n\n\nasync def f():\n    trap.wait()\n    wait()\n")
    flake8(BKM, ".", folder=tmp_path)
    assert not (tmp_path / "ran").exists()


def test_this_project_is_clean_under_its_own_rules() -> None:
    root = Path(__file__).parents[2]
    outcome = flake8(BKM, "--isolated", "flake8_bookmark", "tests", "tools", "benchmarks", folder=root)
    assert outcome.lines == []
