"""What was worked out is kept on disk, and nothing that happens to it there changes a finding."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_bookmark.check import check_source
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.facts.record import decode, encode
from flake8_bookmark.finding import Finding
from flake8_bookmark.options import Options
from flake8_bookmark.project import analysis, files, recall, store
from flake8_bookmark.project.snapshot import snapshot_of
from flake8_bookmark.project.store import Store, digest_of, open_store, read_key

DEFAULTS = Options()
PROJECT = {
    "app/__init__.py": "",
    "app/db.py": "import time\n\nclass Db:\n    def users(self):\n        time.sleep(1)\n",
    "app/service.py": "from app.db import Db\n\ndef users():\n    return Db().users()\n",
    "app/web.py": "from app.service import users\n\nasync def main():\n    users()\n",
    "app/other.py": "import asyncio\n\nasync def main():\n    asyncio.create_task(main())\n",
    "pyproject.toml": "[project]\nname = 'app'\n",
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache folder of its own for each test."""
    home = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    begin_anew()
    return home / "flake8-bookmark"


def begin_anew() -> None:
    """Do as a new process would."""
    recall.forget()
    open_store.cache_clear()
    analysis._shared.clear()
    files.is_on_disk.cache_clear()


def write(folder: Path, files: dict[str, str] = PROJECT) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def findings(folder: Path, options: Options = DEFAULTS) -> dict[str, list[Finding]]:
    begin_anew()
    texts = {p: p.read_text() for p in sorted(folder.rglob("*.py"))}
    return {p.name: check_source(str(p), text, ast.parse(text), options) for p, text in texts.items()}


def records(home: Path) -> list[Path]:
    return sorted(p for p in home.rglob("*") if p.suffix in {".facts", ".findings", ".footprint"})


def test_the_second_run_reads_what_the_first_one_wrote(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "p")
    first = findings(folder)
    assert [f.code for f in first["web.py"]] == ["BKM111"]
    assert {p.suffix for p in records(own_cache)} == {".facts", ".findings", ".footprint"}

    def refuse(*_: object) -> None:
        raise AssertionError("nothing is to be worked out again")

    monkeypatch.setattr("flake8_bookmark.rules.subjects.read_subjects", refuse)
    assert findings(folder) == first


@pytest.mark.parametrize("changed", ["app/db.py", "app/service.py", "app/web.py"])
def test_a_change_anywhere_on_the_way_is_seen(tmp_path: Path, changed: str) -> None:
    folder = write(tmp_path / "p")
    assert findings(folder)["web.py"]
    path = folder / changed
    text = path.read_text()
    for before, after in (("time.sleep(1)", "pass"), ("Db().users()", "1"), ("    users()", "    print()")):
        text = text.replace(before, after)
    path.write_text(text)
    assert findings(folder)["web.py"] == []


def test_a_new_file_that_answers_an_import_is_seen(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", {"web.py": PROJECT["app/web.py"], "pyproject.toml": ""})
    assert findings(folder)["web.py"] == []
    write(folder, {name: text for name, text in PROJECT.items() if name.startswith("app/") and "web" not in name})
    assert [f.code for f in findings(folder)["web.py"]] == ["BKM111"]


@pytest.mark.parametrize("name", ["pyproject.toml", "setup.cfg", "requirements.txt", "main.py"])
def test_a_file_that_says_where_modules_are_is_seen(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "p", {"web/app.py": "", "setup.py": ""})
    before = snapshot_of(str(folder))
    write(folder, {f"web/{name}": "", "web/data.txt": ""})
    recall.forget()
    after = snapshot_of(str(folder))
    assert before is not None and after is not None and before.digest != after.digest
    write(folder, {"web/other.txt": ""})
    recall.forget()
    again = snapshot_of(str(folder))
    assert again is not None and again.digest == after.digest


def test_a_class_that_begins_to_override_is_seen(tmp_path: Path) -> None:
    base = "class Store:\n    def load(self):\n        raise NotImplementedError\n"
    app = "from app.base import Store\n\nasync def main(store: Store):\n    store.load()\n"
    other = "import time\n\nclass Local{}:\n    def load(self):\n        time.sleep(1)\n"
    files = {"app/__init__.py": "", "app/base.py": base, "app/web.py": app, "app/other.py": other.format("")}
    folder = write(tmp_path / "project", files)
    assert not findings(folder)["web.py"]
    imported = "from app.base import Store\n" + other.format("(Store)")
    (folder / "app/other.py").write_text(imported)
    assert [f.code for f in findings(folder)["web.py"]] == ["BKM111"]
    (folder / "app/other.py").write_text(imported.replace("time.sleep(1)", "return 1"))
    assert not findings(folder)["web.py"]


def test_a_caller_that_passes_something_else_is_seen(tmp_path: Path) -> None:
    app = "async def show(session):\n    session.get('https://example.com')\n"
    caller = "import requests\nfrom app.web import show\n\nasync def main():\n    await show({})\n"
    files = {"app/__init__.py": "", "app/web.py": app, "app/main.py": "async def main(): ...\n", "app/other.py": ""}
    folder = write(tmp_path / "project", files)
    assert not findings(folder)["web.py"]
    (folder / "app/main.py").write_text(caller.format("requests.Session()"))
    assert [f.code for f in findings(folder)["web.py"]] == ["BKM102"]
    (folder / "app/other.py").write_text("# says nothing of it\n")
    assert [f.code for f in findings(folder)["web.py"]] == ["BKM102"]
    (folder / "app/other.py").write_text(caller.format('{"a": 1}'))
    assert not findings(folder)["web.py"]
    (folder / "app/other.py").unlink()
    (folder / "app/main.py").write_text(caller.format('{"a": 1}'))
    assert not findings(folder)["web.py"]


def test_options_are_part_of_what_findings_depend_on(tmp_path: Path) -> None:
    folder = write(tmp_path / "p")
    assert findings(folder)["web.py"]
    assert findings(folder, Options(nonblocking=("time.sleep",)))["web.py"] == []
    assert findings(folder)["web.py"]


def test_a_buffer_is_not_taken_for_the_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "p")
    begin_anew()
    path = str(folder / "app/db.py")
    buffer = PROJECT["app/db.py"].replace("time.sleep(1)", "pass") + "\nasync def main(): ...\n"
    check_source(path, buffer, ast.parse(buffer), Options())
    assert [f.code for f in findings(folder)["web.py"]] == ["BKM111"]


