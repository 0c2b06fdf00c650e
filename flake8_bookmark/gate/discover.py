"""Which files to check: flake8's rules, and nothing that git ignores.

flake8 walks into whatever it isn't told to leave out. Here, folders that git ignores, virtual environments and
`node_modules` are left out as well, unless they are named on the command line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from functools import lru_cache

from flake8_bookmark.options import OptionsError

ENVIRONMENT_MARK = "pyvenv.cfg"
Closed = Callable[[OSError], object]
FOREIGN = frozenset({"node_modules", "site-packages"})


def discover(
    paths: Sequence[str], exclude: Sequence[str], patterns: Sequence[str], closed: Closed | None = None
) -> list[str]:
    """Return the files to check, each once, in order; OptionsError for a path that doesn't exist.

    `closed` is told of each folder that can't be looked into.
    """
    found: dict[str, str] = {}
    for path in paths or ["."]:
        if not os.path.exists(path):
            raise OptionsError(f"{path}: no such file or folder")
        for absolute, name in files_below(path, exclude, patterns, closed):
            found.setdefault(absolute, name)
    return sorted(found.values())


def files_below(
    path: str, exclude: Sequence[str], patterns: Sequence[str], closed: Closed | None = None
) -> Iterator[tuple[str, str]]:
    """Yield the absolute path and the name of each file of one argument; a file that is named is checked anyway."""
    if is_excluded(path, exclude):
        return
    if not os.path.isdir(path):
        yield os.path.abspath(path), os.path.normpath(path)
        return
    ignored = git_ignored(path)
    for folder, inner, names in os.walk(path, onerror=closed):
        absolute, normal = os.path.abspath(folder), os.path.normpath(folder)
        inner[:] = [
            name
            for name in sorted(inner)
            if name not in FOREIGN
            and os.path.join(folder, name) not in ignored
            and not leaves_out(name, os.path.join(absolute, name), exclude)
            and not os.path.exists(os.path.join(folder, name, ENVIRONMENT_MARK))
        ]
        for name in names:
            joined, whole = os.path.join(folder, name), os.path.join(absolute, name)
            if is_like(joined, patterns) and joined not in ignored and not leaves_out(name, whole, exclude):
                yield whole, name if normal == os.curdir else os.path.join(normal, name)


def is_excluded(path: str, exclude: Sequence[str]) -> bool:
    """Tell as flake8 does whether patterns leave a path out: by its name, or by the absolute path.

    https://github.com/PyCQA/flake8/blob/7.0.0/src/flake8/utils.py
    """
    return leaves_out(os.path.basename(path), os.path.abspath(path), exclude)


def leaves_out(name: str, absolute: str, exclude: Sequence[str]) -> bool:
    if not exclude:
        return False
    return (name not in (".", "..") and is_like(name, exclude)) or is_like(absolute, exclude)


def is_like(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether one of the patterns is that of a path; without any, each path is like them."""
    return not patterns or _compiled(tuple(patterns))(os.path.normcase(path)) is not None


@lru_cache(maxsize=16)
def _compiled(patterns: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
    """Return what matches a path against all patterns at once: for thousands of files, one by one takes long."""
    return re.compile("|".join(translate(os.path.normcase(pattern)) for pattern in patterns)).match


def is_wanted(name: str, exclude: Sequence[str], patterns: Sequence[str]) -> bool:
    """Tell whether a file that need not exist would be found below the working directory."""
    parts = name.replace("\\", "/").split("/")
    folders = ["/".join(parts[:count]) for count in range(1, len(parts))]
    if any(part in FOREIGN for part in parts[:-1]) or any(is_excluded(folder, exclude) for folder in folders):
        return False
    return is_like(name, patterns) and not is_excluded(name, exclude)


def git_ignored(folder: str) -> frozenset[str]:
    """Return what the project's .gitignore files leave out below a folder; nothing without git or a repository.

    Only the files of the repository count, not those of whoever runs this.
    """
    if not _has_repository(folder):
        return frozenset()
    import subprocess

    command = ["git", "-C", folder, "ls-files", "-z", "--others", "--ignored", "--directory"]
    try:
        done = subprocess.run([*command, "--exclude-per-directory=.gitignore"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return frozenset()
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return frozenset(os.path.join(folder, name.rstrip("/")) for name in names if name)


def _has_repository(folder: str) -> bool:
    """Tell whether git could find a repository around a folder: to ask it costs a process."""
    if "GIT_DIR" in os.environ:
        return True
    here, inner = os.path.abspath(folder), ""
    while here != inner:
        if os.path.exists(os.path.join(here, ".git")):
            return True
        here, inner = os.path.dirname(here), here
    return False
