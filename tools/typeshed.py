"""Derives what flake8-bookmark knows about the types of the standard library from typeshed.

    python tools/typeshed.py            write flake8_bookmark/effects/typeshed/*.json
    python tools/typeshed.py --check    say whether they are up to date

Typeshed is taken from the installed mypy, which ships a copy of it (https://github.com/python/typeshed). The
result depends on that copy only; `flake8_bookmark/effects/typeshed_data.py` says what the files look like.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from typeshed_declarations import Declarations  # noqa: E402
from typeshed_names import FACTORIES, Names, canonical_names, is_private  # noqa: E402
from typeshed_stubs import Stubs  # noqa: E402

TARGET = ROOT / "flake8_bookmark" / "effects" / "typeshed"
COMMAND = "python tools/typeshed.py"

# Gone from every supported Python, of no use in a service, or only about the interpreter itself.
LEFT_OUT_NAMES = """
    __main__ _ast _msi _tkinter _typeshed aifc annotationlib antigravity ast asynchat asyncore
    audioop binhex chunk dis distutils idlelib imghdr imp lib2to3 msilib nis nt opcode ossaudiodev
    pickletools profiling pydoc_data smtpd sndhdr spwd sre_compile sre_constants sre_parse
    stringprep sunau symtable this tkinter token turtle uu xdrlib xxlimited
"""
LEFT_OUT = frozenset(LEFT_OUT_NAMES.split())
LEFT_OUT_BELOW = ("encodings.", "ctypes.macholib", "unittest.mock", "xml.etree.cElementTree")
PRIVATE_BUT_USED = {"_thread"}
PLAIN = {"var int", "var str", "var bytes", "var float", "var bool", "var", ""}

# What is true when the program runs, where typeshed has to say less or says it structurally.
FILE = "io.TextIOWrapper | io.BufferedReader | io.BufferedWriter | io.BufferedRandom | io.FileIO"
PIPE = "io.{} | io.TextIOWrapper | None"
CORRECTIONS = {
    "builtins.aiter": "def collections.abc.AsyncIterator"
    " || 1/1 collections.abc.AsyncIterator[_1] <- 0 async_iterable: collections.abc.AsyncIterable[_1]",
    "builtins.iter": "def collections.abc.Iterator"
    " || 1/2 collections.abc.Iterator[_1] <- 0 object: collections.abc.Iterable[_1]",
    "builtins.open": f"def {FILE}",
    "io.TextIOWrapper.buffer": "property io.BufferedReader | io.BufferedWriter",
    "os.fdopen": f"def {FILE}",
    "os.scandir": "def os._ScandirIterator[str]",
    "pathlib.Path.open": f"def {FILE}",
    "subprocess.Popen.stderr": f"var {PIPE.format('BufferedReader')}",
    "subprocess.Popen.stdin": f"var {PIPE.format('BufferedWriter')}",
    "subprocess.Popen.stdout": f"var {PIPE.format('BufferedReader')}",
    "sys.__stderr__": "var io.TextIOWrapper | None",
    "sys.__stdin__": "var io.TextIOWrapper | None",
    "sys.__stdout__": "var io.TextIOWrapper | None",
    "sys.stderr": "var io.TextIOWrapper",
    "sys.stdin": "var io.TextIOWrapper",
    "sys.stdout": "var io.TextIOWrapper",
    "tarfile.TarFile.extractfile": "def tarfile.ExFileObject | None",
    "urllib.request.urlopen": "def http.client.HTTPResponse",
    "zipfile.ZipFile.open": "def zipfile.ZipExtFile",
}


def gathered() -> str:
    """Return the entry of `asyncio.gather`: awaiting it gives one result for each argument, in their order.

    Typeshed's overloads also say that with `return_exceptions=True` each may be an exception instead.
    """
    alternatives = []
    for count in range(1, 7):
        numbers = range(1, count + 1)
        inputs = (f"{n - 1} coro_or_future{n}: collections.abc.Awaitable[_{n}]" for n in numbers)
        results = ", ".join(f"_{n}" for n in numbers)
        alternatives.append(f"{count}/{count} asyncio.Future[tuple[{results}]] <- {'; '.join(inputs)}")
    rest = "7/* asyncio.Future[list[_1]] <- 0* coros_or_futures: collections.abc.Awaitable[_1]"
    return " || ".join(["def asyncio.Future[list]", *alternatives, rest])


# https://docs.python.org/3/library/typing.html#deprecated-aliases
TYPING_ALIASES = {
    "Callable": "collections.abc.Callable",
    "ChainMap": "collections.ChainMap",
    "Counter": "collections.Counter",
    "DefaultDict": "collections.defaultdict",
    "Deque": "collections.deque",
    "Dict": "builtins.dict",
    "FrozenSet": "builtins.frozenset",
    "List": "builtins.list",
    "OrderedDict": "collections.OrderedDict",
    "Set": "builtins.set",
    "Tuple": "builtins.tuple",
    "Type": "builtins.type",
}
CALLABLE = {"variables": ["_ReturnT_co"], "members": {"__call__": "def _ReturnT_co"}}


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description="Derive the types of the standard library from typeshed.")
    parser.add_argument("--check", action="store_true", help="only say whether the files are up to date")
    wanted = files()
    if parser.parse_args().check:
        return check(wanted)
    TARGET.mkdir(parents=True, exist_ok=True)
    for path in TARGET.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    return 0


def check(wanted: dict[str, str]) -> int:
    """Compare what should be there with what is there."""
    present = {path.name: path.read_text(encoding="utf-8") for path in TARGET.iterdir()}
    differing = sorted(name for name in {*wanted, *present} if wanted.get(name) != present.get(name))
    if differing:
        print(
            f"{TARGET.relative_to(ROOT)} is not what {COMMAND} writes with mypy {version('mypy')}:",
            *differing,
        )
        print(f"Regenerate it: {COMMAND}")
    return int(bool(differing))


def files() -> dict[str, str]:
    """Return the files to write, by name."""
    data = derive(Stubs(stub_folder()))
    written = {
        f"{root}.json": json.dumps(found, indent=0, sort_keys=True) + "\n" for root, found in data.items()
    }
    return {**written, "README.md": readme()}


def stub_folder() -> Path:
    """Return the folder of the standard library's stubs."""
    import mypy

    return Path(mypy.__file__).parent / "typeshed" / "stdlib"


