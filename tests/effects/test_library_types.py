"""The types of library names: chains of calls and attributes as programs have them, and what comes out."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from flake8_bookmark.effects import typeshed_data
from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library import read_library
from flake8_bookmark.effects.library_types import LibraryTypes
from flake8_bookmark.effects.type_text import join_union, split_generic, split_union, substitute

ROOT = Path(__file__).parents[2]
OPERATORS = {
    ast.Div: "__truediv__",
    ast.Mod: "__mod__",
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.BitOr: "__or__",
}

CHAINS = [
    line
    for line in (ROOT / "tests/effects/type_chains.txt").read_text(encoding="utf-8").splitlines()
    if " -> " in line
]


@cache
def types() -> LibraryTypes:
    return LibraryTypes(Catalogue.shipped())


class Reader:
    """Follows an expression; a result is a type, or for something with a name the name after an `@`."""

    def __init__(self) -> None:
        self.types = types()

    def read(self, node: ast.expr) -> str:
        match node:
            case ast.Constant():
                return type(node.value).__name__
            case ast.Name():
                return f"@{node.id}"
            case ast.Attribute():
                return self.attribute(self.read(node.value), node.attr)
            case ast.Subscript():
                return self.members(self.read(node.value), "__getitem__")
            case ast.BinOp():
                return self.members(self.read(node.left), OPERATORS[type(node.op)])
            case ast.Await():
                value = self.read(node.value)
                return (
                    value.removeprefix("awaitable ")
                    if value.startswith("awaitable ")
                    else self.awaited(value)
                )
            case ast.Call(func=ast.Name(id="given"), args=[ast.Constant(value=str(text))]):
                return text
            case ast.Call(func=ast.Name(id="each" | "each_" | "entered" | "entered_" as step), args=[value]):
                return self.step(step, self.read(value))
            case ast.Call():
                return self.call(node)
        raise AssertionError(ast.dump(node))

    def awaited(self, value: str) -> str:
        return self.types.awaited_type(value)

    def step(self, step: str, value: str) -> str:
        if step.startswith("each"):
            return self.types.element_type(value, is_async=step.endswith("_"))
        return self.members(value, "__aenter__" if step.endswith("_") else "__enter__")

    def members(self, value: str, name: str) -> str:
        found = (self.types.member_type(*split_generic(part), name) for part in split_union(value))
        return join_union(part for part in found if part)

    def attribute(self, value: str, name: str) -> str:
        if value.startswith("@"):
            dotted = f"{value[1:]}.{name}"
            declared = self.types.declaration(dotted)
            is_value = declared is not None and (declared.kind == "attribute" or declared.is_property)
            return declared.type if declared and is_value else f"@{dotted}"
        methods = []
        for part in split_union(value):
            declared = self.types.member(split_generic(part)[0], name)
            if declared is not None and declared.kind == "function" and not declared.is_property:
                methods.append(part)
        if methods:
            return f"@{' | '.join(methods)} . {name}"
        return self.members(value, name)

    def call(self, node: ast.Call) -> str:
        callee = self.read(node.func)
        positional = [self.read(argument) for argument in node.args]
        keywords = {keyword.arg or "": self.read(keyword.value) for keyword in node.keywords}
        receivers, _, name = callee.removeprefix("@").rpartition(" . ")
        results = []
        for receiver in split_union(receivers) or ("",):
            found = self.types.call_type(name, positional, keywords, receiver)
            declared = self.types.member(split_generic(receiver)[0], name) if receiver else None
            declared = declared or self.types.declaration(name)
            results.append(f"awaitable {found}" if declared is not None and declared.is_async else found)
        return join_union(result for result in results if result)


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.partition(" -> ")[0].strip())
def test_chain(chain: str) -> None:
    expression, _, expected = chain.partition(" -> ")
    actual = Reader().read(ast.parse(expression.strip(), mode="eval").body)
    assert ("?" if actual.startswith("@") else actual or "?") == expected.strip()


@pytest.mark.parametrize(("spelling", "canonical"), [
    ("open", "builtins.open"),
    ("io.open", "builtins.open"),
    ("list", "builtins.list"),
    ("IOError", "builtins.OSError"),
    ("socket.error", "builtins.OSError"),
    ("posixpath.exists", "os.path.exists"),
    ("genericpath.exists", "os.path.exists"),
    ("concurrent.futures._base.Future", "concurrent.futures.Future"),
    ("asyncio.tasks.sleep", "asyncio.sleep"),
    ("asyncio.events.AbstractEventLoop", "asyncio.AbstractEventLoop"),
    ("_thread.LockType", "threading.Lock"),
    ("typing.Iterator", "collections.abc.Iterator"),
    ("typing.List", "builtins.list"),
    ("unittest.case.TestCase", "unittest.TestCase"),
    ("subprocess.Popen", "subprocess.Popen"),
    ("pathlib.Path.parent", "pathlib.PurePath.parent"),
    ("pathlib.Path.read_text", "pathlib.Path.read_text"),
    ("socket.socket.recv", "socket.socket.recv"),
    ("ssl.SSLSocket.getsockname", "socket.socket.getsockname"),
    ("queue.LifoQueue.get", "queue.Queue.get"),
    ("sys.stdin.readline", "sys.stdin.readline"),
    ("xml.etree.ElementTree.fromstring", "xml.etree.ElementTree.fromstring"),
    ("logging.getLogger", "logging.getLogger"),
    ("requests.sessions.Session", "requests.Session"),
])  # fmt: skip
def test_canonical_name(spelling: str, canonical: str) -> None:
    declaration = types().declaration(spelling)
    assert declaration is not None
    assert declaration.name == canonical


@pytest.mark.parametrize(("name", "kind", "is_async", "is_property"), [
    ("os.path", "module", False, False),
    ("os.getcwd", "function", False, False),
    ("pathlib.Path", "class", False, False),
    ("sys.path", "attribute", False, False),
    ("pathlib.Path.parent", "function", False, True),
    ("functools.cached_property", "class", False, False),
    ("asyncio.sleep", "function", True, False),
    ("asyncio.Queue.get", "function", True, False),
    ("asyncio.Queue.get_nowait", "function", False, False),
    ("asyncio.Timeout.__aenter__", "function", True, False),
    ("asyncio.AbstractEventLoop.run_in_executor", "function", False, False),
    ("asyncio.AbstractEventLoop.getaddrinfo", "function", True, False),
    ("httpx.AsyncClient.get", "function", True, False),
    ("httpx.get", "function", False, False),
])  # fmt: skip
def test_kind(name: str, kind: str, is_async: bool, is_property: bool) -> None:
    found = types().declaration(name)
    assert found is not None
    assert (found.kind, found.is_async, found.is_property) == (kind, is_async, is_property)


@pytest.mark.parametrize("name", [
    "", ".", "a..b", "nowhere", "nowhere.Thing", "os.nothing", "os.path.nothing", "pathlib.Path.nothing",
    "_T", "list[int]", "../builtins", "Queue.Queue", "os.getcwd.read", "x" + ".a" * 5000,
    "pathlib.Path" + ".parent" * 5000,
])  # fmt: skip
def test_unknown_names_are_none(name: str) -> None:
    assert types().declaration(name) is None
    assert types().mro(name) == ()
    assert types().member(name, "read") is None
    assert types().call_type(name, [name]) == ""


def test_mro_is_that_of_the_interpreter() -> None:
    assert types().mro("collections.Counter")[:2] == ("collections.Counter", "builtins.dict")
    assert types().mro("builtins.FileNotFoundError") == (
        "builtins.FileNotFoundError",
        "builtins.OSError",
        "builtins.Exception",
        "builtins.BaseException",
        "builtins.object",
    )
    line = types().mro("io.BufferedRandom")
    assert line.index("io.BufferedIOBase") < line.index("io.IOBase") < line.index("builtins.object")
    assert types().mro("nowhere.Thing") == ()


def test_type_variables_reach_the_ancestors() -> None:
    assert types().substitutes("collections.Counter", ("str",), "dict") == {"_KT": "str", "_VT": "int"}
    assert types().substitutes("dict", ("str", "int"), "typing.Iterable") == {"_T_co": "str"}
    assert types().substitutes("str", (), "collections.abc.Sequence") == {"_T_co": "str"}
    assert types().substitutes("list", ("int",), "dict") == {}


def test_members_keep_their_variables_and_their_bases_names() -> None:
    found = types().declaration("builtins.dict")
    assert found is not None
    assert found.parameters == ("_KT", "_VT")
    assert found.bases == ("collections.abc.MutableMapping",)
    member = types().member("dict", "__getitem__")
    assert member is not None
    assert member.type == "_VT"
    member = types().member("pathlib.PosixPath", "with_name")
    assert member is not None
    assert member.type == "Self"


@pytest.mark.parametrize(("text", "members"), [
    ("", ()),
    ("int", ("int",)),
    ("dict[str, int | None] | None", ("dict[str, int | None]", "None")),
    ("list[", ("list[",)),
    ("| int |", ("int",)),
])  # fmt: skip
def test_unions_come_apart(text: str, members: tuple[str, ...]) -> None:
    assert split_union(text) == members


def test_types_are_put_together() -> None:
    assert split_generic("dict[str, tuple[int, ...]]") == ("dict", ("str", "tuple[int, ...]"))
    assert substitute("dict[_K, list[_V]] | _V", {"_K": "str", "_V": "int | None"}) == (
        "dict[str, list[int | None]] | int | None"
    )
    assert substitute("a._T | _T", {"_T": "int"}) == "a._T | int"
    assert substitute("_T | None", {"_T": ""}) == ""
    assert substitute("list[_T] | _T", {"_T": ""}) == "list"
    assert join_union(["int", "str | int", "None"]) == "int | str | None"


def test_a_deep_type_does_no_harm() -> None:
    deep = "list[" * 5000 + "int" + "]" * 5000
    assert types().element_type(deep) == deep[5:-1]
    assert types().call_type("sorted", [deep]) == deep


# Every public class and function of these modules is declared, whatever the running version.
COMPLETE = [
    *("asyncio", "builtins", "concurrent.futures", "contextlib", "csv", "ftplib", "functools", "gzip"),
    *("http.client", "imaplib", "io", "itertools", "json", "logging", "logging.handlers", "multiprocessing"),
    *("multiprocessing.pool", "os", "os.path", "pathlib", "pickle", "queue", "select", "selectors", "shelve"),
    *("shutil", "smtplib", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "tarfile", "tempfile"),
    *("threading", "time", "urllib.parse", "urllib.request", "zipfile"),
]


@pytest.mark.parametrize("module", COMPLETE)
def test_nothing_public_is_missing(module: str) -> None:
    there = importlib.import_module(module)
    offered = getattr(there, "__all__", None) or [
        name for name, value in vars(there).items() if getattr(value, "__module__", None) == module
    ]
    names = [name for name in offered if not name.startswith("_") and callable(getattr(there, name))]
    assert names
    assert [name for name in names if types().declaration(f"{module}.{name}") is None] == []


# Declared for other versions or systems only.
ELSEWHERE = {
    *("concurrent.futures.InterpreterPoolExecutor", "pathlib.UnsupportedOperation", "queue.ShutDown"),
    *("socket.errorTab", "socket.fromshare", "sqlite3.SQLITE_KEYWORDS", "sqlite3.enable_shared_cache"),
    *("subprocess.STARTUPINFO", "select.kevent", "select.kqueue", "tarfile.LinkFallbackError"),
    *("threading.concurrent_tee", "threading.serialize_iterator", "threading.synchronized_iterator"),
    *("threading.setprofile_all_threads", "threading.settrace_all_threads", "io.Reader", "io.Writer"),
    *(
        "logging.getHandlerByName",
        "logging.getHandlerNames",
        "concurrent.futures.InvalidStateError",
        "glob.translate",
    ),
}


EXISTING = [
    *(
        "concurrent.futures",
        "glob",
        "io",
        "json",
        "logging",
        "pathlib",
        "queue",
        "select",
        "shutil",
        "socket",
    ),
    *("sqlite3", "subprocess", "tarfile", "threading"),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("module", EXISTING)
def test_what_is_declared_exists(module: str) -> None:
    there = importlib.import_module(module)
    data = typeshed_data.load(module.partition(".")[0])
    declared = [name for name in (*data.names, *data.classes) if name.rpartition(".")[0] == module]
    public = {name for name in declared if not name.rpartition(".")[2].startswith("_")} - ELSEWHERE
    assert public
    assert [name for name in sorted(public) if not hasattr(there, name.rpartition(".")[2])] == []


def test_the_catalogue_and_the_types_call_things_by_the_same_name() -> None:
    """An effect is looked up by the name that a declaration has, so the two must agree on it."""
    catalogue = Catalogue.shipped()
    roots = sorted(typeshed_data.present() & set(catalogue.libraries()))
    known = [name for root in roots for name in read_library(root).effects if not name.endswith(".*")]
    assert len(known) > 500
    for name in known:
        declaration = types().declaration(name)
        assert declaration is not None, name
        assert catalogue.effects(declaration.name) == catalogue.effects(name), (name, declaration.name)


def test_the_data_is_what_the_tool_derives() -> None:
    try:
        installed = version("mypy")
    except PackageNotFoundError:
        pytest.skip("mypy isn't installed")
    if f"mypy {installed} " not in (typeshed_data.FOLDER / "README.md").read_text(encoding="utf-8"):
        pytest.skip(f"the data was derived from another mypy than {installed}")
    command = [sys.executable, str(ROOT / "tools" / "typeshed.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
