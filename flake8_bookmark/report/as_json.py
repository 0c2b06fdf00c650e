"""The report as JSON; docs/check-json.md describes it, and `version` changes when a field changes its meaning."""

from __future__ import annotations

import json

from flake8_bookmark.report.model import Report, Reported, Style

FORMAT_VERSION = 1


def render(report: Report, style: Style) -> str:
    names = {rule.code: rule.slug for rule in report.rules}
    found = {
        "version": FORMAT_VERSION,
        "tool": {"name": "flake8-bookmark", "version": report.version},
        "summary": {
            "files": report.files,
            "findings": len(report.found),
            "levels": dict(report.by_level),
            "codes": dict(report.by_code),
            "waived": report.waived,
            "accepted": report.accepted,
            "older": report.older,
            "stale": list(report.stale),
        },
        "findings": [described(reported, names) for reported in report.found],
        "causes": [{"name": c.name, "path": c.path, "line": c.line, "findings": c.sites} for c in report.causes],
        "faults": [{"path": fault.path, "line": fault.line, "text": fault.text} for fault in report.faults],
    }
    return json.dumps(found, indent=2) + "\n"


def described(reported: Reported, names: dict[str, str]) -> dict[str, object]:
    """Return one finding. All lines and columns count from 1; columns count characters."""
    finding = reported.finding
    return {
        "path": finding.path,
        "line": finding.line,
        "column": reported.column,
        "code": finding.code,
        "name": names.get(finding.code, ""),
        "level": finding.level.word,
        "message": finding.message,
        "effect": reported.effect,
        "function": finding.qualname,
        "source": reported.source,
        "chain": [{"name": hop.name, "path": hop.path, "line": hop.line} for hop in finding.trace],
        "link": reported.link,
        "fingerprint": reported.fingerprint,
    }
