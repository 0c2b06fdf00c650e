"""Lists what hydroid, another linter for blocking calls, finds in a project and we don't.

    cd project
    hydroid . --cpu --no-cache --format json > theirs.json
    flake8-bookmark check . --bkm-hints --format json > ours.json
    python tools/compare_hydroid.py ours.json theirs.json [--show 3]

A finding of theirs is met where one of ours stands on its line, or where the place that waits in the end is on the way
of one of ours (its own line, or a hop). What is left is counted by kind, name of what waits, and length of the chain,
with some places to read. https://pypi.org/project/hydroid/
"""

from __future__ import annotations

import argparse
import json
import posixpath
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Place = tuple[str, int]
FAMILIES = ("BKM1", "BKM2")


def ours(path: Path) -> tuple[set[Place], set[Place]]:
    """Return the places of our findings, and all places on their ways."""
    own: set[Place] = set()
    ways: set[Place] = set()
    for finding in json.loads(path.read_text(encoding="utf-8"))["findings"]:
        if finding["code"].startswith(FAMILIES):
            own.add(_place(finding))
            ways.update(_place(hop) for hop in finding["chain"])
    return own, ways | own


def theirs(path: Path) -> Iterator[tuple[Place, Place, dict[str, Any]]]:
    """Yield the place of each of their findings, and the place of what waits in the end."""
    for row in json.loads(path.read_text(encoding="utf-8"))["diagnostics"]:
        yield _place(row["location"]), _place(row["chain"][-1]["location"]), row


def _place(row: dict[str, Any]) -> Place:
    return posixpath.normpath(row["path"]), row["line"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours", type=Path)
    parser.add_argument("theirs", type=Path)
    parser.add_argument("--show", type=int, default=2, metavar="N", help="places of each class (default: %(default)s)")
    arguments = parser.parse_args()
    own, ways = ours(arguments.ours)
    left: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    total = met = by_cause = 0
    for place, cause, row in theirs(arguments.theirs):
        total += 1
        if place in own:
            met += 1
        elif cause in ways:
            by_cause += 1
        else:
            how = "own" if len(row["chain"]) == 1 else "helper"
            key = (row["sink"]["category"], how, row["sink"]["qualname"])
            chain = " > ".join(f"{hop['text']} ({hop['location']['line']})" for hop in row["chain"])
            left[key].append(f"{place[0]}:{place[1]} {row['function'].rpartition('.')[2]}: {chain}")
    print(f"{total} of theirs: {met} at the same place, {by_cause} by the same cause, {total - met - by_cause} left")
    for (kind, how, name), places in sorted(left.items(), key=lambda item: -len(item[1])):
        print(f"{len(places):5}  {kind:16} {how:7} {name}")
        for text in places[: arguments.show]:
            print(f"           {text}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
