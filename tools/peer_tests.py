"""Hold our verdicts against the test files of flake8-async, where both speak of the same thing.

    python tools/peer_tests.py [FOLDER]

The files are taken from the source distribution on PyPI, unpacked into FOLDER (a temporary one by default) and never
kept in this repository. A line with a marker (`# error: 8`) is one that flake8-async reports. Printed is, for each of
its rules that one of ours corresponds to: how many lines it marks, on how many of them ours speaks, and where they
differ. The reasons for the differences are in docs/peers.md.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from flake8_bookmark.check import find_sites
from flake8_bookmark.options import Options

INDEX = "https://pypi.org/pypi/flake8-async/json"
OURS = {
    "async100": "BKM603", "async102": "BKM602", "async103": "BKM601", "async104": "BKM601", "async105": "BKM303",
    "async110": "BKM605", "async119": "BKM604", "async120": "BKM602", "async210": "BKM102", "async211": "BKM102",
    "async212": "BKM102", "async22x": "BKM104", "async220": "BKM104", "async221": "BKM104", "async222": "BKM104",
    "async23x": "BKM105", "async230": "BKM105", "async231": "BKM105", "async232": "BKM105", "async240": "BKM106",
    "async250": "BKM109", "async251": "BKM101", "async300": "BKM301",
}  # fmt: skip
ALSO = {"BKM603": {"BKM606"}, "BKM106": {"BKM105"}, "BKM105": {"BKM106"}}
IMPORTS = ("os", "subprocess", "httpx", "requests", "urllib3")
MARKER = re.compile(r"#\s*(?:error|ASYNC\d+(?:_asyncio)?):", re.IGNORECASE)


def test_files(folder: Path) -> list[Path]:
    """Unpack the test files into a folder whose name says nothing of tests: ours are gentler there."""
    with urllib.request.urlopen(INDEX, timeout=60) as answer:
        (url,) = (u["url"] for u in json.load(answer)["urls"] if u["packagetype"] == "sdist")
    with urllib.request.urlopen(url, timeout=60) as answer:
        data = answer.read()
    out = []
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive.getmembers():
            path = Path(member.name)
            file = archive.extractfile(member) if "eval_files" in path.parts and path.suffix == ".py" else None
            if file is not None:
                target = folder / f"peer_{path.name}"
                target.write_bytes(file.read())
                out.append(target)
    return sorted(out)


def compare(path: Path, code: str) -> tuple[set[int], set[int]]:
    """Return the lines that are marked, and those that ours reports."""
    text = with_imports(path.read_text(encoding="utf-8"))
    lines = enumerate(text.splitlines(), 1)
    marked = {n for n, line in lines if MARKER.search(line) and not line.lstrip().startswith("#")}
    wanted = {code, *ALSO.get(code, ())}
    found = find_sites(str(path), text, None, Options(hints=True, cache_dir="off"))
    return marked, {finding.line for finding in found if finding.code in wanted}


def with_imports(text: str) -> str:
    """Import in the first line, a comment, what a file uses without: flake8-async goes by the written name."""
    names = [n for n in IMPORTS if re.search(rf"\b{n}\b", text) and not re.search(rf"import {n}\b", text)]
    first, _, rest = text.partition("\n")
    return f"import {', '.join(names)}\n{rest}" if names and first.startswith("#") else text


def near(line: int, lines: set[int]) -> bool:
    """Tell whether a line is among lines, or next to one: a statement begins where its call doesn't stand."""
    return not lines.isdisjoint((line - 1, line, line + 1))


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{'file':34}{'ours':8}{'marked':>7}{'same':>6}{'missed':>8}{'more':>6}")
        for path in test_files(folder):
            name = path.stem.removeprefix("peer_")
            code = OURS.get(name.split("_")[0])
            if code is None:
                continue
            try:
                ast.parse(path.read_text(encoding="utf-8"))
            except SyntaxError:
                continue
            marked, found = compare(path, code)
            missed = sorted(line for line in marked if not near(line, found))
            more = sorted(line for line in found if not near(line, marked))
            same = len(marked) - len(missed)
            where = f"   missed {missed} more {more}" if missed or more else ""
            print(f"{name:34}{code:8}{len(marked):7}{same:6}{len(missed):8}{len(more):6}{where}")


if __name__ == "__main__":
    main()
