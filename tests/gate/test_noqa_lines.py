"""A run over what nothing has changed in does not split files into tokens again, and accepts the same findings."""

from __future__ import annotations

from pathlib import Path

import pytest
from flake8.processor import FileProcessor

from tests.gate.project import concise

MANY_LINES = '''import os


async def main():
    os.system("""
        make
    """)  # noqa: BKM104
    os.system("make")
'''


def test_comments_of_many_lines_hold_in_the_second_run_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_text(MANY_LINES)
    cache = f"--bkm-cache-dir={tmp_path / 'cache'}"
    first = concise(cache, "app.py", folder=tmp_path)
    assert first.places == ["app.py:8 BKM104"]

    def refuse(self: FileProcessor) -> None:
        raise AssertionError("the tokens were asked for")

    monkeypatch.setattr(FileProcessor, "file_tokens", property(refuse))
    assert concise(cache, "app.py", folder=tmp_path) == first


def test_a_changed_comment_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(MANY_LINES)
    cache = f"--bkm-cache-dir={tmp_path / 'cache'}"
    concise(cache, "app.py", folder=tmp_path)
    (tmp_path / "app.py").write_text(MANY_LINES.replace("BKM104", "BKM105"))
    assert concise(cache, "app.py", folder=tmp_path).places == ["app.py:5 BKM104", "app.py:8 BKM104"]
