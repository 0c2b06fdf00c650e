"""Where a run's text goes: standard output, or a file that is never left half-written."""

from __future__ import annotations

import os
import stat
import tempfile

from flake8_bookmark.options import OptionsError


class WriteFailed(Exception):
    """What was to be written could not be, though its place was right; the text says why."""


def write_file(path: str, text: str) -> None:
    """Write a whole file or leave it as it is: whoever reads it meets the old text or the new one."""
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        write_through(path, text)
        return
    temporary = ""
    try:
        number, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=folder)
        with open(number, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, permissions(path))
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        if not temporary:
            raise OptionsError(f"{path}: {error.strerror or error}") from error
        raise WriteFailed(f"{path}: {error.strerror or error}") from error


def write_through(path: str, text: str) -> None:
    """Write to what is no regular file: a device, a pipe."""
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise WriteFailed(f"{path}: {error.strerror or error}") from error


def append_file(path: str, text: str) -> None:
    """Write behind what is in a file already."""
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise WriteFailed(f"{path}: {error.strerror or error}") from error


def permissions(path: str) -> int:
    """Return the mode that the file has, or that a new one would get."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
