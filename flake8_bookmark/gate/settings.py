"""What one run of the gate goes by: flake8's configuration and ours, read the way flake8 reads them.

flake8's own modules parse its configuration files and options, so that `exclude`, `per-file-ignores`, `select` and
the rest mean the same here. Its other plugins are not loaded: they cost time, and none of their codes matters.
"""

from __future__ import annotations

import argparse
import configparser
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flake8 import __version__ as FLAKE8_VERSION
from flake8 import exceptions
from flake8.main.options import register_default_options, stage1_arg_parser
from flake8.options import aggregator, config
from flake8.options.manager import OptionManager
from flake8.style_guide import Decision, DecisionEngine

from flake8_bookmark.finding import FAULT_CODE
from flake8_bookmark.gate.rule_rows import rule_rows
from flake8_bookmark.options import SETTINGS, Options, OptionsError, build_options, home_of, option_arguments

PREFIX = "BKM"
UNIMPORTANT = frozenset({"jobs", "output_file", "verbose", "filenames", "color", "tee", "quiet"})
"""What flake8 may be told that changes no finding."""


class Settings(NamedTuple):
    """One run's settings; `home` is the folder that stored paths are relative to. Workers get it pickled."""

    options: Options
    flake8: argparse.Namespace
    home: str
    config_file: str = ""

    @property
    def exclude(self) -> tuple[str, ...]:
        return (*self.flake8.exclude, *self.flake8.extend_exclude)

    @property
    def jobs(self) -> int:
        """Return how many processes to use at most."""
        return available_processors() if self.flake8.jobs.is_auto else max(1, int(self.flake8.jobs.n_jobs))

    @property
    def said(self) -> str:
        """Return all that findings depend on in these settings, as text. Patterns with a folder belong to one clone."""
        flake8 = {name: value for name, value in vars(self.flake8).items() if name not in UNIMPORTANT}
        return f"{FLAKE8_VERSION} {sys.version_info[:2]} {sorted(flake8.items())} {self.options}"

    def path_of(self, name: str) -> str:
        """Return a path as it is stored: below `home`, with forward slashes."""
        return os.path.relpath(os.path.abspath(name), self.home).replace(os.sep, "/")


def available_processors() -> int:
    """Return how many processors this process may use, which in a container are fewer than there are."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows don't say
        return os.cpu_count() or 1


def read_settings(arguments: Sequence[str]) -> Settings:
    """Return the settings for flake8's options on a command line; OptionsError for what can't be understood."""
    here = Path.cwd()
    try:
        flake8, config_file = flake8_options(arguments)
    except (exceptions.ExecutionError, exceptions.FailedToLoadPlugin, configparser.Error, ValueError) as error:
        raise OptionsError(f"flake8's configuration: {error}") from error
    given = {setting.key: getattr(flake8, f"bkm_{setting.attribute}") for setting in SETTINGS}
    options = build_options(given, here)
    require_selection(flake8, options.cache_dir)
    return Settings(options, flake8, str(home_of(here)), config_file)


def flake8_options(arguments: Sequence[str]) -> tuple[argparse.Namespace, str]:
    """Return flake8's options, as `flake8 ARGUMENTS` would have them here, and the configuration file they are from."""
    early = stage1_arg_parser()
    given, rest = early.parse_known_args(list(arguments))
    found, folder = config.load_config(config=given.config, extra=given.append_config, isolated=given.isolated)
    manager = OptionManager(version="", plugin_versions="", parents=[early], formatter_names=[])
    register_default_options(manager)
    for setting in SETTINGS:
        manager.add_option(f"--{setting.key}", **option_arguments(setting))
    manager.extend_default_select([PREFIX])
    options = aggregator.aggregate_options(manager, found, folder, rest)
    for name, value in vars(given).items():
        setattr(options, name, value)
    return options, config_file_of(given, folder) if "flake8" in found else ""


def config_file_of(given: argparse.Namespace, folder: str) -> str:
    names = [given.config] if given.config else [os.path.join(folder, n) for n in ("setup.cfg", "tox.ini", ".flake8")]
    return next((name for name in names if has_section(name)), "")


def has_section(path: str) -> bool:
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return False
    return "flake8" in parser


def require_selection(flake8: argparse.Namespace, cache_dir: str) -> None:
    """Refuse a selection under which nothing could be found: a gate that always passes is none."""
    codes = [row.code for row in rule_rows(cache_dir)]
    named = [*(flake8.select or ()), *(flake8.extend_select or ())]
    for prefix in named:
        if prefix.startswith(PREFIX) and not any(code.startswith(prefix) for code in codes):
            raise OptionsError(f"select: no rule's code begins with {prefix}")
    decider = DecisionEngine(flake8)
    if not any(decider.decision_for(code) is Decision.Selected for code in codes if code != FAULT_CODE):
        raise OptionsError(
            "flake8's configuration and command line select no BKM code; add BKM to its `select`, or give --select=BKM"
        )
