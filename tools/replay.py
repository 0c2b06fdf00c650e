"""Replay a repository's history: what `--since` says of each step must be what two full runs differ by.

    python tools/replay.py REPOSITORY [--commits N] [--until REF] [--jobs N] [--hints]

The repository is cloned into a temporary folder. For each of the last N commits and each of its parents, the working
tree of both is checked whole, and the findings that only the newer one has (by their keys, followed through the renames
that git sees) are compared with those that `--since=PARENT` reports there. Each mismatch is printed with its keys.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from flake8_bookmark.gate.checking import check_paths, split_accepted
from flake8_bookmark.gate.keys import Key
from flake8_bookmark.gate.results import Site
from flake8_bookmark.gate.settings import Settings, read_settings
from flake8_bookmark.gate.since import findings_before
from flake8_bookmark.project import analysis, files, recall

Keys = Counter[Key]


class History:
    """A clone whose commits are checked whole, each once."""

    def __init__(self, source: str, folder: Path, arguments: list[str]) -> None:
        self.folder = folder
        self.arguments = arguments
        self._known: dict[str, Keys] = {}
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", source, folder], check=True)

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.folder), "-c", "advice.detachedHead=false", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, errors="surrogateescape").stdout

    def steps(self, until: str, count: int) -> list[tuple[str, list[str]]]:
        """Return the last commits up to one, the oldest first, each with its parents."""
        rows = self.git("rev-list", "--topo-order", "--reverse", "--parents", f"--max-count={count}", until)
        return [(commit, parents) for commit, *parents in map(str.split, rows.splitlines())]

    def sites(self, commit: str) -> tuple[list[Site], Settings]:
        """Check a commit out and check it whole, with nothing kept in memory from the one before."""
        self.git("checkout", "--quiet", "--force", commit)
        forget()
        settings = read_settings(self.arguments)
        return check_paths([], settings).sites, settings

    def full(self, commit: str) -> Keys:
        if commit not in self._known:
            self._known[commit] = Counter(site.key for site in self.sites(commit)[0])
        return self._known[commit]

    def renames(self, old: str, new: str) -> dict[str, str]:
        fields = self.git("diff", "-z", "--name-status", "-M", "--diff-filter=R", old, new).split("\0")
        return dict(zip(fields[1::3], fields[2::3], strict=False))

    def mismatch(self, commit: str, parent: str) -> tuple[Keys, Keys, int]:
        """Return what `--since` does not say and should, what it says and should not, and how much it should say."""
        renamed = self.renames(parent, commit)
        before = Counter[Key]()
        for key, count in self.full(parent).items():
            before[key.moved(renamed.get(key.path, key.path))] += count
        sites, settings = self.sites(commit)
        self._known[commit] = Counter(site.key for site in sites)
        forget()
        shown, _ = split_accepted(sites, findings_before(parent, [], settings))
        said = Counter(site.key for site in shown)
        wanted = self._known[commit] - before
        return wanted - said, said - wanted, wanted.total()


def forget() -> None:
    """Make this process one that has just begun."""
    analysis._shared.clear()
    analysis.free()
    files.is_on_disk.cache_clear()
    recall.forget()


def replay(history: History, steps: list[tuple[str, list[str]]]) -> int:
    """Print each mismatch and the sum; return how many steps mismatch."""
    wrong = compared = added = 0
    for number, (commit, parents) in enumerate(steps, 1):
        for parent in parents:
            missing, extra, wanted = history.mismatch(commit, parent)
            compared += 1
            added += wanted
            wrong += bool(missing or extra)
            for word, keys in (("missing", missing), ("too much", extra)):
                for key, count in sorted(keys.items()):
                    print(f"{parent[:10]}..{commit[:10]} {word}: {count} x {' '.join(key)}", flush=True)
        if number % 50 == 0:
            print(f"{number} of {len(steps)} commits: {compared} comparisons, {wrong} mismatches", flush=True)
    found = sum(history.full(steps[-1][0]).values()) if steps else 0
    print(
        f"{len(steps)} commits, {compared} comparisons with a parent, {added} findings added on the way, "
        f"{found} at the end, {wrong} mismatches"
    )
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare --since with full runs over a history.")
    parser.add_argument("repository", help="a path or address that git can clone")
    parser.add_argument("--commits", type=int, default=500)
    parser.add_argument("--until", default="HEAD", help="the newest commit (default: HEAD)")
    parser.add_argument("--jobs", default="1")
    parser.add_argument("--hints", action="store_true")
    request = parser.parse_args()
    arguments = ["--isolated", "--select=BKM", f"--jobs={request.jobs}", *["--bkm-hints"] * request.hints]
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        clone = Path(os.path.realpath(folder)) / "clone"
        history = History(request.repository, clone, arguments)
        with contextlib.chdir(clone):
            return int(replay(history, history.steps(request.until, request.commits)) > 0)


if __name__ == "__main__":
    sys.exit(main())
