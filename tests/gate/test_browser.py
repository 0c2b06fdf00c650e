"""The HTML report in a real browser: what a person does with it, and sees."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.browser import Page, browser, driver, opened
from tests.gate.project import FINDINGS, bookmark, shop
from tests.running import write

PROGRAM, DRIVER = browser(), driver()
pytestmark = pytest.mark.skipif(
    PROGRAM is None or DRIVER is None, reason="Chromium or chromedriver is not installed here"
)
READS = 'async def f(path):\n    return open(path).read()  # <b>"&\n'
OPEN = "details.finding[open]"
CODES = ["BKM105", *(place.split()[1] for place in FINDINGS)]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    assert PROGRAM is not None and DRIVER is not None
    with opened(PROGRAM, DRIVER, tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def report(session: Page, tmp_path: Path) -> Page:
    shop(tmp_path)
    write(tmp_path, reads=READS)
    done = bookmark("check", "--isolated", "--format=html", "--output=report.html", folder=tmp_path)
    assert done.code == 1
    session.open(tmp_path / "report.html")
    return session


def codes_seen(page: Page) -> list[str]:
    return [found[0] for text in page.seen(".finding > summary") if (found := re.findall(r"BKM\d+", text))]


def test_all_findings_are_there_and_nothing_is_refused(report: Page) -> None:
    assert codes_seen(report) == CODES
    assert report.seen("#count") == ["5 of 5 shown"]
    assert report.seen("main h2") == ["reads.py", "shop/service.py", "shop/worker.py"]
    assert report.complaints() == []


def test_filters(report: Page) -> None:
    report.click("input[name=level][value=error]")
    assert codes_seen(report) == ["BKM105"]
    assert report.seen("main h2") == ["reads.py"]
    report.click("input[name=level][value=error]")
    report.click("input[name=code][value=BKM112]")
    assert codes_seen(report) == ["BKM105", "BKM101", "BKM301"]
    report.click("input[name=code][value=BKM112]")
    report.type("#search", "SHOP/worker")
    assert codes_seen(report) == ["BKM101", "BKM301"]
    assert report.seen("#count") == ["2 of 5 shown"]
    report.type("#search", "page")
    assert codes_seen(report) == ["BKM112"]
    report.type("#search", "no such thing")
    assert (codes_seen(report), report.seen("main h2")) == ([], [])


def test_a_finding_is_opened_and_its_chain_followed(report: Page) -> None:
    assert report.seen(f"{OPEN} pre.source") == []
    report.type("#search", "page")
    report.click(".finding:not([hidden]) > summary")
    (source,) = report.seen(f"{OPEN} pre.source")
    assert "9      return users(url)" in source
    assert report.seen(f"{OPEN} mark") == ["    9      return users(url)"]
    hops = report.seen(f"{OPEN} .chain > li")
    assert [hop.split("\n") for hop in hops] == [
        ["load shop/service.py:5", "return load(url)"],
        ["requests.get shop/store.py:5", "return requests.get(url).json()"],
    ]
    assert report.seen(f"{OPEN} a") == ["BKM112 network-in-helper"]


def test_the_machine_is_drawn(report: Page) -> None:
    report.type("#search", "poll")
    report.click(".finding:not([hidden]) > summary")
    assert report.seen(f"{OPEN} .machine pre") == []
    report.click(f"{OPEN} .machine > summary")
    (machine,) = report.seen(f"{OPEN} .machine pre")
    assert machine.startswith("poll (coroutine, line 5)")
    assert all(word in machine for word in ("CREATED", "CLOSED", "line 7  time.sleep", "╰─▶"))
    # A drawing falls apart where its lines differ in height or its signs in width.
    widths = report.run(
        "const box = document.querySelector('details[open] .machine pre'), range = document.createRange();"
        "const text = box.firstChild, at = text.data.indexOf('╭'), end = text.data.indexOf('\\n', at);"
        "const width = (from, to) => { range.setStart(text, from); range.setEnd(text, to);"
        " return range.getBoundingClientRect().width; };"
        "const next = text.data.indexOf('│', end);"
        "return [width(at, end), width(next, text.data.indexOf('\\n', next))];"
    )
    assert abs(widths[0] - widths[1]) < 1


def test_a_link_to_one_finding_opens_it(report: Page) -> None:
    name = report.run("return document.querySelectorAll('.finding')[3].id")
    report.run(f"location.hash = '#{name}'")
    assert len(report.seen(f"#{name}[open] pre.source")) == 1


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the ratio of https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("is_dark", [False, True])
def test_it_can_be_read_by_day_and_by_night(report: Page, is_dark: bool) -> None:
    report.dark(is_dark)
    report.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    colours = report.run(
        "return ['p', '.place', '.error', '.warning', 'a', 'mark', '#count', 'label'].map((name) => {"
        " const text = document.querySelector(name); let under = text;"
        " while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') { under = under.parentElement; }"
        " return [getComputedStyle(text).color, getComputedStyle(under).backgroundColor]; })"
    )
    assert min(contrast(*pair) for pair in colours) >= 4.5
    assert (luminance(colours[0][1]) < 0.1) == is_dark
    folder = os.environ.get("BOOKMARK_PICTURES")
    if folder:
        (Path(folder) / f"report-{'dark' if is_dark else 'light'}.png").write_bytes(report.picture())
