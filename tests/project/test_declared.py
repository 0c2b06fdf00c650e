"""What the user says of the project's own functions: in the settings, by the names of imports, and in comments."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flake8_bookmark.check import check_source
from flake8_bookmark.options import Options

FILES = {
    "pyproject.toml": "",
    "src/app/__init__.py": "from app.db import load as fetch\n",
    "src/app/db.py": """
import time

def load():
    time.sleep(1)

def ready():
    return 1

class Store:
    def load(self):
        time.sleep(1)

    def ready(self):
        return 1
""",
    "src/app/work.py": """
import asyncio

def run(func):
    return func()

def spawn(coroutine):
    asyncio.ensure_future(coroutine)
    return coroutine
""",
    "src/app/web.py": """
import time
from app.db import Store, load, ready
from app.work import run
import app

async def main():
    load()
    ready()
    Store().load()
    Store().ready()
    run(load)
    app.fetch()

def here():
    time.sleep(1)

async def other():
    here()
""",
}
PLAIN = {(8, "BKM111"), (10, "BKM111"), (13, "BKM111"), (19, "BKM111")}
LINES = {"load": 8, "ready": 9, "Store.load": 10, "Store.ready": 11}


def found(folder: Path, options: Options, name: str = "src/app/web.py") -> set[tuple[int, str]]:
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    text = FILES[name]
    return {(f.line, f.code) for f in check_source(str(folder / name), text, ast.parse(text), options)}


def test_without_a_word_of_the_user(tmp_path: Path) -> None:
    assert found(tmp_path, Options(source_roots=("src",))) == PLAIN | {(12, "BKM111")}


@pytest.mark.parametrize("entry", ["app.db.load", "src.app.db.load", "app.fetch", "app.*.load"])
def test_a_function_is_nonblocking_by_any_name_that_an_import_uses(tmp_path: Path, entry: str) -> None:
    options = Options(source_roots=("src",), nonblocking=(entry,))
    assert found(tmp_path, options) == PLAIN - {(8, "BKM111"), (13, "BKM111")}


@pytest.mark.parametrize("entry", ["db.load", "app.load", "load", "app.db.Load", "app.db", "app.web.load"])
def test_another_name_says_nothing_of_it(tmp_path: Path, entry: str) -> None:
    options = Options(source_roots=("src",), nonblocking=(entry,))
    # But `from app.db import load` shows the function in `app.web`, too.
    silenced = {(8, "BKM111"), (12, "BKM111"), (13, "BKM111")} if entry == "app.web.load" else set()
    assert found(tmp_path, options) == (PLAIN | {(12, "BKM111")}) - silenced


@pytest.mark.parametrize("entry", ["app.db.Store.load", "app.db.Store.*", "app.*.Store.load"])
def test_a_method_is_nonblocking(tmp_path: Path, entry: str) -> None:
    options = Options(source_roots=("src",), nonblocking=(entry,))
    assert (10, "BKM111") not in found(tmp_path, options)


@pytest.mark.parametrize(("entry", "line"), [("app.db.ready", 9), ("src.app.db.ready", 9), ("app.db.Store.ready", 11)])
def test_a_function_blocks(tmp_path: Path, entry: str, line: int) -> None:
    options = Options(source_roots=("src",), blocking=(entry,))
    assert (line, "BKM119") in found(tmp_path, options)


def test_a_function_runs_its_argument_in_a_worker(tmp_path: Path) -> None:
    for argument in ("func", "0"):
        options = Options(source_roots=("src",), offloaders=(f"app.work.run:{argument}",))
        assert found(tmp_path, options) == PLAIN


def test_a_file_alone_knows_its_own_functions(tmp_path: Path) -> None:
    assert (19, "BKM111") in found(tmp_path, Options())
    assert (19, "BKM111") not in found(tmp_path, Options(nonblocking=("app.web.here",)))
    assert (19, "BKM111") in found(tmp_path, Options(nonblocking=("web.here",)))


def test_a_spawner_keeps_its_task(tmp_path: Path) -> None:
    text = "from app.work import spawn\nasync def job(): ...\nasync def main():\n    spawn(job())\n"
    options = Options(source_roots=("src",), spawners=("app.work.spawn",))
    found(tmp_path, options)
    path = tmp_path / "src" / "app" / "jobs.py"
    path.write_text(text)
    assert check_source(str(path), text, ast.parse(text), options) == []


COMMENTS = {
    "at the def": "def load():  # bkm: nonblocking reads a warm cache\n    time.sleep(1)\n",
    "above": "# bkm: nonblocking reads a warm cache\ndef load():\n    time.sleep(1)\n",
    "above a decorator": "# bkm: nonblocking\n@mark\ndef load():\n    time.sleep(1)\n",
    "between the parameters": "def load(\n    key=1,  # bkm: nonblocking\n):\n    time.sleep(1)\n",
    "on one line": "def load(): time.sleep(1)  # bkm: nonblocking\n",
}
NEAR_MISSES = {
    "another word": "def load():  # bkm: atomic\n    time.sleep(1)\n",
    "in the body": "def load():\n    time.sleep(1)  # bkm: nonblocking\n",
    "behind the statement above": "x = 1  # bkm: nonblocking\ndef load():\n    time.sleep(1)\n",
    "in a string": "def load(x='# bkm: nonblocking'):\n    time.sleep(1)\n",
}


@pytest.mark.parametrize("name", [*COMMENTS, *NEAR_MISSES])
def test_a_comment_at_the_definition_stops_the_way_to_all_callers(tmp_path: Path, name: str) -> None:
    text = "import time\nmark = staticmethod\n" + {**COMMENTS, **NEAR_MISSES}[name]
    own = text + "async def main():\n    load()\n"
    expected = ["BKM111"] if name in NEAR_MISSES else []
    assert [f.code for f in check_source("app.py", own, ast.parse(own), Options())] == expected
    (tmp_path / "db.py").write_text(text)
    other = "import db\ndef via():\n    db.load()\nasync def main():\n    db.load()\nasync def far():\n    via()\n"
    (tmp_path / "app.py").write_text(other)
    found = check_source(str(tmp_path / "app.py"), other, ast.parse(other), Options(source_roots=(".",)))
    assert [f.code for f in found] == expected * 2


def test_a_comment_at_a_class_is_about_its_methods() -> None:
    text = "import time\nclass Store:  # bkm: nonblocking a toy\n    def load(self):\n        time.sleep(1)\n"
    text += "async def main():\n    Store().load()\n"
    assert check_source("app.py", text, ast.parse(text), Options()) == []


@pytest.mark.parametrize("entry", ["acme.Client.get", "acme.Client.*"])
def test_a_declared_method_makes_its_class_known(entry: str) -> None:
    text = "import acme\nasync def main():\n    client = acme.Client()\n    client.get()\n    acme.Other().get()\n"
    options = Options(blocking=(entry,))
    assert [f.line for f in check_source("app.py", text, ast.parse(text), options)] == [4]
