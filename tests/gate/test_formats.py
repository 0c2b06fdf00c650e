"""Each format, read back by what is there to read it: JSON, XML, and what the services document."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from flake8_bookmark.gate.arguments import FORMAT_NAMES
from flake8_bookmark.report.formats import MODULES
from tests.gate.project import FINDINGS, bookmark, shop
from tests.gate.sarif_rules import complaints, place_of
from tests.gate.workflow_commands import annotations
from tests.running import flake8, write

ODD = 'import time\n\n\nasync def naïve(x):\n    """ <b>&amp; ::x """; s = "äöü"; time.sleep(len(s))  # <script>\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shop(tmp_path)
    write(tmp_path, **{"odd <&> 100%,a": ODD})
    return tmp_path


PLACES = ["odd <&> 100%,a.py:5 BKM101", *FINDINGS]


def rendered(name: str, folder: Path, *arguments: str) -> str:
    done = bookmark("check", "--isolated", "-j1", f"--format={name}", *arguments, folder=folder)
    assert done.code in (0, 1), done.errors
    return done.output


def test_every_format_has_a_name_on_the_command_line() -> None:
    assert tuple(MODULES) == FORMAT_NAMES


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_every_format_says_something_of_a_clean_project_but_the_lists(tmp_path: Path, name: str) -> None:
    write(tmp_path, plain="x = 1\n")
    assert bool(rendered(name, tmp_path).strip()) == (name != "concise")


def test_several_formats_in_one_run(project: Path) -> None:
    done = bookmark("check", "--isolated", "--format=gitlab", "--output=q.json", "--format=concise", folder=project)
    assert done.places == PLACES
    assert len(json.loads((project / "q.json").read_text())) == 5


def test_json(project: Path) -> None:
    found = json.loads(rendered("json", project))
    assert found["version"] == 1
    assert found["summary"]["codes"] == {"BKM101": 2, "BKM112": 2, "BKM301": 1}
    assert [f"{f['path']}:{f['line']} {f['code']}" for f in found["findings"]] == PLACES
    assert found["findings"][0]["column"] == 1 + ODD.splitlines()[4].index("sleep")
    assert found["findings"][1]["chain"] == [
        {"name": "load", "path": "shop/service.py", "line": 5},
        {"name": "requests.get", "path": "shop/store.py", "line": 5},
    ]
    assert found["causes"] == [{"name": "requests.get", "path": "shop/store.py", "line": 5, "findings": 2}]


def test_the_documented_json_has_the_fields_of_the_real_one(project: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "check-json.md").read_text()
    shown = json.loads(re.search(r"```json\n(.*?)```", page, re.S)[1])  # type: ignore[index]
    real = json.loads(rendered("json", project))
    assert shown.keys() == real.keys()
    assert shown["summary"].keys() == real["summary"].keys()
    assert shown["findings"][0].keys() == real["findings"][0].keys()
    assert shown["causes"][0].keys() == real["causes"][0].keys()


def check_sarif(log: dict[str, Any]) -> list[str]:
    """Check what the schema and code scanning require of the parts that we write; return the places."""
    assert complaints(log) == []
    return [f"{place_of(result)} {result['ruleId']}" for result in log["runs"][0]["results"]]


def test_sarif(project: Path) -> None:
    log = json.loads(rendered("sarif", project))
    assert check_sarif(log) == PLACES
    (flow,) = log["runs"][0]["results"][1]["codeFlows"]
    steps = [step["location"]["physicalLocation"] for step in flow["threadFlows"][0]["locations"]]
    assert [(s["artifactLocation"]["uri"], s["region"]["startLine"]) for s in steps] == [
        ("shop/service.py", 9),
        ("shop/service.py", 5),
        ("shop/store.py", 5),
    ]
    assert log["runs"][0]["invocations"] == [{"executionSuccessful": True}]


def test_fingerprints_do_not_depend_on_lines(project: Path) -> None:
    def names() -> list[str]:
        return sorted(f["fingerprint"] for f in json.loads(rendered("json", project))["findings"])

    before = names()
    path = project / "shop" / "worker.py"
    path.write_text("# one more line\n" + path.read_text())
    assert names() == before


TWICE = "import time\n\n\nasync def f(x):\n    time.sleep(1){first}\n    x()\n    time.sleep(2)\n"


def fingerprints(folder: Path, *arguments: str) -> list[str]:
    return [f["fingerprint"] for f in json.loads(rendered("json", folder, *arguments))["findings"]]


def test_what_is_left_out_does_not_lend_its_fingerprint_to_its_equals(tmp_path: Path) -> None:
    path = write(tmp_path, twice=TWICE.format(first="")) / "twice.py"
    first, second = fingerprints(tmp_path)
    path.write_text(TWICE.format(first="  # noqa: BKM101"))
    assert fingerprints(tmp_path) == [second]
    assert fingerprints(tmp_path, "--disable-noqa") == [first, second]


def test_nor_does_what_the_baseline_accepts(tmp_path: Path) -> None:
    text = TWICE.format(first="")
    path = write(tmp_path, twice=text.replace("    time.sleep(2)\n", "")) / "twice.py"
    assert bookmark("baseline", "write", "--isolated", folder=tmp_path).code == 0
    path.write_text(text)
    assert fingerprints(tmp_path) == fingerprints(tmp_path, "--no-baseline")[1:]


def test_github(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    found = annotations(rendered("github", project))
    assert [f"{a['file']}:{a['line']} {a['title'].split()[0]}" for _, a, _ in found] == PLACES
    assert "> load (shop/service.py:5)\n  > requests.get (shop/store.py:5)\n" in found[1][2]
    summary = (project / "summary.md").read_text()
    assert summary.count("\n| `") == 5
    assert "`requests.get` (shop/store.py:5): 2 sites" in summary


def test_github_shows_ten_of_a_level_and_counts_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    write(tmp_path, many="import time\n\n\nasync def f():\n" + "    time.sleep(1)\n\n" * 25)
    text = rendered("github", tmp_path)
    found = annotations(text)
    assert len(found) == 10
    assert found[-1][2].startswith("and 16 more findings of this level")
    assert text.count("many.py:") == 16
    assert "25 findings in 1 of 1 file: 25 errors." in text


def test_gitlab_and_rdjson(project: Path) -> None:
    found = json.loads(rendered("gitlab", project))
    assert [f"{f['location']['path']}:{f['location']['lines']['begin']} {f['check_name']}" for f in found] == PLACES
    assert {f["severity"] for f in found} == {"major"}
    found = json.loads(rendered("rdjson", project))["diagnostics"]
    assert [
        f"{f['location']['path']}:{f['location']['range']['start']['line']} {f['code']['value']}" for f in found
    ] == PLACES
    # reviewdog counts bytes.
    column = ODD.splitlines()[4].encode().index(b"sleep") + 1
    assert found[0]["location"]["range"]["start"]["column"] == column


def test_junit(project: Path) -> None:
    root = ElementTree.fromstring(rendered("junit", project))
    cases = root.findall("./testsuite/testcase")
    assert [f"{c.get('file')}:{c.get('line')} {(c.get('name') or '').split()[0]}" for c in cases] == PLACES
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "5", "0")


class Reader(HTMLParser):
    """Checks that elements nest, and collects the findings and all that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.findings: list[dict[str, str | None]] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)
        if given.get("class") == "finding":
            self.findings.append(given)
        self.fetched += [value for name, value in attrs if value and name == "src"]
        self.fetched += [value for name, value in attrs if value and name == "href" and tag == "link"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_one_page_with_everything_in_it(project: Path) -> None:
    text = rendered("html", project)
    reader = Reader()
    reader.feed(text)
    assert (reader.open, reader.fetched) == ([], [])
    assert [finding["data-code"] for finding in reader.findings] == [place.split()[-1] for place in PLACES]
    assert '<script>\n"use strict"' in text
    assert "# <script>" not in text
    assert "CREATED" in text
    assert '<code>requests.get</code> <span class="place">shop/store.py:5</span>' in text
    assert "return requests.get(url).json()" in text


def test_html_draws_the_definition_that_a_finding_is_in(tmp_path: Path) -> None:
    """A name that is defined again has other machines, which are not shown."""
    write(tmp_path, twice="import time\n\n\nasync def f(): await one()\n\n\nasync def f(): time.sleep(1)\n")
    text = rendered("html", tmp_path)
    assert "f (coroutine, line 7)" in text
    assert "f (coroutine, line 4)" not in text


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab"])
def test_flake8_can_write_them_too(project: Path, name: str) -> None:
    (project / ".flake8").write_text(
        "[flake8:local-plugins]\nreport =\n"
        + "".join(
            f"    {form} = flake8_bookmark.formatters:{form.capitalize()}\n" for form in ("sarif", "github", "gitlab")
        )
    )
    outcome = flake8("--select=BKM,F401", f"--format={name}", "-j2", ".", folder=project)
    assert outcome.code == 1
    if name == "sarif":
        assert check_sarif(json.loads(outcome.output)) == PLACES
    elif name == "github":
        assert [f"{a['file']}:{a['line']} {a['title'].split()[0]}" for _, a, _ in annotations(outcome.output)] == PLACES
    else:
        assert [f["check_name"] for f in json.loads(outcome.output)] == [place.split()[-1] for place in PLACES]
