"""Writes the generated documentation: docs/rules/<code>.md, docs/rules.md, the drawings in other pages.

With `--check` it writes nothing, says what differs, and exits with 1 if anything does.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flake8_bookmark.pages import draw_example, index_text, page_text  # noqa: E402
from flake8_bookmark.rules import ALL  # noqa: E402

COMMAND = "python tools/pages.py"
DRAWN = re.compile(
    r"(?P<source>^```python\n(?P<code>.*?)^```$)(?P<between>.*?)"
    r"(?P<mark>^<!-- drawn from the example above by tools/pages\.py -->\n)```text\n.*?^```$",
    re.M | re.S,
)


def generated(docs: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file that this tool is responsible for, with the text that it should have."""
    for rule in ALL:
        yield docs / "rules" / f"{rule.code}.md", page_text(rule.code)
    yield docs / "rules.md", index_text()
    for path in sorted(docs.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if DRAWN.search(text):
            yield path, DRAWN.sub(with_drawing, text)


def with_drawing(found: re.Match[str]) -> str:
    """Return the matched part with its drawing made anew."""
    _, text, _ = draw_example(found["code"])
    return f"{found['source']}{found['between']}{found['mark']}```text\n{text}\n```"


def orphans(docs: Path) -> list[Path]:
    """Return the pages of codes that don't exist."""
    return sorted(set(docs.glob("rules/*.md")) - {path for path, _ in generated(docs)})


def main(arguments: list[str] | None = None, docs: Path = ROOT / "docs") -> int:
    parser = argparse.ArgumentParser(description="Write the generated documentation.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if anything differs")
    check = parser.parse_args(arguments).check
    differing = [
        (path, text)
        for path, text in generated(docs)
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    old = orphans(docs)
    if check:
        for path in [*(path for path, _ in differing), *old]:
            print(f"{path.relative_to(docs.parent)} is not up to date; run: {COMMAND}")
        return 1 if differing or old else 0
    for path, text in differing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {path.relative_to(docs.parent)}")
    for path in old:
        path.unlink()
        print(f"removed {path.relative_to(docs.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
