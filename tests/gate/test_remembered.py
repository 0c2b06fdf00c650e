"""A run over what nothing has changed in examines no file, and says what the run before said."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_bookmark.gate.files import Examiner
from flake8_bookmark.gate.results import FileResult, Place
from flake8_bookmark.project import store
from flake8_bookmark.project.store import Store
from tests.gate.project import Run, concise, shop, write_text

ABSTRACT = "class Store:\n    def load(self):\n        raise NotImplementedError\n"
USER = "from shop.base import Store\n\nasync def main(store: Store):\n    store.load()\n"
SUBCLASS = "import time\nfrom shop.base import Store\n\nclass Own(Store):\n    def load(self):\n        time.sleep(1)\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache folder of its own for each test."""
    home = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    store.open_store.cache_clear()
    return home / "flake8-bookmark"


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are examined and not known from before."""
    names: list[str] = []
    real = Examiner.examine

    def noting(self: Examiner, place: Place) -> FileResult:
        names.append(place.name)
        return real(self, place)

    monkeypatch.setattr(Examiner, "examine", noting)
    return names


def again(folder: Path, *arguments: str) -> Run:
    store.open_store.cache_clear()
    return concise(*arguments, folder=folder)


def fresh(folder: Path, *arguments: str) -> Run:
    """What a run says that knows nothing from before."""
    return again(folder, "--bkm-cache-dir=off", *arguments)


def records(home: Path) -> list[Path]:
    return sorted([*home.rglob("*.basis"), *home.rglob("*.run")])


def test_nothing_is_examined_where_nothing_has_changed(tmp_path: Path, examined: list[str]) -> None:
    shop(tmp_path)
    first = concise(folder=tmp_path)
    assert first.places and len(examined) == 5
    examined.clear()
    assert again(tmp_path) == first
    assert examined == []


def test_another_checkout_of_the_same_content_is_known(tmp_path: Path, examined: list[str]) -> None:
    first = concise(folder=shop(write_text(tmp_path, "a/x", "").parent))
    examined.clear()
    assert again(shop(write_text(tmp_path, "b/x", "").parent)) == first
    assert examined == []


@pytest.mark.parametrize("changed", ["shop/store.py", "shop/service.py", "shop/worker.py", "plain.py"])
def test_what_depends_on_a_change_is_examined(tmp_path: Path, examined: list[str], changed: str) -> None:
    shop(tmp_path)
    concise(folder=tmp_path)
    write_text(tmp_path, changed, (tmp_path / changed).read_text().replace("requests.get(", "str(") + "\nx = 2\n")
    examined.clear()
    assert again(tmp_path).places == fresh(tmp_path).places
    examined.clear()
    again(tmp_path)
    assert examined == []


def test_only_what_depends_on_a_change_is_examined(tmp_path: Path, examined: list[str]) -> None:
    shop(tmp_path)
    concise(folder=tmp_path)
    write_text(tmp_path, "shop/store.py", (tmp_path / "shop/store.py").read_text() + "\nx = 2\n")
    examined.clear()
    again(tmp_path)
    assert "plain.py" not in examined and {"shop/store.py", "shop/service.py"} <= set(examined)


def test_a_change_that_is_taken_back(tmp_path: Path, examined: list[str]) -> None:
    shop(tmp_path)
    first = concise(folder=tmp_path)
    text = (tmp_path / "shop/store.py").read_text()
    write_text(tmp_path, "shop/store.py", text.replace("requests.get(", "str("))
    assert again(tmp_path).places == fresh(tmp_path).places != first.places
    write_text(tmp_path, "shop/store.py", text)
    assert again(tmp_path) == first


@pytest.mark.parametrize("most_broken", [0, 4, 10**9])
def test_a_class_that_begins_to_override(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examined: list[str], most_broken: int
) -> None:
    """Whether the answers of the record before keep their numbers or not."""
    monkeypatch.setattr("flake8_bookmark.gate.remembered.MOST_BROKEN", most_broken)
    shop(tmp_path)
    write_text(tmp_path, "shop/base.py", ABSTRACT)
    write_text(tmp_path, "shop/app.py", USER)
    write_text(tmp_path, "shop/other.py", "x = 1\n")
    assert "shop/app.py:4 BKM111" not in concise(folder=tmp_path).places
    for text in (SUBCLASS, "x = 1\n", "x = 2\n", SUBCLASS):
        write_text(tmp_path, "shop/other.py", text)
        found = again(tmp_path)
        assert ("shop/app.py:4 BKM111" in found.places) == (text == SUBCLASS)
        examined.clear()
        assert again(tmp_path) == found
        assert examined == []


def test_a_module_that_shadows_a_library(tmp_path: Path) -> None:
    shop(tmp_path)
    before = concise(folder=tmp_path)
    assert any("BKM102" in place or "BKM112" in place for place in before.places)
    write_text(tmp_path, "requests.py", "def get(*_): ...\n")
    assert not any("BKM102" in place or "BKM112" in place for place in again(tmp_path).places)
    os.unlink(tmp_path / "requests.py")
    assert again(tmp_path) == before


def test_what_is_imported_and_not_checked_counts(tmp_path: Path) -> None:
    shop(tmp_path)
    before = concise("--exclude=store.py", folder=tmp_path)
    text = (tmp_path / "shop/store.py").read_text()
    write_text(tmp_path, "shop/store.py", text.replace("requests.get(", "str("))
    assert again(tmp_path, "--exclude=store.py").places == fresh(tmp_path, "--exclude=store.py").places != before.places


def test_what_is_imported_from_a_folder_without_numbers_counts(tmp_path: Path) -> None:
    """`build` is no folder of the project's own, but may be imported from."""
    write_text(tmp_path, "pyproject.toml", "[project]\nname = 'x'\n")
    write_text(tmp_path, "build/__init__.py", "")
    write_text(tmp_path, "build/tool.py", "import time\n\ndef wait():\n    time.sleep(1)\n")
    write_text(tmp_path, "app.py", "from build.tool import wait\n\nasync def main():\n    wait()\n")
    before = concise("--exclude=build", folder=tmp_path)
    assert before.places == ["app.py:4 BKM111"]
    assert again(tmp_path, "--exclude=build") == before
    write_text(tmp_path, "build/tool.py", "def wait(): ...\n")
    assert again(tmp_path, "--exclude=build").places == []