def readme() -> str:
    """Return what a reader of the folder should know."""
    return (
        "# Types of the standard library\n\n"
        f"Written by `{COMMAND}` from the typeshed stubs that mypy {version('mypy')} ships\n"
        "(https://github.com/python/typeshed, Apache License 2.0 and MIT License). Don't edit them.\n"
        "`typeshed_data.py`, one folder up, says what the files look like.\n"
    )


def derive(stubs: Stubs) -> dict[str, dict[str, Any]]:
    """Return the data of every top-level module."""
    modules = [name for name in stubs.names() if not is_left_out(name)]
    names = canonical_names(stubs, modules)
    classes, values = declare(stubs, names)
    classes["collections.abc.Callable"] = CALLABLE
    del classes["typing.Any"]
    for name, target in TYPING_ALIASES.items():
        values.pop(f"typing.{name}", None)
        names.aliases[f"typing.{name}"] = target
    values.update((name, f"def {names.canonical[name.replace('.', '.queues.')]}") for name in FACTORIES)
    correct(classes, values)
    kept = reachable(classes, values)
    data: dict[str, dict[str, Any]] = {}
    for module in modules:
        if not is_private(module) or module in PRIVATE_BUT_USED:
            part_of(data, module)["modules"].append(module)
    for name in sorted(kept):
        kind, table = ("classes", classes) if name in classes else ("names", values)
        part_of(data, name)[kind][name] = table[name]
    known = {*kept, *modules}
    for alias, target in names.aliases.items():
        if target in known and (not alias.startswith("_") or alias.partition(".")[0] in PRIVATE_BUT_USED):
            part_of(data, alias)["aliases"][alias] = target
    return data


def part_of(data: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the data of the top-level module that a name belongs to."""
    empty: dict[str, Any] = {"aliases": {}, "classes": {}, "modules": [], "names": {}}
    return data.setdefault(name.partition(".")[0], empty)


def is_left_out(module: str) -> bool:
    """Say whether a module is of no interest."""
    return module.partition(".")[0] in LEFT_OUT or module.startswith(LEFT_OUT_BELOW)


def declare(stubs: Stubs, names: Names) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the declarations of all classes, and of all functions and values."""
    declarations = Declarations(stubs, names)
    classes: dict[str, Any] = {}
    values: dict[str, str] = {}
    for name, symbol in names.symbols.items():
        if symbol.is_class:
            classes[name] = declarations.of_class(name, symbol)
            continue
        entry = declarations.of_name(symbol)
        if entry not in PLAIN or (entry and not name.rpartition(".")[2].isupper()):
            values[name] = entry
    return classes, values


def correct(classes: dict[str, Any], values: dict[str, str]) -> None:
    """Put the corrections in the place of what typeshed says."""
    for name, entry in {**CORRECTIONS, "asyncio.gather": gathered()}.items():
        owner, _, member = name.rpartition(".")
        table = classes[owner]["members"] if owner in classes else values
        known = name if table is values else member
        if known not in table:
            raise SystemExit(f"tools/typeshed.py corrects {name}, which typeshed doesn't have any more")
        table[known] = entry


def reachable(classes: dict[str, Any], values: dict[str, str]) -> set[str]:
    """Return the public names, and the private classes that they mention."""
    kept = {name for name in (*classes, *values) if not is_private(name) or is_used(name)}
    waiting = list(kept)
    while waiting:
        name = waiting.pop()
        for mentioned in mentions(classes.get(name) or values.get(name, "")):
            if mentioned in classes and mentioned not in kept:
                kept.add(mentioned)
                waiting.append(mentioned)
    return kept


def is_used(name: str) -> bool:
    """Say whether a private name is one that programs use, such as `os._exit`."""
    module, _, last = name.rpartition(".")
    return name.partition(".")[0] in PRIVATE_BUT_USED or (
        not is_private(module) and last in ("_exit", "_getframe")
    )


def mentions(declared: object) -> Iterator[str]:
    """Yield the dotted names in a declaration."""
    yield from re.findall(r"[A-Za-z_][\w.]*\.\w+", json.dumps(declared))


if __name__ == "__main__":
    sys.exit(main())
