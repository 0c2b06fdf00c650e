"""The report for reviewdog: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf. Its columns count bytes."""

from __future__ import annotations

import json

from flake8_bookmark.report.model import Report, Reported, Style
from flake8_bookmark.report.text import printable

SEVERITIES = {"error": "ERROR", "warning": "WARNING", "hint": "INFO"}


def render(report: Report, style: Style) -> str:
    found = {
        "source": {"name": "flake8-bookmark", "url": "https://flake8-bookmark.readthedocs.io/"},
        "diagnostics": [described(reported) for reported in report.found],
    }
    return json.dumps(found, indent=1) + "\n"


def described(reported: Reported) -> dict[str, object]:
    finding = reported.finding
    return {
        "message": printable(finding.message),
        "location": {
            "path": finding.path,
            "range": {"start": {"line": finding.line, "column": finding.column + 1}},
        },
        "severity": SEVERITIES[finding.level.word],
        "code": {"value": finding.code, "url": reported.link},
    }
