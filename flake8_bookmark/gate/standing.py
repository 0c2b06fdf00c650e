"""What stands of a file's findings once comments and the baseline have had their say: for the plugin, file by file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from flake8_bookmark.check import fold_causes
from flake8_bookmark.finding import Finding
from flake8_bookmark.gate.baseline import shared_baseline
from flake8_bookmark.gate.idle_marks import idle_marks
from flake8_bookmark.gate.keys import keys_of
from flake8_bookmark.gate.unused import unused_waivers
from flake8_bookmark.gate.waivers import NoqaLine, split_waived
from flake8_bookmark.options import Options, home_of


@lru_cache(maxsize=1)
def home_here(folder: str) -> str:
    return str(home_of(Path(folder)))


def standing(
    found: Sequence[Finding], path: str, lines: Sequence[str], options: Options, noqa_line_for: NoqaLine | None
) -> list[Finding]:
    """Return what flake8 is to hear of a file.

    flake8 has the last word on comments, so what they accept is among it. But it must not stand for other sites of
    the same cause, nor use up entries of the baseline.
    """
    waived: list[Finding] = []
    standing = [*found, *(idle_marks(path, lines, options) if options.hints else ())]
    if noqa_line_for is not None:
        if options.hints:
            standing += unused_waivers(standing, path, lines, noqa_line_for)
        standing, waived = split_waived(standing, noqa_line_for)
    home = home_here(os.getcwd())
    known = shared_baseline(options, home)
    if known is not None and standing:
        place = os.path.relpath(os.path.abspath(path), home).replace(os.sep, "/")
        accepted = known.accepts(keys_of(standing, place, lines))
        standing = [finding for finding, entry in zip(standing, accepted, strict=True) if entry is None]
    return fold_causes(standing) + waived
