"""What a finding is called for longer than its line number holds: its key.

A key is the file, the code, the function, the call without its arguments, and the cause. It stays the same when code is
reformatted or moved within its function, when lines come and go above it, and when arguments change. Two findings of
one function may have the same key; then their number counts.
"""

from __future__ import annotations

import ast
import hashlib
import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flake8_bookmark.finding import Finding

LONGEST_TEXT = 120


class Key(NamedTuple):
    """The identity of a finding, apart from how many there are of it."""

    path: str
    code: str
    qualname: str
    call: str
    leaf: str

    def moved(self, path: str) -> Key:
        return self._replace(path=path)


def keys_of(found: Iterable[Finding], path: str, lines: Sequence[str]) -> list[Key]:
    """Return the keys of a file's findings; `path` is the file's path below the project's home."""
    return [
        Key(path, f.code, f.qualname, call_text(f.node_key, lines), f.trace[-1].name if f.trace else f.anchor)
        for f in found
    ]


def call_text(site: tuple[int, int, int, int], lines: Sequence[str]) -> str:
    """Return the code at a site without arguments, operands of a statement's head included, in one way of writing."""
    segment = segment_of(site, lines)
    for form in (f"({segment}\n)", textwrap.dedent(segment)):
        try:
            body = ast.parse(form).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if len(body) == 1:
            return bounded(head_of(body[0]))
    return bounded(" ".join(segment.split()))


def segment_of(site: tuple[int, int, int, int], lines: Sequence[str]) -> str:
    """Return the text between two places; columns count UTF-8 bytes, as `ast` does."""
    line, column, end_line, end_column = site
    if not 0 < line <= end_line <= len(lines):
        return ""
    found = [text.encode("utf-8", "surrogatepass") for text in lines[line - 1 : end_line]]
    found[-1] = found[-1][:end_column]
    found[0] = found[0][column:]
    return b"".join(found).decode("utf-8", "replace")


def head_of(node: ast.stmt) -> str:
    """Return an expression with its calls' arguments left out, or the first line of a statement."""
    for call in [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]:
        call.args, call.keywords = [], []
    if hasattr(node, "body"):
        node.body = [ast.Pass()]
    return ast.unparse(node).partition("\n")[0]


def bounded(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."


def ordinals(keys: Iterable[Key]) -> list[int]:
    """Return for each key how many of its kind stand before it."""
    seen: Counter[Key] = Counter()
    out = []
    for key in keys:
        out.append(seen[key])
        seen[key] += 1
    return out


def fingerprint(key: Key, ordinal: int) -> str:
    """Return a short name for the n-th finding of a key, for services that follow findings over time."""
    text = json.dumps([*key, ordinal], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
