"""The report as JUnit XML, for services that show test results; each finding is a failed test.

There is no standard; these are the elements and attributes that common readers agree on:
https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from flake8_bookmark.report.model import Report, Reported, Style
from flake8_bookmark.report.text import printable


def render(report: Report, style: Style) -> str:
    tests = len(report.found) + len(report.faults) or 1
    counts = attributes(tests=str(tests), failures=str(len(report.found)), errors=str(len(report.faults)))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{counts}>"]
    lines += [f'<testsuite name="flake8-bookmark"{counts}>', *cases(report), "</testsuite>", "</testsuites>"]
    return "\n".join(lines) + "\n"


def cases(report: Report) -> Iterator[str]:
    """Yield a case for each finding and each file that was not checked; one that passes if there is none."""
    for reported in report.found:
        yield from failure(reported)
    for fault in report.faults:
        yield f"<testcase{attributes(classname=fault.path, name='not checked', file=fault.path, line=str(fault.line))}>"
        yield f"<error{attributes(message=printable(fault.text))}/></testcase>"
    if not report.found and not report.faults:
        yield '<testcase classname="flake8-bookmark" name="no findings"/>'


def failure(reported: Reported) -> Iterator[str]:
    finding = reported.finding
    name = f"{finding.code} at {finding.line}:{reported.column}"
    yield f"<testcase{attributes(classname=finding.path, name=name, file=finding.path, line=str(finding.line))}>"
    chain = [f"> {hop.name} ({hop.path}:{hop.line})" for hop in finding.trace]
    text = "\n".join(printable(line) for line in [reported.source.strip(), *chain, reported.link])
    kind = attributes(type=finding.level.word, message=printable(reported.effect))
    yield f"<failure{kind}>{escape(text)}</failure></testcase>"


def attributes(**values: str) -> str:
    return "".join(f" {name}={quoteattr(printable(value))}" for name, value in values.items())
