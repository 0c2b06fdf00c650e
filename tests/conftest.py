"""Prints what the oracle tests have counted; xdist's workers send their counts along with the reports."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests away from the cache of whoever runs them; child processes see it, too."""
    os.environ["XDG_CACHE_HOME"] = os.environ["LOCALAPPDATA"] = str(tmp_path_factory.mktemp("cache"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    counts: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name.startswith("count: ") and getattr(report, "when", "") == "call":
                    counts[name.removeprefix("count: ")] += value
    if counts:
        terminalreporter.section("compared with CPython")
        for name, value in sorted(counts.items()):
            terminalreporter.write_line(f"{value:6} {name}")


def pytest_addoption(parser: Any) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the pictures in tests/draw/cases.md")
