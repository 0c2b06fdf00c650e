"""`check --since REF`: what a change adds, also where it changes other files than those it touches."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from flake8_bookmark import check
from flake8_bookmark.gate import since
from flake8_bookmark.gate.settings import Settings, read_settings
from tests.gate.project import SERVICE, STORE, WORKER, bookmark, concise, shop
from tests.running import write

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
SLEEPS = "import time\n\n\nasync def f():\n    time.sleep(1)\n"
CALM = "def load(url):\n    return url\n"


def git(folder: Path, *arguments: str | Path) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, message: str = "m") -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    shop(folder)
    commit(folder)
    return folder


def test_old_findings_pass(repository: Path) -> None:
    done = concise("--since=main", folder=repository)
    assert (done.code, done.output) == (0, "")
    write(repository, extra=SLEEPS)
    assert concise("--since=main", folder=repository).places == ["extra.py:5 BKM101"]
    commit(repository)
    assert concise("--since=HEAD~1", folder=repository).places == ["extra.py:5 BKM101"]
    assert concise("--since=HEAD", folder=repository).places == []


def test_what_is_added_keeps_its_fingerprint_among_its_equals(repository: Path) -> None:
    write(repository, extra=SLEEPS)
    base = commit(repository)
    write(repository, extra=SLEEPS + "    await g()\n    time.sleep(2)\n")

    def names(*arguments: str) -> list[str]:
        done = bookmark("check", "--isolated", "--format=json", *arguments, "extra.py", folder=repository)
        return [found["fingerprint"] for found in json.loads(done.output)["findings"]]

    assert names(f"--since={base}") == names()[1:] != []


def test_a_changed_helper_that_blocks_an_unchanged_caller_is_new(repository: Path) -> None:
    write(repository, shop__store=CALM)
    calm = commit(repository)
    assert concise(folder=repository).places == ["shop/worker.py:7 BKM101", "shop/worker.py:11 BKM301"]
    write(repository, shop__store=STORE)
    expected = ["shop/service.py:9 BKM112", "shop/service.py:13 BKM112"]
    assert concise(f"--since={calm}", folder=repository).places == expected


def test_what_the_other_branch_has_fixed_meanwhile_is_not_ours(repository: Path) -> None:
    """The comparison is with the merge base, not with the tip of the other branch."""
    git(repository, "checkout", "-q", "-b", "topic")
    write(repository, extra=SLEEPS)
    commit(repository)
    git(repository, "checkout", "-q", "main")
    write(repository, shop__store=CALM)
    commit(repository)
    git(repository, "checkout", "-q", "topic")
    assert concise("--since=main", folder=repository).places == ["extra.py:5 BKM101"]


def test_renames_and_worktrees(repository: Path, tmp_path: Path) -> None:
    git(repository, "mv", "shop/worker.py", "shop/jobs.py")
    (repository / "deep").mkdir()
    git(repository, "mv", "shop/service.py", "deep/pages.py")
    assert concise("--since=HEAD", folder=repository).places == []
    commit(repository)
    git(repository, "worktree", "add", "-q", tmp_path / "tree")
    assert concise("--since=HEAD~1", folder=tmp_path / "tree").places == []
    write(tmp_path / "tree", extra=SLEEPS)
    assert concise("--since=HEAD", folder=tmp_path / "tree").places == ["extra.py:5 BKM101"]


def test_a_rename_that_git_was_not_told_of(repository: Path) -> None:
    (repository / "shop" / "worker.py").rename(repository / "shop" / "jobs.py")
    before = git(repository, "status", "--porcelain=v2")
    assert concise("--since=HEAD", folder=repository).places == []
    assert git(repository, "status", "--porcelain=v2") == before


def test_a_deleted_file_excuses_nothing_elsewhere(repository: Path) -> None:
    """Only what git takes for a rename keeps its findings: the two files have one function in common."""
    write(repository, one=SLEEPS + "".join(f"ONE_{n} = {n}\n" for n in range(40)))
    commit(repository)
    (repository / "one.py").unlink()
    write(repository, two=SLEEPS + "".join(f"def two_{n}():\n    return {n}\n" for n in range(40)))
    assert concise("--since=HEAD", folder=repository).places == ["two.py:5 BKM101"]


def test_a_folder_below_the_root_and_settings_of_today(repository: Path) -> None:
    """Both states are seen with the settings that are in force now."""
    write(repository / "shop", extra=SLEEPS)
    assert concise("--since=main", folder=repository / "shop").places == ["extra.py:5 BKM101"]
    assert concise("--since=main", "--exclude=extra.py", folder=repository).places == []
    assert concise("--since=main", "--bkm-blocking=shop.service.users", folder=repository).places == [
        "shop/extra.py:5 BKM101"
    ]


def test_nothing_of_the_repository_is_touched(repository: Path) -> None:
    write(repository, extra=SLEEPS, shop__service=SERVICE + "\n")
    git(repository, "add", "extra.py")
    before = git(repository, "status", "--porcelain=v2"), git(repository, "worktree", "list")
    concise("--since=main", folder=repository)
    assert (git(repository, "status", "--porcelain=v2"), git(repository, "worktree", "list")) == before


def test_submodules(repository: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q")
    write(library, lib=SLEEPS)
    commit(library)
    git(repository, "submodule", "--quiet", "add", library, "vendored")
    commit(repository)
    assert "vendored/lib.py:5 BKM101" in concise(folder=repository).places
    assert concise("--since=HEAD", folder=repository).places == []


def test_a_shallow_clone_says_what_to_do(repository: Path, tmp_path: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    write(repository, extra=SLEEPS)
    commit(repository)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    done = concise(f"--since={base}", folder=tmp_path / "shallow")
    assert (done.code, done.output) == (2, "")
    assert "this clone is shallow" in done.errors
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    assert concise(f"--since={base}", folder=tmp_path / "shallow").places == ["extra.py:5 BKM101"]


@pytest.mark.parametrize("ref", ["no-such-branch", "--output=x", ""])
def test_a_ref_that_is_none(repository: Path, ref: str) -> None:
    done = concise(f"--since={ref}", folder=repository)
    assert (done.code, done.output) == (2, "")
    assert "no such commit here" in done.errors


def test_without_git_or_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(tmp_path)
    done = concise("--since=main", folder=tmp_path)
    assert (done.code, "not a git repository" in done.errors) == (2, True)
    monkeypatch.setenv("PATH", "")
    done = concise("--since=main", folder=tmp_path)
    assert (done.code, "needs git" in done.errors) == (2, True)


def test_a_second_run_looks_at_the_working_tree_only(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repository, extra=SLEEPS)
    assert concise("--since=main", folder=repository).places == ["extra.py:5 BKM101"]

    def refuse(*_: object) -> None:
        raise AssertionError("the base was analysed again")

    monkeypatch.setattr(since, "exported", refuse)
    assert concise("--since=main", folder=repository).places == ["extra.py:5 BKM101"]
    with pytest.raises(AssertionError, match="again"):
        since.findings_before("main", [], read_settings_in(repository, ["--isolated", "--ignore=BKM101"]))


def read_settings_in(folder: Path, arguments: list[str]) -> Settings:
    with contextlib.chdir(folder):
        return read_settings(arguments)


def test_what_a_change_does_not_touch_is_not_analysed_twice(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older state's findings come from the working tree's, wherever it is unpacked."""
    write(repository, shop__worker=WORKER.replace("time.sleep(1)", "time.sleep(2)"))
    (repository / "notes").mkdir()
    (repository / "notes" / "README").write_text("no Python here")
    commit(repository)
    write(repository, shop__service=SERVICE + "\n\nasync def late(url):\n    return load(url)\n")
    checked: list[str] = []
    real = check._checked

    def watched(path: str, *rest: object) -> object:
        checked.append(Path(path).name)
        return real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(check, "_checked", watched)
    assert concise("--since=HEAD", folder=repository).places == ["shop/service.py:17 BKM112"]
    assert sorted(checked) == ["service.py", "service.py", "worker.py"]


