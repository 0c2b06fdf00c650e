"""Tells which names of a catalogue file its package does not have, and which are coroutines or not as it says.

    pip download --no-deps --only-binary=:all: requests redis
    python tools/check_library.py requests-2.32.3-py3-none-any.whl redis-5.2.0-py3-none-any.whl

Wheels, source archives and folders are read with our own engine; nothing is installed, imported or run. A name that the
source leaves open is passed over: one below a class with a base from elsewhere or with `__getattr__`, one in a compiled
module, one that is made at run time: these are listed in the table [dynamic] of the file, with the reason.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from derive_packages import top_levels, unpack  # noqa: E402

from flake8_bookmark.check import deeper_stack  # noqa: E402
from flake8_bookmark.effects.catalogue import Catalogue  # noqa: E402
from flake8_bookmark.effects.library import LIBRARIES, Library, library  # noqa: E402
from flake8_bookmark.effects.library_types import LibraryTypes  # noqa: E402
from flake8_bookmark.facts.module import MODULE_KEY  # noqa: E402
from flake8_bookmark.project.layout import Layout  # noqa: E402
from flake8_bookmark.project.modules import Project, read_module  # noqa: E402
from flake8_bookmark.project.resolver import Resolver  # noqa: E402
from flake8_bookmark.project.values import Awaitable, Instance, Symbol, Values, is_first_party  # noqa: E402

COMPILED = (".so", ".pyd", ".pyi", ".pyx")


class Answer(Enum):
    """What the source says about a name."""

    PLAIN = "plain"
    COROUTINE = "coroutine"
    THERE = "there"
    OPEN = "open"
    MISSING = "missing"


class NameChecker:
    """Looks names up in one unpacked package."""

    def __init__(self, folder: Path) -> None:
        catalogue = Catalogue.shipped()
        self.folder = folder
        self.project = Project(Layout(str(folder), (), frozenset()))
        for path in sorted(folder.glob("[!.]*/**/*.py")) + sorted(folder.glob("*.py")):
            module = read_module(str(folder), path.relative_to(folder).as_posix())
            if module is not None:
                self.project.add(module)
        self.resolver = Resolver(self.project, catalogue, LibraryTypes(catalogue))

    def look_up(self, name: str) -> Answer:
        """Return what a qualified name is; a package may show another thing by the name of a module inside it."""
        parts = name.split(".")
        found = [self._from(parts[:n], parts[n:]) for n in range(1, len(parts) + 1) if self._module(parts[:n])]
        return min(found, key=list(Answer).index, default=Answer.OPEN)

    def _module(self, parts: list[str]) -> str:
        """Return the name of a module in this project; empty for none."""
        plain = ".".join(parts)
        return next((n for n in (f"{plain}.__init__", plain) if self.project.module(n) is not None), "")

    def _from(self, module: list[str], parts: list[str]) -> Answer:
        values: Values = (Symbol(f"{self._module(module)}:"),)
        for number, part in enumerate(parts):
            answer, values = self._step(values, part)
            if answer is not Answer.THERE or (not values and number + 1 < len(parts)):
                return Answer.OPEN if answer is Answer.THERE else answer
        return self._kind(values)

    def _step(self, values: Values, part: str) -> tuple[Answer, Values]:
        """Return whether a name exists there, and what it is."""
        only = values[0] if len(values) == 1 else None
        if isinstance(only, Symbol) and only.name.endswith(":"):
            return self._in_module(only.name[:-1], part)
        name = only.name if isinstance(only, Symbol) else only.cls if isinstance(only, Instance) else ""
        if not is_first_party(name) or self.project.class_(name) is None:
            return Answer.OPEN, ()
        return self._in_class(name, part)

    def _in_module(self, name: str, part: str) -> tuple[Answer, Values]:
        values = self.resolver.member_of_module(name, part)
        module = self.project.module(name)
        if values or module is None:
            return (Answer.THERE if values else Answer.OPEN), values
        facts = module.function(MODULE_KEY)
        is_open = bool(facts.named(part) or facts.named("*") or facts.named("__getattr__"))
        place = self.folder.joinpath(*name.removesuffix(".__init__").split("."))
        is_open = is_open or any(file.suffix in COMPILED for file in place.glob(f"{part}.*"))
        return (Answer.OPEN if is_open else Answer.MISSING), ()

    def _in_class(self, cls: str, part: str) -> tuple[Answer, Values]:
        is_open = part.startswith("__")
        for owner in self.resolver.attributes.mro(cls):
            found = self.project.class_(owner) if is_first_party(owner) else None
            if found is None:
                is_open = is_open or owner != "builtins.object"
                continue
            module, facts = found
            body = module.function(facts.key)
            if body.named(part) or part in module.attributes(facts.key):
                return Answer.THERE, self._member(owner, part)
            known = len(self.resolver.attributes.bases(module, facts))
            is_open = is_open or known < len(facts.bases) or bool(body.named("__getattr__")) or bool(facts.metaclass)
        return (Answer.OPEN if is_open else Answer.MISSING), ()

    def _member(self, owner: str, part: str) -> Values:
        found = self.resolver.attributes.body_function(owner, part)
        if found is None or self.resolver.attributes.is_property(*found):
            return self.resolver.attributes.of_instance(Instance(owner), part)
        return (Symbol(f"{found[0].name}:{found[1]}"),)

    def _kind(self, values: Values) -> Answer:
        """Return whether something is a coroutine function; THERE where that is not sure."""
        only = values[0] if len(values) == 1 else None
        frame = self.project.frame(only.name) if isinstance(only, Symbol) and is_first_party(only.name) else None
        if frame is None or frame.function.decorators:
            return Answer.THERE
        if frame.function.kind == "coroutine":
            return Answer.COROUTINE
        given = self.resolver.results.returned(frame, None) if frame.function.kind == "function" else ()
        awaitable = [isinstance(v, Awaitable) for v in given]
        made = [isinstance(v, Awaitable) and bool(v.callee) for v in given]
        if made and all(made):
            return Answer.COROUTINE
        return Answer.PLAIN if awaitable and not any(awaitable) else Answer.THERE



def stated(known: Library) -> dict[str, bool]:
    """Return the names that a file states facts about, each with whether it is said to give a coroutine."""
    tables = (known.effects, known.types, known.bases, known.handovers, known.decorators, known.spawners, known.locks)
    names = {name for table in tables for name in table} | known.coroutines | set(known.aliases)
    return {name.removesuffix(".*"): name in known.coroutines for name in names if "<" not in name}


def check(known: Library, answers: dict[str, Answer]) -> Iterator[str]:
    """Yield what is wrong with a file, by what the source says about its names."""
    for name, is_async in sorted(stated(known).items()):
        answer = answers[name]
        if answer is Answer.MISSING:
            yield f"{name}: there is no such name"
        elif is_async and answer is Answer.PLAIN:
            yield f"{name}: a plain function, said to be a coroutine"
        elif answer is Answer.COROUTINE and name in known.effects and not is_async:
            yield f"{name}: a coroutine, said to block"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder, a wheel or a source archive")
    wrong = 0
    with deeper_stack():
        for path in parser.parse_args().paths:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                unpack(path, folder)
                roots = [top.stem for top in top_levels(folder) if (LIBRARIES / f"{top.stem}.toml").exists()]
                for root in roots:
                    wrong += _print(root, path, folder)
    return min(wrong, 1)


def _print(root: str, path: Path, folder: Path) -> int:
    """Print what is wrong with one file; return how much that is."""
    dynamic = tomllib.loads((LIBRARIES / f"{root}.toml").read_text(encoding="utf-8")).get("dynamic", {})
    known, checker = library(root), NameChecker(folder)
    names = {name: any(f"{name}.".startswith(f"{made}.") for made in dynamic) for name in stated(known)}
    answers = {name: Answer.OPEN if made else checker.look_up(name) for name, made in names.items()}
    lines = list(check(known, answers))
    left_open = sum(answer is Answer.OPEN for answer in answers.values())
    print(f"{root}: {len(answers)} names, {left_open} left open, {len(lines)} wrong, by {path.name}")
    for line in lines:
        print(f"  {line}")
    return len(lines)


if __name__ == "__main__":
    sys.exit(main())
