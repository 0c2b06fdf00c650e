"""The report as SARIF 2.1.0, as strict as code scanning on GitHub wants it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from flake8_bookmark.finding import Level
from flake8_bookmark.report.model import Report, Reported, RuleInfo, Style
from flake8_bookmark.report.text import printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "hint": "note"}
# What code scanning makes of a rule's precision: higher ones are shown first.
PRECISION = {"error": "very-high", "warning": "high", "hint": "medium"}
ROOT = "%SRCROOT%"


def render(report: Report, style: Style) -> str:
    numbers = {rule.code: number for number, rule in enumerate(report.rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "flake8-bookmark",
                "version": report.version,
                "informationUri": "https://flake8-bookmark.readthedocs.io/",
                "rules": [rule_object(rule, report) for rule in report.rules],
            }
        },
        "automationDetails": {"id": "flake8-bookmark/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(report)],
        "results": [result(reported, numbers) for reported in report.found],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def rule_object(rule: RuleInfo, report: Report) -> dict[str, Any]:
    page = report.page_of(rule.code)
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        **({"helpUri": rule.link} if rule.link.startswith("http") else {}),
        "help": {"text": f"{rule.summary}\n{rule.link}", "markdown": page or rule.summary},
        "defaultConfiguration": {"level": LEVELS[rule.level]},
        "properties": {"tags": ["async", "event-loop"], "precision": PRECISION[rule.level]},
    }


def invocation(report: Report) -> dict[str, Any]:
    """Return whether all files were checked; those that were not make the run a failed one."""
    if not report.faults:
        return {"executionSuccessful": True}
    notes = [
        {"level": "error", "message": {"text": fault.text}, "locations": [location(fault.path, fault.line, 1)]}
        for fault in report.faults
    ]
    return {"executionSuccessful": False, "toolExecutionNotifications": notes}


def result(reported: Reported, numbers: dict[str, int]) -> dict[str, Any]:
    finding = reported.finding
    here = location(finding.path, finding.line, reported.column)
    if finding.qualname:
        here["logicalLocations"] = [{"fullyQualifiedName": finding.qualname, "kind": "function"}]
    found: dict[str, Any] = {
        "ruleId": finding.code,
        **({"ruleIndex": numbers[finding.code]} if finding.code in numbers else {}),
        "level": LEVELS[Level(finding.level).word],
        "message": {"text": printable(finding.message)},
        "locations": [here],
        "partialFingerprints": {"bookmarkKey/v1": reported.fingerprint},
    }
    if finding.trace:
        found["codeFlows"] = [{"threadFlows": [{"locations": steps(reported)}]}]
        found["relatedLocations"] = [step["location"] for step in steps(reported)[1:]]
    return found


def steps(reported: Reported) -> list[dict[str, Any]]:
    """Return the way from the finding to its cause."""
    finding = reported.finding
    places = [(printable(reported.effect), finding.path, finding.line, reported.column)]
    places += [(f"calls {printable(hop.name)}", hop.path, hop.line, 1) for hop in finding.trace]
    return [
        {"location": {**location(path, line, column), "message": {"text": text}}} for text, path, line, column in places
    ]


def location(path: str, line: int, column: int) -> dict[str, Any]:
    region = {"startLine": max(line, 1), "startColumn": max(column, 1)}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path.encode("utf-8", "surrogateescape")), "uriBaseId": ROOT},
            "region": region,
        }
    }
