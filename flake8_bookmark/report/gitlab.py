"""The report for GitLab's Code Quality: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from __future__ import annotations

import json

from flake8_bookmark.report.model import Report, Reported, Style
from flake8_bookmark.report.text import printable

SEVERITIES = {"error": "major", "warning": "minor", "hint": "info"}


def render(report: Report, style: Style) -> str:
    return json.dumps([described(reported) for reported in report.found], indent=1) + "\n"


def described(reported: Reported) -> dict[str, object]:
    finding = reported.finding
    return {
        "description": f"{finding.code} {printable(finding.message)} {reported.link}".rstrip(),
        "check_name": finding.code,
        "fingerprint": reported.fingerprint,
        "severity": SEVERITIES[finding.level.word],
        "location": {"path": finding.path, "lines": {"begin": finding.line}},
    }
