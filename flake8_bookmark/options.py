"""What a user may set, as one plain value.

There is one set of keys, all beginning with `bkm-`. They stand in `[tool.flake8-bookmark]` of the nearest
`pyproject.toml` that has this table, and flake8's own configuration file and command line override them key
by key. `SETTINGS` is the only list of them: the flake8 options, the checks of the table and the fields of
`Options` follow it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

TABLE = "flake8-bookmark"
PREFIX = "bkm-"
DEFAULT_BASELINE = ".bkm-baseline"
HOME_MARKS = ("pyproject.toml", ".git")


class OptionsError(ValueError):
    """A setting that can't be understood; the text names the setting and what was expected."""


class Options(NamedTuple):
    """The settings of one run. Paths are relative to the project's root."""

    blocking: tuple[str, ...] = ()
    nonblocking: tuple[str, ...] = ()
    offloaders: tuple[str, ...] = ()
    spawners: tuple[str, ...] = ()
    hints: bool = False
    source_roots: tuple[str, ...] = ()
    test_paths: tuple[str, ...] = ("tests/", "test/", "test_*.py", "*_test.py", "conftest.py")
    docs_url: str = ""
    cache_dir: str = ""
    max_depth: int = 0
    baseline: str = ""


class Setting(NamedTuple):
    """One key: what it may hold and what it is for."""

    key: str
    kind: Literal["flag", "list", "names", "workers", "number", "text"]
    help: str
    metavar: str = ""

    @property
    def attribute(self) -> str:
        """Return the field of `Options` that holds it."""
        return self.key.removeprefix(PREFIX).replace("-", "_")

    @property
    def is_list(self) -> bool:
        return self.kind in {"list", "names", "workers"}


SETTINGS = (
    Setting(
        "bkm-blocking", "names", "qualified names of functions that block, beside the shipped ones", "NAME,…"
    ),
    Setting("bkm-nonblocking", "names", "qualified names of functions that never block", "NAME,…"),
    Setting(
        "bkm-offloaders",
        "workers",
        "functions that run an argument in a worker: qualified name, colon, the argument's name or position",
        "NAME:ARGUMENT,…",
    ),
    Setting("bkm-spawners", "names", "functions that start a task and keep it", "NAME,…"),
    Setting("bkm-hints", "flag", "report hints too"),
    Setting(
        "bkm-source-roots", "list", "folders from which modules are imported, if not found by themselves", "PATH,…"
    ),
    Setting(
        "bkm-test-paths",
        "list",
        "what counts as tests (default: tests/, test/, test_*.py, *_test.py, conftest.py)",
        "PATTERN,…",
    ),
    Setting(
        "bkm-docs-url",
        "text",
        "where the pages are: a base URL, a pattern with {code} and {anchor}, or `local` for shipped files",
        "URL",
    ),
    Setting("bkm-cache-dir", "text", "folder of the cache, or `off` (default: in the user's cache folder)", "PATH"),
    Setting("bkm-max-depth", "number", "longest chain of calls that is followed (default: 0, no limit)", "N"),
    Setting("bkm-baseline", "text", "file of the findings that are accepted for now", "PATH"),
)


def option_arguments(setting: Setting) -> dict[str, Any]:
    """Return what flake8's `add_option` needs. Nothing has a default here: None means not set."""
    arguments: dict[str, Any] = {"default": None, "parse_from_config": True, "help": setting.help}
    if setting.kind == "flag":
        return arguments | {"action": "store_true"}
    arguments["metavar"] = setting.metavar
    # A number stays text here: flake8 answers a bad one in its configuration file with a traceback.
    return arguments | ({"comma_separated_list": True} if setting.is_list else {})


