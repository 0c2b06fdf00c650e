"""The explanation pages: their examples are run, and what they promise is held against the tool."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from flake8_bookmark import pages
from flake8_bookmark.check import check_source
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.options import Options
from flake8_bookmark.rules import ALL
from flake8_bookmark.rules.model import Rule

ROOT = Path(__file__).parents[2]
WITHOUT_EXAMPLE = {"BKM900", "BKM901"}  # faults of the tool, and comments: no call is to blame
CODES = [rule.code for rule in ALL]
WITH_EXAMPLE = [rule for rule in ALL if rule.code not in WITHOUT_EXAMPLE]
WITH_CAUSES = [rule for rule in ALL if rule.code[3] == "1" or rule.code in ("BKM202", "BKM212")]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def found_in(code: str, hints: bool) -> list[Finding]:
    return check_source("example.py", code, ast.parse(code), Options(hints=hints))


def python_blocks() -> list[object]:
    return [
        pytest.param(rule, heading, code, id=f"{rule.code}-{heading.replace(' ', '-')}-{number}")
        for rule in ALL
        for heading, text in pages.sections(pages.explanation(rule)).items()
        for number, code in enumerate(pages.examples(text), 1)
    ]


@pytest.mark.parametrize(("rule", "heading", "code"), python_blocks())
def test_block_has_exactly_the_marked_findings(rule: Rule, heading: str, code: str) -> None:
    found = found_in(code, hints=rule.level is Level.HINT)
    assert [(f.line, f.code) for f in found] == pages.marked_lines(code), [f.message for f in found]


@pytest.mark.parametrize(("rule", "heading", "code"), python_blocks())
def test_finding_links_to_a_section_of_its_page(rule: Rule, heading: str, code: str) -> None:
    for finding in found_in(code, hints=True):
        page = pages.page_text(finding.code)
        anchors = {pages.anchor_of(title) for title in re.findall(r"^#{2,3} (.+)$", page, re.M)}
        assert not finding.anchor or finding.anchor in anchors


@pytest.mark.parametrize("rule", ALL, ids=CODES)
def test_headings_are_the_fixed_list(rule: Rule) -> None:
    assert tuple(pages.sections(pages.explanation(rule))) == pages.HEADINGS


@pytest.mark.parametrize("rule", ALL, ids=CODES)
def test_no_section_is_empty(rule: Rule) -> None:
    assert all(len(text) > 20 for text in pages.sections(pages.explanation(rule)).values())


@pytest.mark.parametrize("rule", ALL, ids=CODES)
def test_first_line_is_one_sentence(rule: Rule) -> None:
    first, second, *_ = pages.explanation(rule).splitlines()
    assert re.fullmatch(r"[A-Z][^.]*\.", first)
    assert second == ""


def marks_in(text: str) -> set[str]:
    return {code for block in pages.examples(text) for _, code in pages.marked_lines(block)}


@pytest.mark.parametrize("rule", ALL, ids=CODES)
def test_marks_stand_where_they_belong(rule: Rule) -> None:
    by_heading = pages.sections(pages.explanation(rule))
    assert marks_in(by_heading["Example"]) == (set() if rule.code in WITHOUT_EXAMPLE else {rule.code})
    assert marks_in(by_heading["Use instead"]) == set()


@pytest.mark.parametrize("rule", ALL, ids=CODES)
def test_page_says_how_to_waive(rule: Rule) -> None:
    text = pages.sections(pages.explanation(rule))["When not to fix it"]
    assert f"noqa: {rule.code}" in text
    assert "per-file-ignores" in text


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_page_draws_the_machine_of_its_example(rule: Rule) -> None:
    drawn = pages.sections(pages.page_text(rule.code))["The machine"]
    text, mermaid = re.findall(r"^```(?:text|mermaid)\n(.*?)^```$", drawn, re.M | re.S)
    assert "CREATED" in text
    # A loop that never ends has no line of its own in the picture; it is a way that leads nowhere.
    assert rule.code in text or "nowhere: this loop never suspends" in text or "SUSPENDED" not in text
    assert mermaid.startswith("stateDiagram-v2\n")


@pytest.mark.parametrize("rule", WITH_CAUSES, ids=lambda rule: rule.code)
def test_each_cause_has_one_anchor(rule: Rule) -> None:
    titles = re.findall(r"^### (.+)$", pages.sections(pages.page_text(rule.code))["Causes"], re.M)
    assert titles
    assert len(titles) == len(set(titles))
    assert titles == [pages.anchor_of(title) for title in titles]


@pytest.mark.parametrize("rule", ALL, ids=CODES)
def test_page_is_found_by_code_and_by_slug(rule: Rule) -> None:
    assert pages.page_text(rule.slug) == pages.page_text(rule.code)


@pytest.mark.parametrize("rule", ALL, ids=CODES)
def test_page_is_there_when_docstrings_are_stripped(rule: Rule) -> None:
    assert pages.explanation(replace(rule, explanation=None)) == rule.explanation


@pytest.mark.parametrize("name", ["BKM000", "blocking", ""])
def test_unknown_name_has_no_page(name: str) -> None:
    with pytest.raises(LookupError):
        pages.page_text(name)


def test_committed_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool("pages").main(["--check"]) == 0, capsys.readouterr().out


def test_stale_pages_are_named_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs = tmp_path / "docs"
    (docs / "rules").mkdir(parents=True)
    (docs / "rules" / "BKM999.md").write_text("# a rule that is gone\n")
    pages_tool = tool("pages")
    assert pages_tool.main(["--check"], docs) == 1
    said = capsys.readouterr().out
    assert "docs/rules/BKM101.md is not up to date; run: python tools/pages.py" in said
    assert "BKM999.md" in said
    assert pages_tool.main([], docs) == 0
    assert not (docs / "rules" / "BKM999.md").exists()
    assert pages_tool.main(["--check"], docs) == 0


def test_index_lists_every_rule() -> None:
    assert re.findall(r"^\| \[(BKM\d{3})\]", pages.index_text(), re.M) == CODES


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_only_existing_codes_are_mentioned_as_rules(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    named = set(re.findall(r"\((BKM\d{3})\)", text)) | set(re.findall(r"rules/(BKM\d{3})\.md", text))
    assert named <= set(CODES)


def copy_of_rules(tmp_path: Path) -> Path:
    index = ROOT / "flake8_bookmark" / "rules" / "__init__.py"
    (tmp_path / "__init__.py").write_text(index.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_new_rule_stands_in_order(tmp_path: Path) -> None:
    rules = copy_of_rules(tmp_path)
    path = tool("new_rule").begin("stale-read", "BKM599", "0.2.0", rules)
    index = (rules / "__init__.py").read_text()
    entries = re.findall(r"\.RULE,  # (BKM\d{3})$", index, re.M)
    assert entries == sorted([*CODES, "BKM599"])
    imports = [node for node in ast.parse(index).body if isinstance(node, ast.ImportFrom)]
    assert "stale_read" in [alias.name for node in imports for alias in node.names]
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert tuple(pages.sections(docstring)) == pages.HEADINGS


@pytest.mark.parametrize(
    ("slug", "code", "said"),
    [
        ("stale-read", "BKM101", "BKM101 is blocking_sleep"),
        ("Stale_Read", "BKM502", "named like this"),
        ("stale-read", "BKM5", "named like this"),
    ],
)
def test_new_rule_is_refused_with_a_reason(tmp_path: Path, slug: str, code: str, said: str) -> None:
    rules = copy_of_rules(tmp_path)
    before = (rules / "__init__.py").read_text()
    with pytest.raises(SystemExit, match=said):
        tool("new_rule").begin(slug, code, "0.2.0", rules)
    assert (rules / "__init__.py").read_text() == before
    assert [path.name for path in rules.iterdir()] == ["__init__.py"]
