"""The example service: every marked bug is found and nothing else, and its corrected twin is clean."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flake8_bookmark.check import check_source
from flake8_bookmark.finding import Level
from flake8_bookmark.options import Options
from flake8_bookmark.pages import marked_lines
from flake8_bookmark.rules import ALL

EXAMPLES = Path(__file__).parents[2] / "examples"
BUGGY = sorted((EXAMPLES / "service").glob("*.py"))
FIXED = sorted((EXAMPLES / "service_fixed").glob("*.py"))


def found_in(path: Path, hints: bool = False) -> list[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    findings = check_source(f"shop/{path.name}", text, ast.parse(text), Options(hints=hints))
    return [(finding.line, finding.code) for finding in findings]


@pytest.mark.parametrize("path", BUGGY, ids=lambda path: path.name)
def test_marked_bugs_are_found(path: Path) -> None:
    assert found_in(path) == marked_lines(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FIXED, ids=lambda path: path.name)
def test_corrected_twin_is_clean(path: Path) -> None:
    assert found_in(path, hints=True) == []


def test_service_and_twin_have_the_same_files() -> None:
    assert [path.name for path in BUGGY] == [path.name for path in FIXED]


def test_every_rule_that_speaks_by_default_has_a_bug() -> None:
    shown = {code for path in BUGGY for _, code in marked_lines(path.read_text(encoding="utf-8"))}
    silent = {rule.code for rule in ALL if rule.level is Level.HINT} | {"BKM900"}  # the last is about the tool
    assert shown == {rule.code for rule in ALL} - silent
