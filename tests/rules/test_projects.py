"""Findings across files: each case is a project on disk, and the marks are all that is reported in its files."""

from __future__ import annotations

import ast
import asyncio
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from flake8_bookmark.check import check_source
from flake8_bookmark.options import Options
from tests.markdown import Case, marks, read_cases

PROJECTS = Path(__file__).parent / "projects"
CASES = [case for path in sorted(PROJECTS.glob("*.md")) for case in read_cases(path)]
OPTIONS = Options()
Found = dict[str, Counter[tuple[int, str]]]


def write(case: Case, folder: Path) -> dict[str, str]:
    """Write a case's files; return the text of those that parse."""
    texts: dict[str, str] = {}
    for _, name, text in case.blocks:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.endswith(".py") and "(:" not in text:
            texts[name] = text
    return texts


def found_in(folder: Path, texts: dict[str, str], order: list[str]) -> Found:
    found: Found = {}
    for name in order:
        findings = check_source(str(folder / name), texts[name], ast.parse(texts[name]), OPTIONS)
        found[name] = Counter((f.line, f.code) for f in findings)
    return found


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_findings_equal_marks(case: Case, tmp_path: Path) -> None:
    texts = write(case, tmp_path)
    expected = {
        name: Counter((line, code) for line, codes in marks(text, r"BKM\d{3}").items() for code in codes)
        for name, text in texts.items()
    }
    assert found_in(tmp_path, texts, sorted(texts)) == expected


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_order_of_files_changes_nothing(case: Case, tmp_path: Path) -> None:
    results = []
    for seed in range(3):
        folder = tmp_path / str(seed)
        texts = write(case, folder)
        order = sorted(texts)
        random.Random(seed).shuffle(order)
        results.append(found_in(folder, texts, order))
    assert results[0] == results[1] == results[2]


def test_a_buffer_that_differs_from_the_disk_is_what_counts(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text("import time\ndef users():\n    time.sleep(1)\n")
    (tmp_path / "app.py").write_text("x = 1\n")
    buffer = "import db\nasync def main():\n    db.users()\n"
    findings = check_source(str(tmp_path / "app.py"), buffer, ast.parse(buffer), OPTIONS)
    assert [(f.line, f.code) for f in findings] == [(3, "BKM111")]
    assert "db.py:3" in findings[0].message


def test_without_any_mark_the_working_directory_is_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pkg" / "core").mkdir(parents=True)
    (tmp_path / "pkg" / "core" / "db.py").write_text("import time\ndef users():\n    time.sleep(1)\n")
    text = "from pkg.core.db import users\nasync def main():\n    users()\n"
    (tmp_path / "pkg" / "web").mkdir()
    (tmp_path / "pkg" / "web" / "app.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    findings = check_source("pkg/web/app.py", text, ast.parse(text), OPTIONS)
    assert [(f.line, f.code) for f in findings] == [(3, "BKM111")]


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tree is let go after each file, so that all that is asked for later is parsed again."""
    monkeypatch.setattr("flake8_bookmark.project.modules.MOST_TREES", 0)
    monkeypatch.setattr("flake8_bookmark.project.modules.SWEPT_AFTER", 1)


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_trees_that_were_let_go_change_nothing(case: Case, tmp_path: Path) -> None:
    texts = write(case, tmp_path)
    expected = {
        name: Counter((line, code) for line, codes in marks(text, r"BKM\d{3}").items() for code in codes)
        for name, text in texts.items()
    }
    assert found_in(tmp_path, texts, sorted(texts, reverse=True)) == expected


def all_found(folder: Path) -> list[str]:
    options = Options(hints=True, cache_dir="off")
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
    return [str(f) for path, text in texts.items() for f in check_source(str(path), text, ast.parse(text), options)]


def test_trees_of_a_large_package(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The same for the standard library's own asyncio, which is full of lambdas, closures and classes."""
    source = Path(asyncio.__file__).parent
    for number in (1, 2):
        shutil.copytree(source, tmp_path / str(number) / "asyncio_", ignore=shutil.ignore_patterns("__pycache__"))
    kept = all_found(tmp_path / "1")
    request.getfixturevalue("forgetful")
    assert [line.replace("/2/", "/1/") for line in all_found(tmp_path / "2")] == kept
    assert len(kept) > 5
