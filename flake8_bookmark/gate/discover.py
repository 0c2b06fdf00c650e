"""Which files to check: flake8's rules, and nothing that git ignores.

flake8 walks into whatever it isn't told to leave out. Here, folders that git ignores, virtual environments and
`node_modules` are left out as well, unless they are named on the command line.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence

from flake8.utils import fnmatch, matches_filename

from flake8_bookmark.options import OptionsError

LOG = logging.getLogger(__name__)
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
        for name in files_below(path, exclude, patterns, closed):
            found.setdefault(os.path.abspath(name), os.path.normpath(name))
    return sorted(found.values())


def files_below(
    path: str, exclude: Sequence[str], patterns: Sequence[str], closed: Closed | None = None
) -> Iterator[str]:
    """Yield the files of one argument; a file that is named is checked whatever its name."""
    if is_excluded(path, exclude):
        return
    if not os.path.isdir(path):
        yield path
        return
    ignored = git_ignored(path)
    for folder, inner, names in os.walk(path, onerror=closed):
        inner[:] = [
            name
            for name in sorted(inner)
            if not is_excluded(os.path.join(folder, name), exclude)
            and os.path.join(folder, name) not in ignored
            and name not in FOREIGN
            and not os.path.exists(os.path.join(folder, name, ENVIRONMENT_MARK))
        ]
        for name in names:
            joined = os.path.join(folder, name)
            if fnmatch(joined, patterns) and joined not in ignored and not is_excluded(joined, exclude):
                yield joined


def is_excluded(path: str, exclude: Sequence[str]) -> bool:
    return bool(matches_filename(path, patterns=exclude, log_message='"%(path)s" is %(whether)sexcluded', logger=LOG))


def is_wanted(name: str, exclude: Sequence[str], patterns: Sequence[str]) -> bool:
    """Tell whether a file that need not exist would be found below the working directory."""
    parts = name.replace("\\", "/").split("/")
    folders = ["/".join(parts[:count]) for count in range(1, len(parts))]
    if any(part in FOREIGN for part in parts[:-1]) or any(is_excluded(folder, exclude) for folder in folders):
        return False
    return bool(fnmatch(name, patterns)) and not is_excluded(name, exclude)


def git_ignored(folder: str) -> frozenset[str]:
    """Return what the project's .gitignore files leave out below a folder; nothing without git or a repository.

    Only the files of the repository count, not those of whoever runs this.
    """
    command = ["git", "-C", folder, "ls-files", "-z", "--others", "--ignored", "--directory"]
    try:
        done = subprocess.run([*command, "--exclude-per-directory=.gitignore"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return frozenset()
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return frozenset(os.path.join(folder, name.rstrip("/")) for name in names if name)