def test_each_commit_of_a_history_adds_what_full_runs_say(repository: Path) -> None:
    """The findings of two full runs, subtracted, are those of one run with `--since`."""
    steps = [CALM, STORE, STORE + "\n\ndef other(url):\n    return load(url)\n", CALM, STORE]
    commits = [git(repository, "rev-parse", "HEAD")]
    for number, text in enumerate(steps):
        write(repository, shop__store=text, **{f"step{number}": SLEEPS if number % 2 else "x = 1\n"})
        commits.append(commit(repository))
    for before, after in pairwise(commits):
        git(repository, "checkout", "-q", before)
        old = set(concise(folder=repository).places)
        git(repository, "checkout", "-q", after)
        new = set(concise(folder=repository).places)
        assert set(concise(f"--since={before}", folder=repository).places) == new - old


def test_the_tool_for_long_histories(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Renames, a merge, a deletion, a helper that begins to block; `tools/replay.py` compares each step."""
    from tools.replay import History, replay

    write(repository, shop__store=CALM)
    commit(repository)
    git(repository, "checkout", "-q", "-b", "topic")
    git(repository, "mv", "shop/worker.py", "shop/jobs.py")
    commit(repository)
    write(repository, shop__store=STORE, extra=SLEEPS)
    commit(repository)
    git(repository, "checkout", "-q", "main")
    write(repository, other=SLEEPS)
    commit(repository)
    git(repository, "merge", "-q", "-m", "m", "topic")
    (repository / "other.py").unlink()
    commit(repository)
    history = History(str(repository), tmp_path / "clone", ["--isolated", "--jobs=1"])
    steps = history.steps("HEAD", 50)
    with contextlib.chdir(tmp_path / "clone"):
        assert replay(history, steps) == 0
    said = "7 commits, 7 comparisons with a parent, 8 findings added on the way, 5 at the end, 0 mismatches\n"
    assert capsys.readouterr().out == said
