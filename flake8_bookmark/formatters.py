"""flake8's `--format=sarif`, `github` and `gitlab`: what all its plugins found, in the forms that services read.

flake8 imports every formatter that is installed, in every run; so nothing else is imported before there is something to
write. A formatter gets text only: a chain stays part of its message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flake8.formatting.base import BaseFormatter

if TYPE_CHECKING:
    from flake8.violation import Violation

    from flake8_bookmark.report.model import Report, Reported


class ReportFormatter(BaseFormatter):  # type: ignore[misc]
    """Collects what flake8 reports, and writes it all at the end."""

    form: ClassVar[str]

    def after_init(self) -> None:
        self.collected: list[Violation] = []

    def handle(self, error: Violation) -> None:
        self.collected.append(error)

    def stop(self) -> None:
        from flake8_bookmark.report.formats import render
        from flake8_bookmark.report.model import Style

        self._write(render(self.form, self.report(), Style()).rstrip("\n"))
        super().stop()

    def report(self) -> Report:
        from flake8_bookmark.about import version
        from flake8_bookmark.gate.checking import rules_of
        from flake8_bookmark.pages import lesson_text
        from flake8_bookmark.report.model import Report

        found = reported(self.collected)
        codes = (entry.finding.code for entry in found)
        rules = rules_of(codes, self.options.bkm_docs_url or "", self.options.bkm_cache_dir or "")
        files = len({violation.filename for violation in self.collected})
        return Report(version() or "0", tuple(found), rules, lesson_text, files)


class Sarif(ReportFormatter):
    form = "sarif"


class Github(ReportFormatter):
    form = "github"


class Gitlab(ReportFormatter):
    form = "gitlab"


def reported(violations: list[Violation]) -> list[Reported]:
    """Return the findings in the order in which flake8 gave them; columns of flake8 count characters or bytes."""
    import os

    from flake8_bookmark.finding import Finding, Level
    from flake8_bookmark.gate.keys import Key, fingerprint, ordinals
    from flake8_bookmark.rules import ALL

    levels = {rule.code: rule.level for rule in ALL}
    findings, keys = [], []
    for violation in violations:
        path = os.path.normpath(violation.filename).replace(os.sep, "/")
        text, link = split_link(violation.text) if violation.code in levels else (violation.text, "")
        level = levels.get(violation.code, Level.WARNING)
        place = (max(violation.line_number, 1), max(violation.column_number - 1, 0))
        findings.append((Finding(path, *place, violation.code, text, level), (violation.physical_line or ""), link))
        keys.append(Key(path, violation.code, "", (violation.physical_line or "").strip(), text))
    numbers = ordinals(keys)
    return [make(*found, fingerprint(key, n)) for found, key, n in zip(findings, keys, numbers, strict=True)]


def make(finding: object, source: str, link: str, name: str) -> Reported:
    from flake8_bookmark.finding import Finding
    from flake8_bookmark.report.model import Reported

    assert isinstance(finding, Finding)
    return Reported(finding, source.rstrip("\n").partition("\n")[0], name, link)


def split_link(text: str) -> tuple[str, str]:
    """Return the message and the link that our own findings end with."""
    message, _, link = text.rpartition(" ")
    return (message, link) if "://" in link else (text, "")
