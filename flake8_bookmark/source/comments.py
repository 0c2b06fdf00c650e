"""Comments that speak to flake8-bookmark: `# bkm: nonblocking the cache is warm`."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

MARK = re.compile(r"#\s*bkm:\s*([a-z]+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """One such comment; `stands_alone` says that there is nothing else on its line."""

    word: str
    line: int
    stands_alone: bool


def read_marks(text: str) -> dict[int, Mark]:
    """Return such comments by line, those inside strings left out; empty for text without any.

    https://docs.python.org/3/library/tokenize.html
    """
    if MARK.search(text) is None:
        return {}
    found: dict[int, Mark] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            mark = MARK.match(token.string) if token.type == tokenize.COMMENT else None
            if mark is not None:
                alone = not token.line[: token.start[1]].strip()
                found[token.start[0]] = Mark(mark[1], token.start[0], alone)
    except (tokenize.TokenError, SyntaxError):
        pass  # what was read so far counts
    return found
