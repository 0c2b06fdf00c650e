"""What goes wrong around a run: each has its message and its exit code, and no file is left damaged."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flake8_bookmark.gate import output
from flake8_bookmark.options import OptionsError
from flake8_bookmark.project import store
from tests.gate.project import FINDINGS, bookmark, concise, shop
from tests.running import command, write

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
SLEEPS = "import time\n\n\nasync def f():\n    time.sleep(1)\n"


def damaged(folder: Path) -> list[str]:
    """Return what a run has left behind beside the project's own files."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith((".bkm-baseline.", ".found")))


@needs_full
def test_a_full_disk_under_standard_output(tmp_path: Path) -> None:
    shop(tmp_path)
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "flake8_bookmark", "check", "--isolated"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.decode().strip() == "flake8-bookmark: standard output: No space left on device"


@needs_full
def test_a_full_disk_under_an_output_file(tmp_path: Path) -> None:
    shop(tmp_path)
    done = bookmark("check", "--isolated", "--format=sarif", "--output=/dev/full", folder=tmp_path)
    assert (done.code, done.output) == (3, "")
    assert done.errors == "flake8-bookmark: /dev/full: No space left on device\n"


def test_a_full_disk_leaves_the_old_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(tmp_path)
    bookmark("baseline", "write", folder=tmp_path)
    before = (tmp_path / ".bkm-baseline").read_text()
    write(tmp_path, extra=SLEEPS)

    def fail(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output.os, "fsync", fail)
    done = bookmark("baseline", "write", folder=tmp_path)
    assert (done.code, "No space left on device" in done.errors) == (3, True)
    assert (tmp_path / ".bkm-baseline").read_text() == before
    assert damaged(tmp_path) == []


def test_an_output_that_cannot_be_made_is_a_mistake(tmp_path: Path) -> None:
    shop(tmp_path)
    done = bookmark("check", "--isolated", "--output=no/such/folder/found.txt", folder=tmp_path)
    assert (done.code, done.output) == (2, "")
    with pytest.raises(OptionsError):
        output.write_file(str(tmp_path / "none" / "x"), "x")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no such permissions here")
def test_a_file_that_cannot_be_read_makes_the_result_partial(tmp_path: Path) -> None:
    shop(tmp_path)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    done = bookmark("check", "--isolated", folder=tmp_path)
    assert done.code == 3
    assert "gone.py:1: not checked: can't be read: No such file or directory" in done.output
    assert "BKM112" in done.output


