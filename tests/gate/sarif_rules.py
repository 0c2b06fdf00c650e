"""What SARIF's schema and code scanning require of the parts that we write, as complaints about a report.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
(with its limits). The official schema is checked as well where `SARIF_SCHEMA` names its file and jsonschema is there.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

MOST_BYTES = 10 * 1024 * 1024
MOST_RESULTS, MOST_STEPS, MOST_LOCATIONS, MOST_TAGS = 25_000, 1_000, 100, 10
LONGEST_DESCRIPTION, LONGEST_NAME = 1024, 255
LEVELS = ("error", "warning", "note")


def complaints(log: dict[str, Any]) -> list[str]:
    return [*by_schema(log), *by_code_scanning(log)]


def by_schema(log: dict[str, Any]) -> Iterator[str]:
    """Yield what the official schema says; nothing where it is not at hand."""
    path = os.environ.get("SARIF_SCHEMA")
    if path:
        import jsonschema

        schema = json.loads(Path(path).read_text())
        for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(log):
            yield f"schema: {error.json_path}: {error.message[:200]}"


def by_code_scanning(log: dict[str, Any]) -> Iterator[str]:
    if len(gzip.compress(json.dumps(log).encode())) > MOST_BYTES:
        yield "the file is too large"
    if log["version"] != "2.1.0" or len(log["runs"]) != 1:
        yield "not one run of SARIF 2.1.0"
    (run,) = log["runs"]
    if not re.fullmatch(r"[\w-]+/", run["automationDetails"]["id"]):
        yield "automationDetails.id is no category"
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        yield from (f"{rule['id']}: {text}" for text in about_rule(rule))
    results = run["results"]
    if len(results) > MOST_RESULTS:
        yield f"{len(results)} results"
    fingerprints = [json.dumps(result["partialFingerprints"]) for result in results]
    if len(set(fingerprints)) != len(fingerprints):
        yield "two results have one fingerprint"
    for result in results:
        yield from (f"{place_of(result)} {result['ruleId']}: {text}" for text in about_result(result, rules))


def about_rule(rule: dict[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[A-Z]+\d+", rule["id"]) or not re.fullmatch(r"[A-Z][A-Za-z0-9]+", rule["name"]):
        yield "bad id or name"
    for name in ("shortDescription", "fullDescription"):
        if not 0 < len(rule[name]["text"]) <= LONGEST_DESCRIPTION:
            yield f"{name} is empty or too long"
    if not rule["help"]["text"] or not rule["help"]["markdown"].startswith("# "):
        yield "no help, or no page as Markdown"
    if rule["defaultConfiguration"]["level"] not in LEVELS or len(rule["name"]) > LONGEST_NAME:
        yield "bad level, or too long a name"
    if len(rule["properties"]["tags"]) > MOST_TAGS:
        yield "too many tags"
    if rule["properties"]["precision"] not in ("very-high", "high", "medium", "low"):
        yield "unknown precision"


def about_result(result: dict[str, Any], rules: list[dict[str, Any]]) -> Iterator[str]:
    if not result["message"]["text"] or result["level"] not in LEVELS:
        yield "no message, or a bad level"
    if "ruleIndex" in result and rules[result["ruleIndex"]]["id"] != result["ruleId"]:
        yield "the rule's index leads to another rule"
    threads = [thread for flow in result.get("codeFlows", ()) for thread in flow["threadFlows"]]
    steps = [step["location"] for thread in threads for step in thread["locations"]]
    if not all(thread["locations"] for thread in threads) or len(steps) > MOST_STEPS:
        yield "a flow without steps, or with too many"
    if not 0 < len(result["locations"]) <= MOST_LOCATIONS or len(result.get("relatedLocations", ())) > MOST_LOCATIONS:
        yield "no location, or too many"
    for location in [*result["locations"], *steps, *result.get("relatedLocations", ())]:
        yield from about_location(location["physicalLocation"])


def about_location(place: dict[str, Any]) -> Iterator[str]:
    uri = place["artifactLocation"]["uri"]
    if not re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=@%/-]+", uri) or uri.startswith("/") or ".." in uri.split("/"):
        yield f"{uri} is not relative to the root, or not escaped"
    region = place["region"]
    if min(region["startLine"], region["startColumn"]) < 1:
        yield "lines and columns begin at 1"


def place_of(result: dict[str, Any]) -> str:
    """Return path and line of a result."""
    place = result["locations"][0]["physicalLocation"]
    return f"{unquote(place['artifactLocation']['uri'])}:{place['region']['startLine']}"
