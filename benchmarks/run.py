"""What the plugin costs: flake8 without it and with it, side by side in one run.

    python benchmarks/run.py [PATH ...] [--rounds N] [--jobs N]

Each round runs both, one after the other, so that a busy machine slows both; the medians are compared. PATH
is a folder of sources, by default two of the corpus (`tools/corpus.py fetch`). Modules of the standard library
that hold nothing async come first: there the plugin must cost next to nothing. Ratios are what to look at;
that of processor seconds also holds on a machine that does other things.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]

# flake8 as it is when this plugin is not installed.
WITHOUT = """
import sys
from flake8.plugins import finder
from flake8.main.cli import main

found = finder._find_importlib_plugins
finder._find_importlib_plugins = lambda: (plugin for plugin in found() if plugin.package != "flake8-bookmark")
sys.exit(main(sys.argv[1:]))
"""
WITH = "import sys; from flake8.main.cli import main; sys.exit(main(sys.argv[1:]))"


def seconds(program: str, files: list[str], folder: Path, jobs: int) -> tuple[float, float]:
    """Run flake8 over the files and return how long it took, by the clock and by the processor."""
    arguments = ["--isolated", "--select=BKM", f"--jobs={jobs}", "--exit-zero", *files]
    started, used = time.perf_counter(), processor_seconds()
    subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=folder, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - started, processor_seconds() - used


def processor_seconds() -> float:
    used = os.times()
    return used.children_user + used.children_system


def compare(title: str, files: list[str], folder: Path, rounds: int, jobs: int) -> None:
    pairs = [
        (seconds(WITHOUT, files, folder, jobs), seconds(WITH, files, folder, jobs)) for _ in range(rounds)
    ]
    clock, processor = (
        [statistics.median(run[side][measure] for run in pairs) for side in (0, 1)] for measure in (0, 1)
    )
    print(
        f"{title:34} {len(files):6} {clock[0]:9.2f} {clock[1]:9.2f} {clock[1] / clock[0]:7.3f}"
        f" {processor[1] / processor[0]:14.3f}",
        flush=True,
    )


def is_suspending(path: Path) -> bool:
    from flake8_bookmark.source.module import may_suspend

    return may_suspend(path.read_text(encoding="utf-8", errors="replace"))


def corpus_folders() -> list[Path]:
    command = [sys.executable, str(ROOT / "tools" / "corpus.py"), "path", "discord.py", "starlette"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Path(line) for line in done.stdout.splitlines()]


def without_async(folder: Path) -> list[str]:
    """Copy the modules of the standard library that hold nothing async, and return their names."""
    import json.decoder

    library = Path(json.decoder.__file__).parents[1]
    plain = [path for path in sorted(library.glob("*.py")) if not is_suspending(path)]
    for path in plain:
        (folder / path.name).write_bytes(path.read_bytes())
    return [path.name for path in plain]


def main() -> None:
    parser = argparse.ArgumentParser(description="flake8 without and with the plugin.")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    request = parser.parse_args()
    folders = request.paths or corpus_folders()
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        raise SystemExit(f"{missing[0]} is missing: run tools/corpus.py fetch")
    print(f"{'':34} {'files':>6} {'without':>9} {'with':>9} {'ratio':>7} {'processor ratio':>14}")
    with tempfile.TemporaryDirectory() as scratch:
        plain = without_async(Path(scratch))
        compare("standard library, nothing async", plain, Path(scratch), request.rounds, request.jobs)
    for folder in folders:
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
        compare(folder.name, files, folder, request.rounds, request.jobs)


if __name__ == "__main__":
    main()
