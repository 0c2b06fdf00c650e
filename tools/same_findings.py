"""Hold the plugin against the command, file by file, and check what the command writes.

    python tools/same_findings.py [NAME ...] [--hints] [--quick]

For each release of corpus.txt, or those named: `flake8` and `flake8-bookmark check` with one process and with two, each
with an empty cache and again with a full one. All must print the same lines. The report as SARIF must keep the
rules in tests/gate/sarif_rules.py, and the annotations for GitHub must name the same findings. `--quick`, for large
releases, runs each of the two once, with two processes and an empty cache.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.gate.sarif_rules import complaints, place_of
from tests.gate.workflow_commands import annotations
from tools.corpus import CACHE, Release, releases

# flake8 with our plugin alone: what the others find is not compared, and takes most of the time.
ALONE = """
import sys
from flake8.plugins import finder
from flake8.main.cli import main
found = finder.find_plugins
finder.find_plugins = lambda *given: [
    p for p in found(*given) if p.entry_point.group != "flake8.extension" or p.entry_point.name == "BKM"
]
sys.exit(main(sys.argv[1:]))
"""
PLUGIN = [sys.executable, "-c", ALONE, "--isolated", "--select=BKM"]
PLAIN = re.compile(r"[^:]+:\d+:\d+: [A-Z]+\d+ ")
COMMAND = [sys.executable, "-m", "flake8_bookmark", "check", "--isolated", "--select=BKM", "--no-baseline"]


def lines_of(command: list[str], folder: Path, cache: Path) -> list[str]:
    """Return what a run prints, sorted; how it names the working directory does not count."""
    env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.stderr or done.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    return sorted(line.removeprefix("./") for line in done.stdout.splitlines())


def runs(release: Release, hints: list[str], quick: bool) -> Iterator[tuple[str, list[str], float]]:
    """Yield the name of each run, what it prints, and how long it took."""
    for name, command in (("plugin", [*PLUGIN, *hints, "."]), ("command", [*COMMAND, "--format=concise", *hints])):
        for jobs in ("-j1", "-j2")[quick:]:
            with tempfile.TemporaryDirectory() as cache:
                for state in ("cold", "warm")[: 2 - quick]:
                    start = time.monotonic()
                    lines = lines_of([*command, jobs], release.folder, Path(cache))
                    yield f"{name} {jobs} {state}", lines, time.monotonic() - start


def differences(first: list[str], other: list[str]) -> list[str]:
    before, after = Counter(first), Counter(other)
    return [f"{sign} {line}" for sign, lines in (("-", before - after), ("+", after - before)) for line in lines]


def check_reports(release: Release, hints: list[str], expected: list[str]) -> list[str]:
    """Return what is wrong with the report as SARIF and as annotations."""
    with tempfile.TemporaryDirectory() as folder:
        names = {form: Path(folder) / form for form in ("sarif", "github")}
        formats = [argument for form, path in names.items() for argument in (f"--format={form}", f"--output={path}")]
        env = {**os.environ, "XDG_CACHE_HOME": folder, "GITHUB_STEP_SUMMARY": f"{folder}/summary"}
        subprocess.run([*COMMAND, *hints, "--quiet", *formats], cwd=release.folder, env=env, check=False)
        log = json.loads(names["sarif"].read_text())
        text = names["github"].read_text()
    places = Counter(":".join(line.split(":")[:2]) for line in expected)
    sarif = Counter(map(place_of, log["runs"][0]["results"]))
    github = Counter(github_places(text))
    wrong = complaints(log)
    for form, got in (("sarif", sarif), ("github", github)):
        wrong += [f"{form}: {place}" for place in (places - got) + (got - places)]
    return wrong


def github_places(text: str) -> Iterator[str]:
    """Yield path and line of what is said of findings, in annotations and below them."""
    for command, given, _ in annotations(text):
        if given["title"] != "not checked" and "file" in given:
            assert command in ("error", "warning", "notice")
            yield f"{given['file']}:{given['line']}"
    for line in text.splitlines():
        if not line.startswith("::") and PLAIN.match(line):
            yield ":".join(line.split(":")[:2])


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the plugin with the command.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--hints", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one run of each instead of four")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the sources are (default: %(default)s)")
    request = parser.parse_args()
    hints = ["--bkm-hints"] if request.hints else []
    failed = False
    for release in releases(request.cache, request.names):
        first: list[str] | None = None
        for name, lines, seconds in runs(release, hints, request.quick):
            first = lines if first is None else first
            wrong = differences(first, lines)
            failed |= bool(wrong)
            print(f"{release.name}: {name}: {len(lines)} findings, {seconds:.1f} s, {len(wrong)} differ", flush=True)
            print("".join(f"  {line}\n" for line in wrong), end="", flush=True)
        wrong = check_reports(release, hints, first or [])
        failed |= bool(wrong)
        print(f"{release.name}: reports: {len(wrong)} complaints", flush=True)
        print("".join(f"  {line}\n" for line in wrong[:20]), end="", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
