"""What holds for the whole source: sizes, words, and what belongs to each rule."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_bookmark.rules import ALL

ROOT = Path(__file__).parents[1]
FILES = sorted(path for folder in ("flake8_bookmark", "tools") for path in (ROOT / folder).rglob("*.py"))
NAMES = [path.relative_to(ROOT).as_posix() for path in FILES]
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION = 400, 60, 10
# One word per thing: docs/glossary.md. These say nothing about what a thing is, or are a second word for one.
FORBIDDEN_WORDS = re.compile(r"Manager$|Helper$|Utils?$|^Base[A-Z]|Base$|Violation|Issue")


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_sizes(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    assert [(name, lines) for name, lines in functions(path) if lines > LONGEST_FUNCTION] == []


def test_half_of_all_functions_are_short() -> None:
    assert statistics.median(lines for path in FILES for _, lines in functions(path)) <= MEDIAN_FUNCTION


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_module_says_in_one_sentence_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring
    assert re.match(r"[^\n]+[.:](\n\n|$)", docstring)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_words(path: Path) -> None:
    classes = (node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef))
    assert [name for name in classes if FORBIDDEN_WORDS.search(name)] == []


def test_codes_and_slugs_are_unique_and_well_formed() -> None:
    codes, slugs = [rule.code for rule in ALL], [rule.slug for rule in ALL]
    assert len(set(codes)) == len(set(slugs)) == len(ALL)
    # flake8 refuses other shapes in `ignore`.
    assert all(re.fullmatch(r"BKM\d{3}", code) for code in codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)


@pytest.mark.parametrize("code", [rule.code for rule in ALL])
def test_every_rule_is_written_about(code: str) -> None:
    """A reader of the page index, the shipped pages and the changelog meets each code."""
    assert (ROOT / "docs" / "rules" / f"{code}.md").is_file()
    for listing in ("docs/rules.md", "CHANGELOG.md"):
        text = (ROOT / listing).read_text()
        assert code in codes_in(text), listing


def codes_in(text: str) -> set[str]:
    """Return the codes of a text; `BKM101` to `BKM109` names those between, too."""
    found = set(re.findall(r"BKM\d{3}", text))
    for first, last in re.findall(r"`BKM(\d{3})` to `BKM(\d{3})`", text):
        found |= {f"BKM{number}" for number in range(int(first), int(last) + 1)}
    return found


def test_no_page_without_a_rule() -> None:
    assert {path.stem for path in (ROOT / "docs" / "rules").glob("*.md")} == {rule.code for rule in ALL}
