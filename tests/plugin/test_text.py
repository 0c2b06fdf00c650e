"""How a finding reads on flake8's one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.report.links import page_link
from flake8_bookmark.report.text import LIMIT, line_text

PAGES = "https://flake8-bookmark.readthedocs.io/rules/BKM112/"
SHORT = "x:{code}"


def text(message: str, docs_url: str = "", anchor: str = "requests") -> str:
    finding = Finding("svc.py", 3, 4, "BKM112", message, Level.ERROR, anchor=anchor)
    return line_text(finding, docs_url)


def test_code_message_link() -> None:
    message = "users() waits: load_users (svc.py:30) > requests.get (db.py:14); await asyncio.to_thread(users)"
    assert text(message) == f"BKM112 {message} {PAGES}#requests"


def test_no_anchor() -> None:
    assert text("it waits", anchor="") == f"BKM112 it waits {PAGES}"


HOPS = [f"load_part_{n} (module_{n}.py:{n})" for n in range(1, 10)]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        # The middle of the chain goes first: where it starts and its cause stay.
        (
            f"users() waits: {' > '.join(HOPS)}; await anyio.sleep(1000)",
            f"users() waits: {HOPS[0]} > {HOPS[1]} > ... > {HOPS[7]} > {HOPS[8]}; await anyio.sleep(1000)",
        ),
        (
            f"users() waits on the network: {' > '.join(HOPS[:3])}; await asyncio.to_thread(users)",
            f"users() waits on the network: {' > '.join(HOPS[:3])}; await asyncio.to_thread(users)",
        ),
        # Then the second choice, then the advice.
        (
            f"users() waits: {HOPS[0]} > {HOPS[1]}; await {'a' * 60}.b(users) or {'c' * 60}.d(users)",
            f"users() waits: {HOPS[0]} > {HOPS[1]}; await {'a' * 60}.b(users)",
        ),
        (f"users() waits: {HOPS[0]} > {HOPS[1]}; await {'a' * 160}", f"users() waits: {HOPS[0]} > {HOPS[1]}"),
        (f"users() waits; await {'a' * 200}", "users() waits"),
        # What follows the advice stays longer than the advice.
        (
            f"users() waits: {HOPS[0]} > {HOPS[1]}; await {'a' * 90}.b(users) or c(users); and 7 more",
            f"users() waits: {HOPS[0]} > {HOPS[1]}; and 7 more",
        ),
        # Then the chain; a name in the effect that is too long by itself is cut.
        (f"users() waits: {'a' * 200} > {HOPS[1]}; do it", "users() waits"),
        (f"{'u' * 300} waits", "u" * 181 + "..."),
    ],
)
def test_what_gives_way_first(message: str, expected: str) -> None:
    assert text(message, SHORT) == f"BKM112 {expected} x:BKM112"


@given(
    effect=st.text(min_size=1, max_size=40),
    hops=st.lists(st.text(max_size=30), max_size=12),
    advice=st.text(max_size=120),
    anchor=st.from_regex(r"[a-z0-9-]{0,30}", fullmatch=True),
)
def test_any_message_gives_one_short_printable_line(effect: str, hops: list[str], advice: str, anchor: str) -> None:
    line = text(f"{effect}: {' > '.join(hops)}; {advice}", anchor=anchor)
    assert len(line) <= LIMIT
    assert line.isprintable()
    assert line.endswith(page_link("BKM112", anchor))
    line.encode("utf-8")


def test_lone_surrogates_are_spelled_out() -> None:
    assert text("open('\ud800') waits", SHORT) == "BKM112 open('\\ud800') waits x:BKM112"


@pytest.mark.parametrize(
    ("docs_url", "expected"),
    [
        ("https://wiki.example/async", "https://wiki.example/async/rules/BKM101/#time-sleep"),
        ("https://wiki.example/async/", "https://wiki.example/async/rules/BKM101/#time-sleep"),
        ("https://wiki.example/{code}.html#{anchor}", "https://wiki.example/BKM101.html#time-sleep"),
        ("https://wiki.example/?page={code}", "https://wiki.example/?page=BKM101"),
        ("https://wiki.example/{team}/{code}", "https://wiki.example/{team}/BKM101"),
    ],
)
def test_docs_url(docs_url: str, expected: str) -> None:
    assert page_link("BKM101", "time-sleep", docs_url) == expected


def test_no_empty_fragment() -> None:
    assert page_link("BKM101", "", "https://wiki.example/{code}.html#{anchor}") == "https://wiki.example/BKM101.html"


def test_local_links_lead_to_a_page_on_this_disk() -> None:
    address, _, anchor = page_link("BKM101", "time-sleep", "local").partition("#")
    assert anchor == "time-sleep"
    assert Path(address.removeprefix("file://")).read_text().count("BKM101") > 0
