"""A small project with a chain over three files, and a way to run the command on it without a new process."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

from flake8_bookmark.cli import main
from flake8_bookmark.project import analysis, files, recall
from tests.running import write

STORE = """\
import requests


def load(url):
    return requests.get(url).json()
"""
SERVICE = """\
from shop.store import load


def users(url):
    return load(url)


async def page(url):
    return users(url)


async def feed(url):
    return load(url)
"""
WORKER = """\
import asyncio
import time


async def poll(job):
    while not job.done():
        time.sleep(1)


async def start(job):
    asyncio.create_task(poll(job))
"""
FINDINGS = [
    "shop/service.py:9 BKM112",
    "shop/service.py:13 BKM112",
    "shop/worker.py:7 BKM101",
    "shop/worker.py:11 BKM301",
]


def shop(folder: Path) -> Path:
    """Write the project: four findings, three of them in what `check` says of `shop`."""
    write(folder, shop__store=STORE, shop__service=SERVICE, shop__worker=WORKER, plain="x = 1\n")
    (folder / "shop" / "__init__.py").touch()
    (folder / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    return folder


@dataclass(frozen=True)
class Run:
    code: int
    output: str
    errors: str

    @property
    def places(self) -> list[str]:
        """Path, line and code of the lines of the format `concise`."""
        parts = (line.split(":", 3) for line in self.output.splitlines())
        return [f"{path}:{line} {text.split()[0]}" for path, line, _, text in parts]


def bookmark(*arguments: str, folder: Path) -> Run:
    """Run `flake8-bookmark` in this process, started in `folder`; what it has learned before is forgotten."""
    analysis._shared.clear()
    files.is_on_disk.cache_clear()
    recall.forget()
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(str(end.code or 0))
    return Run(code, output.getvalue(), errors.getvalue())


def concise(*arguments: str, folder: Path) -> Run:
    return bookmark("check", "--isolated", "--format=concise", "-j1", *arguments, folder=folder)


def write_text(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    os.makedirs(path.parent, exist_ok=True)
    path.write_text(text)
    return path
