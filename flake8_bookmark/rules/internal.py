"""BKM900: about the tool itself."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.finding import Finding
from flake8_bookmark.rules.model import Subject


def fault(subject: Subject) -> Iterator[Finding]:
    """The pipeline reports its own faults; there is nothing to look for in a function."""
    return iter(())
