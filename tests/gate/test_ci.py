"""What runs elsewhere, as far as it can run here: the action's script, the hooks, and every command in the docs."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from flake8_bookmark.cli import parser
from tests.gate.project import shop
from tests.gate.test_since import commit, git
from tests.running import run, write

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SLEEPS = "import time\n\n\nasync def f():\n    time.sleep(1)\n"


def commands(text: str) -> list[str]:
    """Return the command lines of `flake8-bookmark` in fenced blocks, continued lines joined."""
    blocks = re.findall(r"^```(?:console|bash|yaml)\n(.*?)^```", text, re.M | re.S)
    lines = [line for block in blocks for line in re.sub(r"\n\s+(?=\$\{)", " ", block).splitlines()]
    found = [re.search(r"(?:^|[ /])flake8-bookmark ((?:check|baseline|init|explain|draw)\b.*)", line) for line in lines]
    return [match[1] for match in found if match]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_docs_are_understood(page: Path) -> None:
    for line in commands(page.read_text()):
        words = shlex.split(re.sub(r"\$\{\w+:\+(.*?)\}", r"\1", line), comments=True)
        words = words[: next((number for number, word in enumerate(words) if word in ("|", ">")), len(words))]
        with contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                parser().parse_args(words)
            except SystemExit:
                pytest.fail(f"{line}: {said.getvalue()}")


def test_there_are_commands_in_the_docs() -> None:
    assert len(commands((ROOT / "docs" / "ci.md").read_text())) >= 5
    assert len(commands((ROOT / "docs" / "adopting.md").read_text())) >= 3


def test_the_oldest_job_pins_what_is_promised() -> None:
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lowest = dict(requirement.split(">=") for requirement in promised)
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]["oldest"]["steps"]
    pinned = dict(re.findall(r"'([\w-]+)==([\d.]+)'", " ".join(step.get("run", "") for step in steps)))
    assert {name: re.sub(r"(\.0)+$", "", version) for name, version in pinned.items()} == {
        name: re.sub(r"(\.0)+$", "", version) for name, version in lowest.items()
    }


def test_hooks() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"flake8-bookmark", "flake8-bookmark-project"}
    assert all(hook["require_serial"] and hook["types"] == ["python"] for hook in hooks.values())
    whole = hooks["flake8-bookmark-project"]
    assert whole["pass_filenames"] is False
    program, *arguments = shlex.split(whole["entry"])
    assert (program, parser().parse_args(arguments).action) == ("flake8-bookmark", "check")


def action() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "action.yml").read_text()))


def run_action(folder: Path, runner: Path, **inputs: str) -> Any:
    """Run the last step of the action as the runner does, in `folder`."""
    program = runner / "flake8-bookmark" / "bin" / "flake8-bookmark"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m flake8_bookmark "$@"\n')
    program.chmod(0o755)
    found = action()
    step = found["runs"]["steps"][-1]
    values = {name: str(given.get("default", "")) for name, given in found["inputs"].items()} | inputs
    env = {name: values[value.split(".")[1].split()[0]] for name, value in step["env"].items()}
    script = folder.parent / "step.sh"
    script.write_text(step["run"])
    return run("bash", "-eo", "pipefail", script, folder=folder, env={**env, "RUNNER_TEMP": str(runner)})


@pytest.mark.skipif(shutil.which("bash") is None or shutil.which("git") is None, reason="needs bash and git")
def test_the_action(tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    shop(folder)
    commit(folder)
    write(folder, **{"new file": SLEEPS})
    whole = run_action(folder, tmp_path)
    assert whole.code == 1
    assert whole.output.count("::error file=") == 5
    part = run_action(folder, tmp_path, since="main", sarif="out file.sarif", arguments="--ignore=BKM3 --quiet")
    assert part.code == 1
    assert part.output.count("::error file=new file.py,line=5") == part.output.count("::error ") == 1
    assert len(json.loads((folder / "out file.sarif").read_text())["runs"][0]["results"]) == 1
    # What comes from outside is text, never code.
    assert run_action(folder, tmp_path, since="main; touch ran").code == 2
    assert not (folder / "ran").exists()


def test_inputs_reach_scripts_through_the_environment_only() -> None:
    for step in action()["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
