"""Reads the commands that a GitHub workflow's step prints, as the runner does.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import re

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def annotations(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as the runner does: percent signs last."""
    found = []
    for line in text.splitlines():
        if match := COMMAND.fullmatch(line):
            given = dict(part.split("=", 1) for part in match[2].split(","))
            found.append((match[1], {k: plain(v) for k, v in given.items()}, plain(match[3])))
    return found


def plain(text: str) -> str:
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text