def damage(name: str) -> Callable[[Path], None]:
    def each(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
        def apply(home: Path) -> None:
            for path in records(home):
                path.write_bytes(change(path.read_bytes()))

        return apply

    def swap(home: Path) -> None:
        for suffix in (".facts", ".findings", ".footprint"):
            paths = [p for p in records(home) if p.suffix == suffix]
            contents = [p.read_bytes() for p in paths]
            for path, data in zip(paths, contents[1:] + contents[:1], strict=True):
                path.write_bytes(data)

    def forge(home: Path) -> None:
        """Records that are whole, made by somebody who does not know the key."""
        foreign = Store(str(home / "records"), b"x" * 32)
        for path in records(home):
            payload = path.read_bytes()[store.MAC_SIZE :]
            foreign.put(path.suffix[1:], path.parent.name + path.stem, payload.replace(b"BKM111", b"BKM999"))

    return {
        "truncated": each(lambda data: data[: len(data) // 2]),
        "emptied": each(lambda data: b""),
        "one byte changed": each(lambda data: data[:-1] + bytes([data[-1] ^ 1])),
        "grown": each(lambda data: data + b"\0"),
        "swapped": swap,
        "forged": forge,
        "pipes in their places": lambda home: [(_remove(p), os.mkfifo(p)) for p in records(home)] and None,
        "folders in their places": lambda home: [(_remove(p), p.mkdir()) for p in records(home)] and None,
        "removed": lambda home: shutil.rmtree(home),
        "key removed": lambda home: (home / "key").unlink(),
        "key of another": lambda home: (home / "key").write_bytes(b"y" * 32) and None,
        "key cut": lambda home: (home / "key").write_bytes(b"y") and None,
        "key a pipe": lambda home: [(_remove(p), os.mkfifo(p)) for p in [home / "key"]] and None,
        "key readable by all": lambda home: (home / "key").chmod(0o644),
    }[name]


def _remove(path: Path) -> None:
    path.unlink()


DAMAGES = (
    "truncated", "emptied", "one byte changed", "grown", "swapped", "forged", "folders in their places", "removed",
    "key removed", "key of another", "key cut", "key readable by all",
    *(("pipes in their places", "key a pipe") if hasattr(os, "mkfifo") else ()),
)  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_changes_nothing(tmp_path: Path, own_cache: Path, name: str) -> None:
    folder = write(tmp_path / "p")
    first = findings(folder)
    damage(name)(own_cache)
    assert findings(folder) == first
    assert findings(folder) == first


def test_damaged_records_are_written_again(tmp_path: Path, own_cache: Path) -> None:
    folder = write(tmp_path / "p")
    findings(folder)
    whole = {p: p.read_bytes() for p in records(own_cache)}
    damage("truncated")(own_cache)
    findings(folder)
    assert {p: p.read_bytes() for p in records(own_cache)} == whole


@pytest.mark.parametrize("name", ["key removed", "key cut"])
def test_a_key_that_is_none_is_made_anew(own_cache: Path, name: str) -> None:
    key = read_key(str(own_cache))
    damage(name)(own_cache)
    again = read_key(str(own_cache))
    assert len(again) == store.KEY_SIZE and again != key
    assert read_key(str(own_cache)) == again
    assert [path.name for path in own_cache.iterdir()] == ["key"]


def test_records_are_kept_again_after_the_folder_was_removed(own_cache: Path) -> None:
    held, digest = open_store(""), digest_of(b"x")
    held.put("facts", digest, b"1")
    shutil.rmtree(own_cache / "records")
    held.put("facts", digest, b"2")
    assert (held.get("facts", digest), held.trouble) == (b"2", "")


@pytest.mark.skipif(os.name == "nt", reason="folders have no such modes there")
def test_a_folder_that_can_only_be_read(tmp_path: Path, own_cache: Path) -> None:
    folder = write(tmp_path / "p")
    own_cache.mkdir(parents=True)
    read_key(str(own_cache))
    (own_cache / "records").mkdir()
    (own_cache / "records").chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert [f.code for f in findings(folder)["web.py"]] == ["BKM111"]
    finally:
        (own_cache / "records").chmod(stat.S_IRWXU)


def test_the_cache_can_be_elsewhere_or_off(tmp_path: Path, own_cache: Path) -> None:
    folder = write(tmp_path / "p")
    elsewhere = tmp_path / "elsewhere"
    first = findings(folder, Options(cache_dir=str(elsewhere)))
    assert records(elsewhere) and not records(own_cache)
    shutil.rmtree(elsewhere)
    assert findings(folder, Options(cache_dir="off")) == first
    assert not elsewhere.exists() and not records(own_cache)


def test_sweeping_removes_old_records_and_nothing_else(tmp_path: Path) -> None:
    key = b"k" * 32
    held = Store(str(tmp_path), key)
    old, new = digest_of(b"old"), digest_of(b"new")
    held.put("facts", old, b"1")
    held.put("facts", new, b"2")
    (tmp_path / "mine.py").write_text("x = 1\n")
    long_ago = time.time() - 40 * store.DAY
    for path in (Path(held._path("facts", old)), tmp_path / "mine.py", tmp_path / "swept"):
        os.utime(path, (long_ago, long_ago))
    again = Store(str(tmp_path), key)
    assert again.get("facts", old) is None
    assert again.get("facts", new) == b"2"
    assert (tmp_path / "mine.py").exists()


def test_the_same_release_installed_anew_reads_what_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, digest = b"k" * 32, digest_of(b"x")
    package = tmp_path / "package"
    write(package, {"a.py": "x = 1\n", "b/c.toml": "y = 2\n"})

    def opened(root: Path) -> Store:
        monkeypatch.setattr(store, "ROOT", root)
        store.installed.cache_clear()
        store.content.cache_clear()
        return Store(str(tmp_path / "records"), key)

    opened(package).put("facts", digest, b"1")
    shutil.copytree(package, tmp_path / "elsewhere")
    os.utime(tmp_path / "elsewhere" / "a.py", (1, 1))
    assert opened(tmp_path / "elsewhere").get("facts", digest) == b"1"
    (package / "a.py").write_text("x = 2\n")
    assert opened(package).get("facts", digest) is None
    store.installed.cache_clear()
    store.content.cache_clear()


def test_racing_writers(tmp_path: Path) -> None:
    key, digest, payload = b"k" * 32, digest_of(b"x"), b"payload" * 10_000
    Store(str(tmp_path), key)
    writers = [Store(str(tmp_path), key) for _ in range(8)]
    threads = [threading.Thread(target=w.put, args=("facts", digest, payload)) for w in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Store(str(tmp_path), key).get("facts", digest) == payload
    assert len(records(tmp_path)) == 1


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_record_or_none(data: bytes) -> None:
    found = decode("m", "m.py", False, data, lambda: None)
    assert found is None or isinstance(found, ModuleFacts)


FILES = sorted(Path(__file__).parent.parent.rglob("*.py")) + sorted(Path(store.__file__).parent.parent.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(p.name) for p in FILES])
def test_a_record_says_what_the_tree_says(path: Path) -> None:
    tree = ModuleFacts("m", "m.py", ast.parse(path.read_bytes()))
    encoded = encode(tree)
    assert encoded is not None
    recorded = decode("m", "m.py", False, encoded, lambda: ModuleFacts("m", "m.py", ast.parse(path.read_bytes())))
    assert recorded is not None
    fresh = ModuleFacts("m", "m.py", ast.parse(path.read_bytes()))
    assert list(recorded.functions()) == list(fresh.functions())
    assert recorded.keys_of("class") == fresh.keys_of("class")
    for key in fresh.keys_of("class"):
        assert recorded.class_(key) == fresh.class_(key)
        assert recorded.attributes(key) == fresh.attributes(key)
    assert recorded.outline() == fresh.outline()
    assert ast.dump(recorded.node("<module>")) == ast.dump(fresh.node("<module>"))


def test_facts_from_the_store_lead_to_the_same_findings(tmp_path: Path, own_cache: Path) -> None:
    folder = write(tmp_path / "p")
    first = findings(folder)
    for path in records(own_cache):
        if path.suffix != ".facts":
            path.unlink()
    web = folder / "app/web.py"
    begin_anew()
    text = web.read_text()
    assert check_source(str(web), text, ast.parse(text), Options()) == first["web.py"]
