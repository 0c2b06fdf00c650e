"""What the plugin and the command cost, side by side in one run.

    python benchmarks/run.py [PATH ...] [--rounds N]

PATH is a folder of sources, by default two of the corpus (`tools/corpus.py fetch`). Each round runs everything once,
so that a busy machine slows all of it; the medians are compared. Ratios are what to look at; those of processor seconds
also hold on a machine that does other things. Each folder is copied first, and every cold run has an empty cache.

* flake8 without the plugin, and with it: cold, and with the cache of the run before.
* `flake8-bookmark check` with one process beside `ast.parse` of the same files: cold, unchanged, and after a change in
  one file that no other imports; then with two processes.
* Other tools, if they are on the PATH: hydroid and ruff.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

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
PARSE = """
import ast, sys
for path in sys.argv[1:]:
    try:
        ast.parse(open(path, "rb").read())
    except (SyntaxError, ValueError):
        pass
"""
FLAKE8 = ("--isolated", "--select=BKM", "--jobs=1", "--exit-zero")
CHECK = ("-m", "flake8_bookmark", "check", "--isolated", "--quiet")
OTHERS = {"hydroid": ("hydroid", "."), "ruff": ("ruff", "check", "--isolated", "--select=ASYNC", "--no-cache", ".")}


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and by the processor, and the largest process in megabytes."""

    clock: float
    processor: float
    memory: float


def run(command: list[str], folder: Path, cache: Path) -> Cost:
    """Run a command; what it finds, and its exit code, are of no interest."""
    # Python writes its bytecode, as it does for everybody who installed a package.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**kept, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    clock, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(clock, used, usage.ru_maxrss / 1024)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def leaf_of(folder: Path, files: list[str]) -> Path:
    """Return a file with async code whose name no other file mentions."""
    texts = {name: (folder / name).read_text(encoding="utf-8", errors="replace") for name in files}
    for name, text in sorted(texts.items(), key=lambda item: -len(item[1])):
        word = Path(name).stem
        if "async def" in text and not any(word in other for path, other in texts.items() if path != name):
            return folder / name
    return folder / files[0]


def round_of(folder: Path, files: list[str], scratch: Path) -> dict[str, Cost]:
    """Run everything once."""
    caches = {name: Path(tempfile.mkdtemp(dir=scratch)) for name in ("flake8", "check", "two")}
    costs = {
        "parse": run(python("-c", PARSE, *files), folder, scratch),
        "flake8 without": run(python("-c", WITHOUT, *FLAKE8, *files), folder, scratch),
        "flake8 cold": run(python("-c", WITH, *FLAKE8, *files), folder, caches["flake8"]),
        "flake8 warm": run(python("-c", WITH, *FLAKE8, *files), folder, caches["flake8"]),
        "check cold": run(python(*CHECK, "--jobs=1", "."), folder, caches["check"]),
        "check unchanged": run(python(*CHECK, "--jobs=1", "."), folder, caches["check"]),
    }
    leaf = leaf_of(folder, files)
    text = leaf.read_text(encoding="utf-8")
    leaf.write_text(text + f"\n# {len(text)}\n", encoding="utf-8")
    costs["check, one leaf changed"] = run(python(*CHECK, "--jobs=1", "."), folder, caches["check"])
    leaf.write_text(text, encoding="utf-8")
    costs["check cold, 2 processes"] = run(python(*CHECK, "--jobs=2", "."), folder, caches["two"])
    for name, command in OTHERS.items():
        if shutil.which(command[0]):
            costs[name] = run(list(command), folder, Path(tempfile.mkdtemp(dir=scratch)))
    return costs


def compare(source: Path, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / source.name
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if is_python(path))
        lines = sum((folder / name).read_bytes().count(b"\n") for name in files)
        found = [round_of(folder, files, Path(scratch)) for _ in range(rounds)]
    print(f"\n{source.name}: {len(files)} files, {lines:,} lines, {rounds} rounds")
    print(f"{'':26}{'clock':>9}{'processor':>11}{'memory':>9}   ratio")
    medians = {name: median([costs[name] for costs in found]) for name in found[0]}
    for name, cost in medians.items():
        other = "flake8 without" if name.startswith("flake8") else "check cold" if "2 proc" in name else "parse"
        base = medians[other]
        ratio = f"{cost.processor / base.processor:7.2f} times {other} (clock {cost.clock / base.clock:.2f})"
        shown = ratio if name != other else ""
        print(f"{name:26}{cost.clock:7.2f} s{cost.processor:9.2f} s{cost.memory:6.0f} MB{shown}")


def median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(c, part) for c in costs) for part in ("clock", "processor", "memory")))


def is_python(path: Path) -> bool:
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return True


def corpus_folders() -> list[Path]:
    command = [sys.executable, str(ROOT / "tools" / "corpus.py"), "path", "discord.py", "starlette"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Path(line) for line in done.stdout.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description="What the plugin and the command cost.")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--rounds", type=int, default=3)
    request = parser.parse_args()
    folders = request.paths or corpus_folders()
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        raise SystemExit(f"{missing[0]} is missing: run tools/corpus.py fetch")
    for folder in folders:
        compare(folder, request.rounds)


if __name__ == "__main__":
    main()
