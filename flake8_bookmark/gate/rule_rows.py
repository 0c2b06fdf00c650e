"""What the gate says of the rules, kept in the store: where all findings are known, no rule need be imported."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple

from flake8_bookmark.project.store import digest_of, open_store

RECORD = digest_of(b"rules")
"""The record's name; the store keeps the records of each version of this tool apart."""


class RuleRow(NamedTuple):
    """A rule as reports show it; `title` is the first line of its page."""

    code: str
    slug: str
    level: str
    title: str


@lru_cache(maxsize=8)
def rule_rows(cache_dir: str) -> tuple[RuleRow, ...]:
    """Return all rules in the order of their codes; `cache_dir` as in the settings."""
    store = open_store(cache_dir)
    record = store.get("rules", RECORD)
    if record is not None:
        return tuple(RuleRow(*row) for row in json.loads(record))
    from flake8_bookmark.pages import explanation
    from flake8_bookmark.rules import ALL

    rows = tuple(RuleRow(r.code, r.slug, r.level.word, explanation(r).partition("\n")[0]) for r in ALL)
    store.put("rules", RECORD, json.dumps(rows).encode())
    return rows