def test_a_folder_that_cannot_be_read_makes_the_result_partial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by a `scandir` that refuses it, for a superuser may read everything."""
    shop(tmp_path)
    bookmark("baseline", "write", folder=tmp_path)
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("shop"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    done = bookmark("check", "--isolated", folder=tmp_path)
    assert done.code == 3
    assert done.output.splitlines()[0] == "shop:1: not checked: this folder can't be read: Permission denied"
    assert "no longer needed" not in done.output
    assert bookmark("baseline", "prune", folder=tmp_path).code == 3


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    shop(tmp_path)
    write(tmp_path, many="import time\n\n\nasync def f():\n" + "    time.sleep(1)\n" * 2000)
    process = subprocess.Popen(
        [sys.executable, "-m", "flake8_bookmark", "check", "--isolated"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(120) in (0, 1)
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def many_files(folder: Path) -> Path:
    shop(folder)
    body = "    time.sleep(1)\n    if x:\n        y = [z for z in x]\n" * 80
    write(folder, **{f"mod{number}": f"import time\n\n\nasync def f(x):\n{body}" for number in range(40)})
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_killed_half_way(tmp_path: Path, number: signal.Signals) -> None:
    """Whatever moment it is, the baseline is the old one or the new one."""
    many_files(tmp_path)
    baseline = tmp_path / ".bkm-baseline"
    baseline.write_text("# the old one\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "flake8_bookmark", "baseline", "write", "-j2"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(0.6)
    os.killpg(process.pid, number)
    process.wait(60)
    text = baseline.read_text()
    assert text == "# the old one\n" or text.count('"BKM101"') == 80 * 40 + 1
    assert command("baseline", "write", "--quiet", folder=tmp_path).code == 0
    assert command("check", "--isolated", "--quiet", folder=tmp_path).code == 0


def test_a_killed_worker_is_told_and_not_waited_for(tmp_path: Path) -> None:
    many_files(tmp_path)
    start = tmp_path / "start.txt"
    start.write_text(
        "import multiprocessing, os, sys\nimport flake8_bookmark.gate.files as files\n"
        "from flake8_bookmark.cli import main\n"
        "files.Examiner.examine = lambda self, place: os._exit(9)\n"
        "if __name__ == '__main__':\n    multiprocessing.set_start_method('fork')\n    sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, start, "check", "--isolated", "--bkm-cache-dir=off", "-j2"],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3
    assert done.stdout == b""
    assert b"a worker process was ended from outside" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_the_run(tmp_path: Path, number: signal.Signals) -> None:
    """A pipe behind the run ends with it: only its own processes hold the other end. Nobody waits for their files."""
    many_files(tmp_path)
    start = tmp_path / "start.py"
    start.write_text(
        "import os, signal, sys, time\nimport flake8_bookmark.gate.files as files\n"
        "from flake8_bookmark.cli import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it runs behind it ignore this\n"
        "files.Examiner.examine = lambda self, place: (os.write(1, b'x'), time.sleep(600))\n"
        "if __name__ == '__main__':\n    sys.exit(main(sys.argv[1:]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, start, "check", "--isolated", "--bkm-cache-dir=off", "-j2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.read(2) == b"xx"
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == (130 if number is signal.SIGINT else -number)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_two_runs_at_once_write_the_same(tmp_path: Path) -> None:
    shop(tmp_path)
    both = [
        subprocess.Popen([sys.executable, "-m", "flake8_bookmark", "baseline", "write", "-q"], cwd=tmp_path)
        for _ in range(2)
    ]
    assert [process.wait(120) for process in both] == [0, 0]
    assert concise(folder=tmp_path).places == []
    assert damaged(tmp_path) == []


def test_an_internal_fault_in_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(tmp_path)
    import flake8_bookmark.gate.files as files

    real = files.find_sites

    def faulty(path: str, *rest: object) -> object:
        if path.endswith("worker.py"):
            raise AttributeError("run")
        return real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "find_sites", faulty)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store.open_store.cache_clear()
    done = concise(folder=tmp_path)
    assert (done.code, done.places) == (3, [*FINDINGS[:2], "shop/worker.py:1 BKM900"])
    assert bookmark("baseline", "write", folder=tmp_path).code == 3
    assert not (tmp_path / ".bkm-baseline").exists()


def test_a_cache_that_keeps_nothing_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    store.open_store.cache_clear()
    done = bookmark("check", "--isolated", "--format=concise", "-j1", folder=tmp_path)
    assert (done.code, done.places) == (1, FINDINGS)
    reason = f"{tmp_path / 'file' / 'flake8-bookmark'}: Not a directory"
    assert done.errors == f"flake8-bookmark: what was learned can't be kept for the next run: {reason}\n"
    assert bookmark("check", "--isolated", "--quiet", folder=tmp_path).errors == ""
    assert bookmark("check", "--isolated", "--bkm-cache-dir=off", folder=tmp_path).errors == ""
    store.open_store.cache_clear()


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_a_full_disk_under_the_cache_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: str) -> None:
    shop(tmp_path)
    write(tmp_path, **{f"more{number}": SLEEPS for number in range(30)})

    def fail(self: object, path: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.Store, "_write", fail)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store.open_store.cache_clear()
    done = bookmark("check", "--isolated", "--format=concise", jobs, folder=tmp_path)
    assert (done.code, len(done.places)) == (1, 34)
    assert done.errors.count("No space left on device") == 1
    store.open_store.cache_clear()
