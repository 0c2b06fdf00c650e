"""The baseline: what is in it may stay, what is not fails, and editing code for other reasons changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_bookmark.gate.baseline import Baseline, parsed, read_entries, written
from flake8_bookmark.gate.keys import Key
from flake8_bookmark.options import OptionsError
from tests.gate.project import FINDINGS, SERVICE, WORKER, bookmark, concise, shop
from tests.running import flake8, write

NEW = "\n\nasync def fresh(url):\n    return load(url)\n"


def accepted(folder: Path) -> Path:
    shop(folder)
    assert bookmark("baseline", "write", folder=folder).code == 0
    return folder


def test_old_findings_pass_and_new_ones_fail(tmp_path: Path) -> None:
    accepted(tmp_path)
    done = bookmark("check", "--isolated", folder=tmp_path)
    assert (done.code, done.output) == (
        0,
        "No new findings in 5 files.\n4 older findings accepted by .bkm-baseline.\n",
    )
    write(tmp_path, shop__service=SERVICE + NEW)
    assert concise(folder=tmp_path).places == ["shop/service.py:17 BKM112"]
    assert concise("--no-baseline", folder=tmp_path).code == 1


def test_the_plugin_goes_by_it(tmp_path: Path) -> None:
    accepted(tmp_path)
    write(tmp_path, shop__service=SERVICE + NEW)
    assert flake8("--isolated", "--select=BKM", "-j2", ".", folder=tmp_path).places == ["./shop/service.py:17 BKM112"]
    inner = flake8("--isolated", "--select=BKM", "service.py", folder=tmp_path / "shop")
    assert inner.places == ["service.py:17 BKM112"]


def test_one_line_for_each_finding_sorted_and_without_numbers(tmp_path: Path) -> None:
    accepted(tmp_path)
    lines = [line for line in (tmp_path / ".bkm-baseline").read_text().splitlines() if not line.startswith("#")]
    assert lines == sorted(lines)
    assert json.loads(lines[0]) == ["shop/service.py", "BKM112", "feed", "load()", "requests.get"]
    assert len(lines) == len(FINDINGS)


def test_a_fixed_finding_is_stale_and_goes_on_request(tmp_path: Path) -> None:
    accepted(tmp_path)
    write(tmp_path, shop__worker=WORKER.replace("time.sleep(1)", "await asyncio.sleep(1)"))
    before = (tmp_path / ".bkm-baseline").read_text()
    done = bookmark("check", "--isolated", folder=tmp_path)
    assert done.code == 0
    assert "1 entry of .bkm-baseline is no longer needed" in done.output
    # Of files that were not looked at, nothing is said.
    assert "no longer" not in bookmark("check", "--isolated", "shop/service.py", folder=tmp_path).output
    assert (tmp_path / ".bkm-baseline").read_text() == before
    done = bookmark("baseline", "check", folder=tmp_path)
    assert (done.code, done.output.splitlines()[-1]) == (1, "0 new, 1 stale, 3 accepted.")
    assert bookmark("baseline", "prune", folder=tmp_path).output == ".bkm-baseline: 3 entries; 0 added, 1 removed\n"
    assert bookmark("baseline", "check", folder=tmp_path).code == 0


def test_prune_never_adds(tmp_path: Path) -> None:
    accepted(tmp_path)
    write(tmp_path, shop__service=SERVICE + NEW)
    before = (tmp_path / ".bkm-baseline").read_text()
    assert bookmark("baseline", "prune", folder=tmp_path).code == 0
    assert (tmp_path / ".bkm-baseline").read_text() == before
    assert bookmark("baseline", "check", folder=tmp_path).code == 1


def test_show(tmp_path: Path) -> None:
    accepted(tmp_path)
    text = bookmark("baseline", "show", folder=tmp_path).output
    assert "shop/service.py  BKM112  feed: load() > requests.get\n" in text
    assert text.endswith("4 entries in .bkm-baseline.\n")


def test_a_second_site_like_an_old_one_is_new(tmp_path: Path) -> None:
    accepted(tmp_path)
    write(tmp_path, shop__service=SERVICE.replace("    return load(url)\n", "    load(url)\n    return load(url)\n"))
    assert concise(folder=tmp_path).places == ["shop/service.py:6 BKM112"] or concise(folder=tmp_path).code == 1


def test_a_moved_and_a_renamed_file_keep_their_entries(tmp_path: Path) -> None:
    accepted(tmp_path)
    (tmp_path / "shop" / "worker.py").rename(tmp_path / "shop" / "jobs.py")
    (tmp_path / "shop" / "inner").mkdir()
    (tmp_path / "shop" / "service.py").rename(tmp_path / "shop" / "inner" / "service.py")
    assert concise(folder=tmp_path).places == []
    assert flake8("--isolated", "--select=BKM", ".", folder=tmp_path).places == []
    bookmark("baseline", "prune", folder=tmp_path)
    assert "shop/jobs.py" in (tmp_path / ".bkm-baseline").read_text()
    assert concise(folder=tmp_path).places == []


# mistakes and faults ------------------------------------------------------------------------------------------------


def test_it_is_of_the_whole_project_or_not_written(tmp_path: Path) -> None:
    shop(tmp_path)
    done = bookmark("baseline", "write", "shop", folder=tmp_path)
    assert done.code == 2
    assert "PATHS would leave out the rest" in done.errors
    assert bookmark("baseline", "write", ".", folder=tmp_path).code == 0
    whole = (tmp_path / ".bkm-baseline").read_text()
    assert bookmark("baseline", "write", folder=tmp_path / "shop").code == 0
    assert (tmp_path / ".bkm-baseline").read_text() == whole


def test_a_partial_analysis_writes_nothing(tmp_path: Path) -> None:
    accepted(tmp_path)
    before = (tmp_path / ".bkm-baseline").read_text()
    (tmp_path / "broken.py").write_text("async def f(:\n")
    for step in ("write", "check", "prune"):
        done = bookmark("baseline", step, folder=tmp_path)
        assert done.code == 3
        assert "broken.py:1: not checked" in done.errors
    assert (tmp_path / ".bkm-baseline").read_text() == before


@pytest.mark.parametrize("line", ["<<<<<<< HEAD", "not json", '["a"]', '["a","b","c","d",1]', "{}", "[" * 100_000])
def test_a_damaged_baseline_is_a_mistake_with_a_line_number(tmp_path: Path, line: str) -> None:
    accepted(tmp_path)
    with (tmp_path / ".bkm-baseline").open("a") as file:
        file.write(f"{line}\n")
    done = bookmark("check", "--isolated", folder=tmp_path)
    assert done.code == 2
    assert ".bkm-baseline:7: " in done.errors
    outcome = flake8("--isolated", "--select=BKM", ".", folder=tmp_path)
    assert ".bkm-baseline:7: " in outcome.output
    assert "BKM900" not in outcome.output


def test_a_configured_baseline_that_is_missing_is_a_mistake(tmp_path: Path) -> None:
    shop(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.flake8-bookmark]\nbkm-baseline = "ci/known"\n')
    done = bookmark("check", folder=tmp_path)
    assert (done.code, done.output) == (2, "")
    assert "ci/known" in done.errors
    (tmp_path / "ci").mkdir()
    assert bookmark("baseline", "write", folder=tmp_path).code == 0
    assert bookmark("check", folder=tmp_path).code == 0


# properties ---------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
KEYS = st.builds(Key, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)


@given(st.lists(KEYS, max_size=8))
def test_what_is_written_is_read(keys: list[Key]) -> None:
    lines = [line for line in written(keys).split("\n") if line and not line.startswith("#")]
    assert sorted(parsed(line, "x") for line in lines) == sorted(keys)


@given(st.lists(KEYS, max_size=8), st.randoms())
def test_the_order_of_findings_does_not_matter(keys: list[Key], random: object) -> None:
    shuffled = list(keys)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert written(shuffled) == written(keys)


@given(st.lists(st.sampled_from([Key("a.py", "BKM101", "f", c, "x") for c in "abc"]), max_size=8), st.data())
def test_as_many_are_accepted_as_there_are_entries(keys: list[Key], data: st.DataObject) -> None:
    from collections import Counter

    entries = Counter(data.draw(st.lists(st.sampled_from([*keys, Key("a.py", "BKM102", "g", "h", "i")]), max_size=8)))
    answers = Baseline("b", "/nowhere", entries).accepts(keys)
    assert Counter(answer for answer in answers if answer) == Counter(keys) & entries


PIECES = ["import os\n", "\n\n# a remark\n", "LIMIT = 1\n\n\n", "def other(url):\n    return url\n\n\n"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(above=st.lists(st.sampled_from(PIECES), max_size=4), width=st.sampled_from([20, 40, 120]), renamed=st.booleans())
def test_edits_for_other_reasons_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, above: list[str], width: int, renamed: bool
) -> None:
    """Lines come and go above, a formatter breaks lines elsewhere, a neighbour gets another name."""
    folder = accepted(tmp_path_factory.mktemp("shop"))
    for name in ("service", "worker"):
        path = folder / "shop" / f"{name}.py"
        text = "".join(above) + path.read_text()
        text = text.replace("load(url)", f"load(\n{' ' * (width % 7)}url,\n)").replace("sleep(1)", "sleep(  2 )")
        path.write_text(text.replace("start", "begin_") if not renamed else text)
    places = concise(folder=folder).places
    assert [place for place in places if "BKM301" not in place] == []
    assert bool(places) == (not renamed)


def test_ruff_format_changes_nothing(tmp_path: Path) -> None:
    accepted(tmp_path)
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    write(tmp_path, shop__service=SERVICE.replace("load(url)", "load(  url   , )").replace("\n\n\n", "\n"))
    subprocess.run([ruff, "format", "--isolated", "--line-length=20", "."], cwd=tmp_path, check=True)
    assert concise(folder=tmp_path).places == []


def test_reading_is_not_confused_by_comments_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_text('# one\n\n["a.py","BKM101","f","g()","x"]\n["a.py","BKM101","f","g()","x",2]\n')
    assert read_entries(str(path)) == {Key("a.py", "BKM101", "f", "g()", "x"): 2}
    with pytest.raises(OptionsError):
        read_entries(str(tmp_path / "absent"))
