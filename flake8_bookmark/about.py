"""What the installed package says of itself, read without a parser for mail."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

NAME = "flake8-bookmark"


@cache
def said_of_itself() -> tuple[tuple[str, str], ...]:
    """Return the fields of the package's metadata; none if this code runs without being installed.

    They are lines at the beginning of a file (https://packaging.python.org/en/latest/specifications/core-metadata/).
    """
    try:
        text = distribution(NAME).read_text("METADATA") or distribution(NAME).read_text("PKG-INFO") or ""
    except PackageNotFoundError:
        return ()
    fields = (line.partition(": ") for line in text.partition("\n\n")[0].splitlines())
    return tuple((name, value.strip()) for name, mark, value in fields if mark)


def version() -> str:
    """Return the version of the package; empty where that is not known."""
    return next((value for name, value in said_of_itself() if name == "Version"), "")


def documentation() -> str:
    """Return the address of the documentation; empty where that is not known."""
    addresses = (value.partition(",") for name, value in said_of_itself() if name == "Project-URL")
    return next((address.strip() for label, _, address in addresses if label.strip() == "Documentation"), "")
