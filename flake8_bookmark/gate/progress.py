"""A bar on the terminal for runs that take longer than a second; nothing anywhere else."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

PATIENCE = 1.0
WIDTH = 30
ERASE = "\r\x1b[K"


class Progress:
    """Draws on standard error, so that what is piped on stays clean."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._is_wanted = not quiet and self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._start = self._last = time.monotonic()
        self._is_drawn = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._is_wanted or now - self._start < PATIENCE or now - self._last < 0.1:
            return
        self._last, self._is_drawn = now, True
        filled = WIDTH * done // max(total, 1)
        self._stream.write(f"{ERASE}[{'#' * filled}{'.' * (WIDTH - filled)}] {done} of {total} files")
        self._stream.flush()

    def close(self) -> None:
        if self._is_drawn:
            self._stream.write(ERASE)
            self._stream.flush()