ARGUMENTS = ("--ignore=BKM101", "--disable-noqa", "--bkm-nonblocking=time.sleep", "--bkm-hints")


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_settings_are_a_part_of_the_question(tmp_path: Path, argument: str) -> None:
    shop(tmp_path)
    write_text(tmp_path, "waived.py", "import time\n\nasync def f():\n    time.sleep(1)  # noqa: BKM101\n")
    first = concise(folder=tmp_path)
    assert again(tmp_path, argument).places == fresh(tmp_path, argument).places
    assert again(tmp_path) == first


def test_a_part_of_the_project_says_what_the_whole_says(tmp_path: Path) -> None:
    shop(tmp_path)
    whole = concise(folder=tmp_path)
    part = again(tmp_path, "shop/worker.py")
    assert part.places == [place for place in whole.places if place.startswith("shop/worker.py")] != []
    assert again(tmp_path, "shop/worker.py") == part
    assert again(tmp_path) == whole


def test_a_file_that_is_no_python_is_told_each_time(tmp_path: Path) -> None:
    shop(tmp_path)
    write_text(tmp_path, "broken.py", "async def f(:\n")
    first = concise(folder=tmp_path)
    assert first.code == 3
    assert again(tmp_path) == first


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_the_record_is_of_the_run_and_not_of_its_processes(tmp_path: Path, examined: list[str], jobs: str) -> None:
    shop(tmp_path)
    for number in range(30):
        write_text(tmp_path, f"m{number}.py", "import shop.service\n\nasync def f():\n    shop.service.users()\n")
    first = concise(jobs, folder=tmp_path)
    examined.clear()
    assert again(tmp_path, "-j1") == first
    assert examined == []


def _each(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda home: [path.write_bytes(change(path.read_bytes())) for path in records(home)] and None


def _forged(home: Path) -> None:
    """A record that is whole, made by somebody who does not know the key."""
    foreign = Store(str(home / "records"), b"x" * 32)
    for path in records(home):
        payload = path.read_bytes()[store.MAC_SIZE :]
        foreign.put(path.suffix[1:], path.parent.name + path.stem, payload.replace(b"BKM101", b"BKM999"))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "truncated": _each(lambda data: data[: len(data) // 2]),
    "emptied": _each(lambda data: b""),
    "one byte changed": _each(lambda data: data[:-1] + bytes([data[-1] ^ 1])),
    "forged": _forged,
    "removed": lambda home: shutil.rmtree(home),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_changes_nothing(tmp_path: Path, own_cache: Path, examined: list[str], name: str) -> None:
    shop(tmp_path)
    first = concise(folder=tmp_path)
    assert [path.suffix for path in records(own_cache)] == [".basis", ".run"]
    DAMAGES[name](own_cache)
    examined.clear()
    assert again(tmp_path) == first
    assert len(examined) == 5
    examined.clear()
    assert again(tmp_path) == first
    assert examined == []


def test_a_record_of_another_shape_is_none(tmp_path: Path, own_cache: Path, examined: list[str]) -> None:
    """As a fault in this tool could write one, with the right key."""
    shop(tmp_path)
    first = concise(folder=tmp_path)
    path = records(own_cache)[1]
    store.open_store("").put("run", path.parent.name + path.stem, b"\x95\xa0\x90\xc4\x00\x90\xc0")
    examined.clear()
    assert again(tmp_path) == first
    assert len(examined) == 5


def test_a_basis_of_another_run_is_none(tmp_path: Path, own_cache: Path, examined: list[str]) -> None:
    """Two runs that race may leave one record each."""
    shop(tmp_path)
    concise(folder=tmp_path)
    old = records(own_cache)[0].read_bytes()
    text = (tmp_path / "shop/store.py").read_text()
    write_text(tmp_path, "shop/store.py", text.replace("requests.get(", "str("))
    again(tmp_path)
    records(own_cache)[0].write_bytes(old)
    write_text(tmp_path, "plain.py", "x = 3\n")
    examined.clear()
    assert again(tmp_path).places == fresh(tmp_path).places
    assert examined.count("shop/service.py") == 2


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_to_folders_are_not_trusted(tmp_path: Path) -> None:
    outside = write_text(tmp_path, "outside/tool.py", "import time\n\ndef wait():\n    time.sleep(1)\n")
    write_text(tmp_path, "outside/__init__.py", "")
    write_text(tmp_path, "p/pyproject.toml", "[project]\nname = 'x'\n")
    write_text(tmp_path, "p/app.py", "from lib.tool import wait\n\nasync def main():\n    wait()\n")
    os.symlink(tmp_path / "outside", tmp_path / "p" / "lib")
    before = concise("app.py", folder=tmp_path / "p")
    outside.write_text("def wait(): ...\n")
    assert again(tmp_path / "p", "app.py").places == fresh(tmp_path / "p", "app.py").places
    assert before.places == ["app.py:4 BKM111"]
