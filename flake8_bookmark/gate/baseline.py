"""Findings that are accepted for now, in a file of the project: one line each, sorted, without line numbers.

An entry accepts one finding with its key. Each further line with the same key ends with a number and accepts one more.
An entry of a file that is gone accepts findings of a file with the same name in another folder, or with another name
in the same folder: that is a file that was moved or renamed.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from flake8_bookmark.gate.keys import Key
from flake8_bookmark.gate.output import write_file
from flake8_bookmark.options import DEFAULT_BASELINE, Options, OptionsError

HEADER = (
    "# Findings that flake8-bookmark accepts for now: file, code, function, call, cause.\n"
    "# `flake8-bookmark baseline prune` removes those that are fixed, `baseline write` writes them all anew.\n"
)
CONFLICT_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


class Baseline:
    """What is accepted; `home` is the folder that the paths of the keys are relative to."""

    def __init__(self, path: str, home: str, entries: Counter[Key], follows_moves: bool = True) -> None:
        self.path = path
        self.home = home
        self.entries = entries
        self.follows_moves = follows_moves
        self._by_path: dict[str, Counter[Key]] = {}
        self._gone: list[str] = []
        for key, count in self.entries.items():
            self._by_path.setdefault(key.path, Counter())[key] = count
        if self.follows_moves:
            self._gone.extend(path for path in self._by_path if not os.path.exists(os.path.join(self.home, path)))

    def accepts(self, keys: Sequence[Key]) -> list[Key | None]:
        """Return for each key of one file's findings the entry that accepts it; None for a new finding."""
        if not keys:
            return []
        path = keys[0].path
        left = Counter(self._by_path.get(path, Counter()))
        moved: list[Counter[Key]] = [Counter(self._by_path[gone]) for gone in self._gone if is_like(gone, path)]
        return [self._take(key, left, moved) for key in keys]

    @staticmethod
    def _take(key: Key, left: Counter[Key], moved: list[Counter[Key]]) -> Key | None:
        if left[key]:
            left[key] -= 1
            return key
        for entries in moved:
            for entry in entries:
                if entries[entry] and entry.moved(key.path) == key:
                    entries[entry] -= 1
                    return entry
        return None


def is_like(gone: str, path: str) -> bool:
    """Tell whether a file may be another one under a new name, or in a new place."""
    old, new = PurePosixPath(gone), PurePosixPath(path)
    return old != new and (old.name == new.name or old.parent == new.parent)


# the file -----------------------------------------------------------------------------------------------------------


def baseline_file(options: Options, home: str) -> str:
    """Return the path of the project's baseline, whether it exists or not."""
    return os.path.join(home, options.baseline or DEFAULT_BASELINE)


def open_baseline(options: Options, home: str) -> Baseline | None:
    """Return the project's baseline; None if there is none. OptionsError if it can't be understood."""
    path = baseline_file(options, home)
    return Baseline(path, home, read_entries(path)) if os.path.exists(path) else None


# The plugin asks for each file.
shared_baseline = lru_cache(maxsize=4)(open_baseline)


def read_entries(path: str) -> Counter[Key]:
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OptionsError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return Counter(parsed(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if is_entry(line))


def is_entry(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def parsed(line: str, where: str) -> Key:
    if line.startswith(CONFLICT_MARKS):
        raise OptionsError(f"{where}: a merge left its marks; keep the entries of both sides, then prune")
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise OptionsError(f"{where}: not an entry of a baseline: {error}") from error
    if not isinstance(entry, list) or len(entry) not in (5, 6) or not all(isinstance(p, str) for p in entry[:5]):
        raise OptionsError(f"{where}: an entry is a list of file, code, function, call and cause")
    return Key(*entry[:5])


def written(keys: Iterable[Key]) -> str:
    """Return the text of a baseline."""
    return HEADER + "".join(f"{line}\n" for line in entry_lines(Counter(keys)))


def entry_lines(entries: Counter[Key]) -> Iterator[str]:
    for key in sorted(entries):
        for number in range(1, entries[key] + 1):
            text = json.dumps([*key] if number == 1 else [*key, number], ensure_ascii=False)
            yield text if text.isprintable() else json.dumps(json.loads(text))


def save(path: str, keys: Iterable[Key]) -> bool:
    """Write a baseline, and tell whether that changed the file."""
    text = written(keys)
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return False
    except (OSError, UnicodeDecodeError):
        pass
    write_file(path, text)
    return True
