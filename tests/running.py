"""Runs the real commands, as a user would, on small projects."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# flake8 with another start method than the platform's own. The guard is what the multiprocessing docs ask
# for: https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods
START_WITH = """
import multiprocessing, sys
from flake8.main.cli import main
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    output: str
    errors: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()

    @property
    def places(self) -> list[str]:
        """Path, line and code of every finding: `svc.py:4 BKM101`."""
        parts = (line.split(":", 3) for line in self.lines)
        return [f"{path}:{line} {text.split()[0]}" for path, line, _, text in parts]


def run(
    *arguments: str | Path, folder: Path, given: str | bytes = b"", env: Mapping[str, str] | None = None
) -> Outcome:
    # What the tests say about colours and configuration must not depend on who runs them.
    clean = {
        key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}
    }
    done = subprocess.run(
        list(map(str, arguments)),
        cwd=folder,
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        env={**clean, "PYTHONIOENCODING": "utf-8", **(env or {})},
        timeout=300,
        check=False,
    )
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in outcome.output + outcome.errors, outcome.output + outcome.errors
    return outcome


def flake8(*arguments: str | Path, folder: Path, given: str | bytes = b"") -> Outcome:
    return run(sys.executable, "-m", "flake8", *arguments, folder=folder, given=given)


def command(*arguments: str, folder: Path, env: Mapping[str, str] | None = None) -> Outcome:
    """Run `flake8-bookmark`."""
    return run(sys.executable, "-m", "flake8_bookmark", *arguments, folder=folder, env=env)


def write(folder: Path, **files: str) -> Path:
    """Write modules into `folder`, each keyword a module's name, `__` standing for a slash."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