def build_options(values: Mapping[str, object], directory: Path) -> Options:
    """Return the options for a run started in `directory`.

    `values` holds, by key, what flake8 was given; None and absent keys are not set there. flake8's
    `--isolated` and `--config` are about its own files: it does not tell plugins of them.
    """
    chosen: dict[str, Any] = read_table(directory)
    for setting in SETTINGS:
        value = values.get(setting.key)
        if setting.kind == "number" and isinstance(value, str) and value.isdecimal():
            value = int(value)
        if value is not None:
            chosen[setting.attribute] = checked(setting, value, "flake8")
    options = Options(**chosen)
    for name in sorted({*options.blocking} & {*options.nonblocking}):
        raise OptionsError(f"bkm-blocking and bkm-nonblocking both name {name!r}")
    return options


def home_of(folder: Path) -> Path:
    """Return what stored paths are relative to: the nearest folder with a pyproject.toml, or with the repository."""
    for mark in HOME_MARKS:
        for candidate in (folder, *folder.parents):
            if (candidate / mark).exists():
                return candidate
    return folder


def read_table(directory: Path) -> dict[str, Any]:
    """Return the checked settings of the nearest pyproject.toml, from `directory` upward, that has our table.
    """
    for folder in (directory, *directory.parents):
        table = table_of(folder / "pyproject.toml")
        if table is not None:
            return dict(checked_items(table, str(folder / "pyproject.toml")))
    return {}


def table_of(path: Path) -> dict[str, object] | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    # Most projects have no such table: for them, no TOML is parsed and no foreign mistake is met.
    if TABLE.encode() not in data:
        return None
    import tomllib

    try:
        tool = tomllib.loads(data.decode("utf-8")).get("tool")
    except ValueError as error:
        raise OptionsError(f"{path}: {error}") from error
    table = tool.get(TABLE) if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise OptionsError(f"{path}: tool.{TABLE} must be a table")
    return table


def checked_items(table: Mapping[str, object], where: str) -> list[tuple[str, object]]:
    by_key = {setting.key: setting for setting in SETTINGS}
    for key in table:
        if key not in by_key:
            near = difflib.get_close_matches(PREFIX + key.removeprefix(PREFIX), by_key, n=1)
            advice = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(by_key)}"
            raise OptionsError(f"{where}: unknown setting {key}{advice}")
    return [(by_key[key].attribute, checked(by_key[key], value, where)) for key, value in table.items()]


def checked(setting: Setting, value: object, where: str) -> object:
    """Return `value` in the type of its field, or raise OptionsError."""
    if setting.is_list:
        return checked_list(setting, value, where)
    wanted = {"flag": bool, "number": int, "text": str}[setting.kind]
    if type(value) is not wanted or (setting.kind == "number" and isinstance(value, int) and value < 0):
        words = {"flag": "true or false", "number": "a whole number, 0 or more", "text": "text"}
        raise OptionsError(f"{where}: {setting.key} must be {words[setting.kind]}, not {value!r}")
    return value


def checked_list(setting: Setting, value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise OptionsError(f"{where}: {setting.key} must be a list of strings, not {value!r}")
    for item in value:
        if (setting.kind == "names" and not is_qualified(item)) or (
            setting.kind == "workers" and not is_worker_entry(item)
        ):
            raise OptionsError(f"{where}: {setting.key}: {item!r} is not {DESCRIPTIONS[setting.kind]}")
    return tuple(value)


DESCRIPTIONS = {
    "names": "a qualified name such as package.module.function or package.Class.*",
    "workers": "a qualified name and an argument such as package.module.run_in_pool:func or package.submit:0",
}


def is_qualified(name: str) -> bool:
    """Say whether `name` is dotted identifiers; `*` may stand for any whole segment but the first."""
    first, *rest = name.split(".")
    return first.isidentifier() and all(segment.isidentifier() or segment == "*" for segment in rest)


def is_worker_entry(entry: str) -> bool:
    name, colon, argument = entry.partition(":")
    return bool(colon) and is_qualified(name) and (argument.isidentifier() or argument.isdecimal())
