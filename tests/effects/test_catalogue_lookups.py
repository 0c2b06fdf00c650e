"""Look-ups in the catalogue answer as its schema says, and the user's own names lie over what is shipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_bookmark.effects import library as room
from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library import Library, parse_library, read_library
from flake8_bookmark.effects.model import Kind, Place, Suspends
from flake8_bookmark.finding import Level


@pytest.mark.parametrize(("name", "kind", "level"), [
    ("time.sleep", Kind.SLEEP, Level.ERROR),
    ("urllib.request.urlopen", Kind.NETWORK, Level.ERROR),
    ("socket.getaddrinfo", Kind.NETWORK, Level.ERROR),
    ("smtplib.SMTP.send_message", Kind.NETWORK, Level.ERROR),
    ("sqlite3.Cursor.execute", Kind.DATABASE, Level.ERROR),
    ("subprocess.run", Kind.PROCESS, Level.ERROR),
    ("subprocess.Popen", Kind.PROCESS, Level.WARNING),
    ("open", Kind.FILE, Level.WARNING),
    ("io.open", Kind.FILE, Level.WARNING),
    ("pathlib.Path.read_text", Kind.FILE, Level.WARNING),
    ("shutil.rmtree", Kind.FILE, Level.WARNING),
    ("os.listdir", Kind.FILE, Level.WARNING),
    ("importlib.import_module", Kind.FILE, Level.WARNING),
    ("ssl.create_default_context", Kind.FILE, Level.WARNING),
    ("os.path.exists", Kind.PATH, Level.HINT),
    ("posixpath.exists", Kind.PATH, Level.HINT),
    ("pathlib._local.Path.mkdir", Kind.PATH, Level.HINT),
    ("queue.Queue.get", Kind.THREAD, Level.ERROR),
    ("concurrent.futures._base.Future.result", Kind.THREAD, Level.ERROR),
    ("threading.Lock.__enter__", Kind.THREAD, Level.HINT),
    ("asyncio.run", Kind.LOOP, Level.ERROR),
    ("asyncio.runners.run", Kind.LOOP, Level.ERROR),
    ("input", Kind.PERSON, Level.ERROR),
    ("pdb.set_trace", Kind.PERSON, Level.WARNING),
    ("hashlib.scrypt", Kind.COMPUTE, Level.WARNING),
    ("json.loads", Kind.COMPUTE, Level.HINT),
])  # fmt: skip
def test_what_calls_of_the_standard_library_do(name: str, kind: Kind, level: Level) -> None:
    [effect] = Catalogue.shipped().effects(name)
    assert (effect.kind, effect.level) == (kind, level)


@pytest.mark.parametrize("name", [
    "asyncio.sleep", "io.StringIO.write", "io.BytesIO.__iter__", "sys.stdout.write", "os.path.join",
    "print", "socket.socket.close", "subprocess.Popen.poll", "queue.Queue.get_nowait", "no_such_library.get",
    "len", "", "..", "PATHLIB.Path.open", "xmlrpc.client.ServerProxy.__enter__",
    "pathlib.PurePath.with_suffix",
])  # fmt: skip
def test_silent_names(name: str) -> None:
    assert Catalogue.shipped().effects(name) == ()


def test_a_method_is_found_along_the_bases_and_memory_files_stop_the_walk() -> None:
    catalogue = Catalogue.shipped()
    wrapper = ["io.TextIOWrapper.read", "io.TextIOBase.read", "typing.TextIO.read", "typing.IO.read"]
    memory = ["io.StringIO.read", "io.TextIOBase.read", "typing.TextIO.read", "typing.IO.read"]
    assert catalogue.first_known(wrapper) == "io.TextIOBase.read"
    assert catalogue.first_known(memory) == "io.StringIO.read"
    assert catalogue.is_safe("io.StringIO.read")
    assert catalogue.first_known(["a.b", "c.d"]) is None


def test_conditions_of_a_call() -> None:
    catalogue = Catalogue.shipped()
    [sleep] = catalogue.effects("time.sleep")
    [condition] = sleep.unless
    assert (condition.position, condition.values, condition.absent) == (0, (0,), False)
    [mail] = catalogue.effects("smtplib.SMTP")
    assert mail.unless[0].absent


def test_callables_that_are_handed_over() -> None:
    catalogue = Catalogue.shipped()
    [thread] = catalogue.handovers("asyncio.threads.to_thread")
    assert (thread.keyword, thread.position, thread.place) == ("func", 0, Place.WORKER)
    assert thread.result == "awaitable"
    [executor] = catalogue.handovers("asyncio.AbstractEventLoop.run_in_executor")
    assert (executor.position, executor.place) == (1, Place.WORKER)
    pool = catalogue.handovers("multiprocessing.pool.Pool.apply_async")
    assert [handover.position for handover in pool] == [0, 3, 4]
    assert {handover.place for handover in pool} == {Place.WORKER}
    [later] = catalogue.handovers("asyncio.AbstractEventLoop.call_soon")
    assert later.place is Place.LOOP
    key, items = catalogue.handovers("sorted")
    assert (key.keyword, key.position, key.place) == ("key", None, Place.HERE)
    assert (items.position, items.place) == (0, Place.ITERATED)
    assert catalogue.handovers("time.sleep") == ()
    decorator = catalogue.decorator("functools.wraps")
    assert decorator is not None
    assert (decorator.place, decorator.result) == (Place.HERE, "value")
    assert catalogue.decorator("functools.partial") is None


def test_tasks_locks_and_awaitables() -> None:
    catalogue = Catalogue.shipped()
    loose = catalogue.spawner("asyncio.tasks.create_task")
    held = catalogue.spawner("asyncio.TaskGroup.create_task")
    assert loose is not None and not loose.holds
    assert held is not None and held.holds
    assert catalogue.spawner("asyncio.sleep") is None
    families = [catalogue.lock(name) for name in ("threading.Lock", "asyncio.Lock", "multiprocessing.Lock")]
    assert [lock.family for lock in families if lock] == ["thread", "async", "process"]
    assert catalogue.suspends("asyncio.sleep") is Suspends.ALWAYS
    assert catalogue.suspends("asyncio.Queue.get") is Suspends.MAYBE
    assert catalogue.suspends("asyncio.Timeout.__aenter__") is Suspends.NEVER
    assert catalogue.suspends("asyncio.no_such_name") is None


def test_every_kind_has_sections_for_its_page_and_they_are_in_order() -> None:
    catalogue = Catalogue.shipped()
    for kind in Kind:
        sections = catalogue.anchors(kind)
        assert sections
        assert list(sections) == sorted(sections)
        assert all(effect.kind is kind and effect.source for found in sections.values() for effect in found)
    assert "time.sleep" in [effect.name for effect in catalogue.anchors(Kind.SLEEP)["time-sleep"]]


SMALL = """
[library]
name = "toy-client"
import = "toy"
source = "https://example.org/toy"
async = ["toy.AsyncClient.get"]

