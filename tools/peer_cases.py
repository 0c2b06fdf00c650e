"""Hold our verdicts against the written cases of mypy, ty and codehound, where both speak of the same thing.

    python tools/peer_cases.py

Their source distributions are read from the package index, and nothing of them is kept. mypy and ty mark lines;
codehound says of a whole text whether its rule speaks. Printed is, for each of their rules that one of ours corresponds
to: how many cases it has, in how many the verdict is the same, and which differ. The reasons are in docs/peers.md.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

sys.path.insert(0, str(Path(__file__).parents[1]))
from flake8_bookmark.check import find_sites
from flake8_bookmark.options import Options

DROPPED = frozenset({"BKM301", "BKM303", "BKM306"})
CODEHOUND = {
    "CH001": frozenset({"BKM101", "BKM102", "BKM104", "BKM105"}),
    "CH006": frozenset({"BKM301"}),
    "CH007": frozenset({"BKM303"}),
    "CH008": frozenset({"BKM108"}),
    "CH093": frozenset({"BKM305"}),
}
MARK = re.compile(r"#\s*(?:E|N|error|snapshot)\b.*unused-(?:awaitable|coroutine)")


@dataclass(frozen=True)
class PeerCase:
    """A text of another tool, the lines that it marks (None: some line or other), and the codes of ours to compare."""

    peer: str
    name: str
    text: str
    marked: frozenset[int] | None
    ours: frozenset[str]


def source_file(project: str, ending: str) -> str:
    """Return a file of a project's newest source distribution."""
    index = f"https://pypi.org/pypi/{project}/json"
    with urllib.request.urlopen(index, timeout=60) as answer:
        (url,) = (u["url"] for u in json.load(answer)["urls"] if u["packagetype"] == "sdist")
    with urllib.request.urlopen(urljoin(index, url), timeout=180) as answer:
        data = answer.read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(ending) else None
            if file is not None:
                return file.read().decode("utf-8")
    raise LookupError(f"{project} has no {ending}")


def marked_lines(text: str) -> frozenset[int]:
    return frozenset(n for n, line in enumerate(text.splitlines(), 1) if MARK.search(line))


def ty_cases() -> Iterator[PeerCase]:
    text = source_file("ty", "mdtest/diagnostics/unused_awaitable.md")
    for section in re.split(r"(?m)^## ", text)[1:]:
        for code in re.findall(r"(?s)```py\n(.*?)```", section):
            yield PeerCase("ty unused-awaitable", section.partition("\n")[0], code, marked_lines(code), DROPPED)


def mypy_cases() -> Iterator[PeerCase]:
    text = source_file("mypy", "unit/check-async-await.test")
    for section in re.split(r"(?m)^\[case ", text)[1:]:
        name, _, rest = section.partition("]\n")
        code = re.split(r"(?m)^\[(?:builtins|typing|out|file|targets)", rest)[0]
        marked = marked_lines(code)
        if marked or "unused-awaitable" in rest:
            yield PeerCase("mypy unused-coroutine, unused-awaitable", name, code, marked, DROPPED)


def codehound_cases() -> Iterator[PeerCase]:
    tree = ast.parse(source_file("codehound", "tests/test_checks.py"))
    for test in (n for n in tree.body if isinstance(n, ast.FunctionDef)):
        rule = test.name.split("_")[1].upper() if "_" in test.name else ""
        texts = [n.value for n in test.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)]
        if rule in CODEHOUND and texts:
            is_silent = any(ast.unparse(n).endswith("== []") for n in test.body if isinstance(n, ast.Assert))
            marked = frozenset() if is_silent else None
            yield PeerCase(f"codehound {rule}", test.name, str(texts[0].value), marked, CODEHOUND[rule])


def verdict(case: PeerCase) -> str:
    """Return how ours differs; nothing where it doesn't."""
    try:
        ast.parse(case.text)
    except SyntaxError:
        return "no Python"
    found = find_sites("peer_case.py", case.text, None, Options(hints=True, cache_dir="off"))
    lines = {f.line for f in found if f.code in case.ours}
    if case.marked is None:
        return "" if lines else "silent"
    missed, more = sorted(case.marked - lines), sorted(lines - case.marked)
    return ", ".join([f"silent in line {n}" for n in missed] + [f"speaks in line {n}" for n in more])


def main() -> None:
    rows: dict[str, list[tuple[str, str]]] = {}
    for cases in (mypy_cases, ty_cases, codehound_cases):
        for case in cases():
            rows.setdefault(case.peer, []).append((case.name, verdict(case)))
    for peer, verdicts in rows.items():
        same = sum(not said for _, said in verdicts)
        print(f"{peer:42}{len(verdicts):5} cases{same:5} the same")
        for name, said in verdicts:
            if said:
                print(f"    {name}: {said}")


if __name__ == "__main__":
    main()
