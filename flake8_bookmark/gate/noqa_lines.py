"""Which text flake8 searches for `# noqa` on behalf of a line: all lines of the statement or text that it is part of.

To know that, flake8 splits the whole file into tokens. What it said of a file's text is kept in the store.
"""

from __future__ import annotations

import json

import flake8

from flake8_bookmark.gate.waivers import NoqaLine
from flake8_bookmark.project.store import Store, digest_of

KIND = "noqa"


class KnownLines:
    """Answers as `noqa_line_for` does, for one text; `keep` writes down what was asked."""

    def __init__(self, text: str, ask: NoqaLine, store: Store) -> None:
        self._ask = ask
        self._store = store
        self._digest = digest_of(flake8.__version__.encode(), text.encode("utf-8", "surrogatepass"))
        record = store.get(KIND, self._digest)
        self._known: dict[str, str | None] = json.loads(record) if record is not None else {}
        self._before = len(self._known)

    def __call__(self, line: int) -> str | None:
        key = str(line)
        if key not in self._known:
            self._known[key] = self._ask(line)
        return self._known[key]

    def keep(self) -> None:
        if len(self._known) > self._before:
            self._store.put(KIND, self._digest, json.dumps(self._known).encode())