[aliases]
"toy.inner.Client" = "toy.Client"
"toy.old" = "toy.inner"

[bases]
"toy.Client" = ["toy.Anything"]

[types]
"toy.connect" = "toy.Client"

[[blocks]]
kind = "network"
names = ["toy.Client.*", "toy.connect"]
anchor = "toy"
instead.asyncio = ["toy.AsyncClient.*"]

[[safe]]
names = ["toy.Client.close", "toy.Memory.*"]
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A catalogue of one library, and one that can't be read."""
    (tmp_path / "toy.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("[library]\nname = 'x'\n", encoding="utf-8")
    monkeypatch.setattr(room, "LIBRARIES", tmp_path)
    _forget()
    yield tmp_path
    _forget()


@pytest.mark.usefixtures("toy")
def test_a_pattern_stands_for_public_methods_and_names_the_same_method_of_the_replacement() -> None:
    catalogue = Catalogue.shipped()
    [effect] = catalogue.effects("toy.Client.get")
    assert effect.name == "toy.Client.get"
    assert effect.instead == {"asyncio": ("toy.AsyncClient.get",)}
    assert catalogue.effects("toy.Client.__enter__") == catalogue.effects("toy.Client._send") == ()
    assert catalogue.effects("toy.Client.get.more") == catalogue.effects("toy.Client") == ()


@pytest.mark.usefixtures("toy")
def test_safe_wins_over_a_pattern_and_reaches_special_methods() -> None:
    catalogue = Catalogue.shipped()
    assert catalogue.effects("toy.Client.close") == ()
    assert catalogue.is_safe("toy.Client.close")
    assert catalogue.is_safe("toy.Memory.__iter__")
    assert not catalogue.is_safe("toy.Client.get")


@pytest.mark.usefixtures("toy")
def test_aliases_cover_members_and_lead_on() -> None:
    catalogue = Catalogue.shipped()
    assert catalogue.canonical("toy.inner.Client") == "toy.Client"
    assert catalogue.canonical("toy.old.Client.get") == "toy.Client.get"
    assert catalogue.canonical("toy.old_times.Client") == "toy.old_times.Client"
    assert len(catalogue.effects("toy.old.Client.get")) == 1


@pytest.mark.usefixtures("toy")
def test_types_bases_and_coroutines_of_a_library() -> None:
    catalogue = Catalogue.shipped()
    assert catalogue.type_of("toy.connect") == "toy.Client"
    assert catalogue.type_of("toy.other") is None
    assert catalogue.bases("toy.inner.Client") == ("toy.Anything",)
    assert catalogue.bases("toy.connect") is None
    assert catalogue.is_async("toy.AsyncClient.get")
    assert not catalogue.is_async("toy.Client.get")
    assert catalogue.libraries() == ("broken", "toy")


@pytest.mark.usefixtures("toy")
def test_a_file_is_read_only_when_asked_for_and_a_broken_one_says_which() -> None:
    catalogue = Catalogue.shipped()
    assert catalogue.effects("other.name") == ()
    assert read_library.cache_info().currsize == 0
    catalogue.effects("toy.Client.get")
    catalogue.effects("toy.connect")
    assert read_library.cache_info().currsize == 1
    with pytest.raises(ValueError, match=r"broken\.toml"):
        catalogue.effects("broken.name")


@pytest.mark.usefixtures("toy")
def test_a_circle_of_aliases_ends(toy: Path) -> None:
    head = SMALL.partition("[aliases]")[0]
    circle = '[aliases]\n"toy.a" = "toy.b"\n"toy.b" = "toy.a"\n'
    (toy / "toy.toml").write_text(f"{head}\n{circle}", encoding="utf-8")
    _forget()
    assert Catalogue.shipped().canonical("toy.a.get") in ("toy.a.get", "toy.b.get")


def test_what_the_user_declares_lies_over_the_shipped_data() -> None:
    catalogue = Catalogue.shipped({
        "blocking": ["shop.db.*", "io.StringIO.write", "shop.*.load"],
        "nonblocking": ["time.sleep", "shop.db.ping"],
        "offloaders": ["shop.pool.run:func", "asyncio.to_thread:2"],
        "spawners": ["asyncio.create_task", "shop.keep"],
    })  # fmt: skip
    [effect] = catalogue.effects("shop.db.query")
    assert (effect.kind, effect.level, effect.name) == (Kind.PERSON, Level.ERROR, "shop.db.query")
    assert effect.cause
    assert len(catalogue.effects("io.StringIO.write")) == len(catalogue.effects("shop.any.load")) == 1
    assert catalogue.effects("shop.any.thing.load") == catalogue.effects("shop.db.ping") == ()
    assert catalogue.effects("time.sleep") == ()
    assert [(h.keyword, h.position) for h in catalogue.handovers("shop.pool.run")] == [("func", None)]
    assert [(h.keyword, h.position) for h in catalogue.handovers("asyncio.to_thread")] == [("", 2)]
    kept = [catalogue.spawner(name) for name in ("asyncio.create_task", "shop.keep")]
    assert all(spawner is not None and spawner.holds for spawner in kept)


@pytest.mark.parametrize(("option", "entry"), [
    ("blocking", "shop..load"), ("blocking", "*"), ("blocking", "shop.lo*d"), ("nonblocking", "shop load"),
    ("nonblocking", ""), ("spawners", "shop.keep()"), ("offloaders", "shop.run"), ("offloaders", "shop.run:"),
    ("offloaders", "shop.run:-1"), ("offloaders", ":func"),
])  # fmt: skip
def test_an_entry_that_makes_no_sense_is_named(option: str, entry: str) -> None:
    with pytest.raises(ValueError, match=f"bkm-{option}: '{_escaped(entry)}'|bkm-{option}: ''"):
        Catalogue.shipped({option: [entry]})


def test_a_name_both_blocking_and_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shop\.load"):
        Catalogue.shipped({"blocking": ["shop.load"], "nonblocking": ["shop.load"]})


def test_a_file_without_facts_is_a_library_all_the_same() -> None:
    head = {"library": {"name": "x", "import": "x", "source": "https://example.org"}}
    assert parse_library(head) == Library(name="x", root="x", source="https://example.org")


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in ".*()+-" else char for char in text)


def _forget() -> None:
    read_library.cache_clear()
    room.roots.cache_clear()
