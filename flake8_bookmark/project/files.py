"""Files on disk: their bytes and texts, and the project that they belong to."""

from __future__ import annotations

import io
import os
import tokenize
from codecs import BOM_UTF8
from functools import lru_cache

from flake8_bookmark.project.layout import find_root

LARGEST_FILE = 4_000_000
"""Bytes; a larger module is data, and is not followed."""


def read_bytes(path: str) -> bytes | None:
    """Return the bytes of a file on disk; None for one that can't be read, or is too large to be code."""
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            return None
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def decoded(data: bytes) -> str | None:
    """Return the text of a file, decoded by PEP 263, lines ended by newlines; None if that can't be done."""
    try:
        if _is_plain(data):
            return data.decode()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except (SyntaxError, ValueError, LookupError):
        return None


def _is_plain(data: bytes) -> bool:
    """Tell whether the lines of a file end as ours do, and nothing speaks of its encoding: most files."""
    return b"\r" not in data and not data.startswith(BOM_UTF8) and b"coding" not in b"".join(data.split(b"\n", 2)[:2])


def read_text(path: str) -> str | None:
    """Return the text of a file on disk; None if it can't be read or decoded."""
    data = read_bytes(path)
    return decoded(data) if data is not None else None


def locate(path: str) -> tuple[str, str] | None:
    """Return the root of the project that a path belongs to, and the path below it, with forward slashes."""
    folder, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(folder):
        return None
    root, inside = _root_of(folder)
    return root, f"{inside}/{name}" if inside else name


def root_of(folder: str) -> str:
    """Return the root of the project that a folder belongs to, given by its absolute path."""
    return _root_of(folder)[0]


def below_root(folder: str) -> tuple[str, str]:
    """Return the root around a folder, given by its absolute path, and the folder's path below it; empty for itself."""
    return _root_of(folder)


@lru_cache(maxsize=1)
def is_on_disk(path: str, text: str) -> bool:
    """Tell whether a text is that of the file, and not one that an editor holds."""
    return read_text(path) == text


@lru_cache(maxsize=4096)
def _root_of(folder: str) -> tuple[str, str]:
    """Return the root around a folder, and the folder's path below it; empty for the root itself."""
    root = find_root(folder)
    inside = os.path.relpath(folder, root).replace(os.sep, "/")
    return root, "" if inside == "." else inside
