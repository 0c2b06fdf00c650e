"""flake8's face: settings in, one scan of the text, findings out as flake8's tuples.

flake8 imports this module in every process, for every run, and hands over each file with its tree already
built. So nothing else is imported until a file turns up that can suspend at all. A worker started by spawn or
forkserver parses the options again, so they may come from `parse_options` only. An exception that leaves
`run` would end flake8's whole run, with no findings for any file: whatever goes wrong inside becomes one
BKM900 for that file.
"""

from __future__ import annotations

import ast
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from flake8_bookmark.options import DEFAULT_BASELINE, SETTINGS, Options, build_options, home_of, option_arguments

if TYPE_CHECKING:
    from argparse import Namespace

    from flake8.options.manager import OptionManager

    from flake8_bookmark.finding import Finding
    from flake8_bookmark.gate.waivers import NoqaLine

# A child of flake8's own logger, so that `flake8 -v` shows the traceback behind a BKM900.
LOG = logging.getLogger("flake8.bookmark")

Row = tuple[int, int, str, "type[Plugin]"]


class Plugin:
    """One file under flake8."""

    options: ClassVar[Options] = Options()
    regards_waivers: ClassVar[bool] = True

    def __init__(
        self, tree: ast.Module, filename: str, lines: list[str], noqa_line_for: NoqaLine | None = None
    ) -> None:
        """Take what flake8 hands over by these names.

        `noqa_line_for` says in which text flake8 searches for the `# noqa` of a line; without it, no line is waived
        here. https://github.com/PyCQA/flake8/blob/7.0.0/src/flake8/processor.py
        """
        self.tree = tree
        self.filename = filename
        self.lines = lines
        self.noqa_line_for = noqa_line_for

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        for setting in SETTINGS:
            manager.add_option(f"--{setting.key}", **option_arguments(setting))

    @classmethod
    def parse_options(cls, manager: OptionManager, options: Namespace, arguments: object = None) -> None:
        """Take the settings over. An ExecutionError is what flake8 shows as a clean message.

        flake8 calls again with other arguments when a TypeError comes out, which would hide the cause:
        https://github.com/PyCQA/flake8/blob/7.0.0/src/flake8/options/parse_args.py
        """
        try:
            given = {setting.key: getattr(options, f"bkm_{setting.attribute}") for setting in SETTINGS}
            cls.options = build_options(given, Path.cwd())
            cls.regards_waivers = not options.disable_noqa
            home = home_of(Path.cwd())
            if os.path.exists(home / (cls.options.baseline or DEFAULT_BASELINE)):
                from flake8_bookmark.gate.baseline import shared_baseline

                shared_baseline(cls.options, str(home))
        except Exception as error:
            from flake8.exceptions import ExecutionError

            raise ExecutionError(f"flake8-bookmark: {error}") from error

    def run(self) -> Iterator[Row]:
        """Yield flake8's rows. It must stay a generator: flake8 calls `run` inside `except AttributeError`.
        """
        try:
            rows = [self.row(finding) for finding in self.findings()]
        except Exception as error:
            LOG.error("flake8-bookmark failed on %s", self.filename, exc_info=True)
            from flake8_bookmark.finding import fault

            rows = [self.row(fault(self.filename, error))]
        yield from rows

    def findings(self) -> list[Finding]:
        text = "".join(self.lines)
        from flake8_bookmark.source.words import may_suspend

        if not may_suspend(text) and not (self.options.hints and may_speak_to_us(text)):
            return []
        from flake8_bookmark.check import find_sites

        path = os.path.normpath(self.filename)
        found = find_sites(path, text, self.tree, self.options)
        if not found and not self.options.hints:
            return []
        from flake8_bookmark.gate.standing import standing

        noqa_line_for = self.noqa_line_for if self.regards_waivers else None
        return standing(found, path, self.lines, self.options, noqa_line_for)

    def row(self, finding: Finding) -> Row:
        from flake8_bookmark.report.text import line_text

        return finding.line, finding.column, line_text(finding, self.options.docs_url), type(self)


def may_speak_to_us(text: str) -> bool:
    """Tell whether a text may hold a comment about our codes, or one of our own."""
    return "bkm:" in text or ("noqa" in text and "BKM" in text)
