"""Derives a first draft of a library's catalogue file from its source, for a person to review.

    pip download --no-deps requests urllib3
    python tools/derive_library.py requests-2.32.3-py3-none-any.whl urllib3-2.2.2-py3-none-any.whl
    python tools/derive_library.py path/to/acme --missing

The first path is the library: a folder, a wheel or a source archive. Further ones are libraries that it calls, to be
followed, too; what the catalogue already knows of others is used as it is. Our own engine does the work: the
library's modules are first-party for this run, and the library is neither imported nor run.

What comes out is TOML as `flake8_bookmark/effects/libraries/SCHEMA.md` has it. Behind each name stands the chain from
the function to what waits in the end: that is the source of the fact. Read it before you keep the name. A block whose
level is lower than its kind's own was reached in a way that is less sure. A question mark in the chain says how: by a
method's name alone, on a receiver whose class nobody states, or into a method that overrides the one that is called.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from derive_engine import Deriver, Member  # noqa: E402
from derive_packages import Package, unpack  # noqa: E402

from flake8_bookmark.check import deeper_stack  # noqa: E402
from flake8_bookmark.effects.catalogue import Catalogue  # noqa: E402
from flake8_bookmark.effects.library import library  # noqa: E402
from flake8_bookmark.effects.model import DEFAULT_LEVEL, Kind  # noqa: E402
from flake8_bookmark.finding import Level  # noqa: E402
from flake8_bookmark.project.summaries import Hit  # noqa: E402

FIRST = (Kind.NETWORK, Kind.DATABASE, Kind.PROCESS, Kind.PERSON, Kind.LOOP, Kind.SLEEP, Kind.THREAD, Kind.FILE)
"""Which kind to name where a function has several: the one that the others serve (a client sleeps between retries)."""
WIDTH = 118


@dataclass(frozen=True, slots=True)
class Fact:
    """A public name, and why it blocks; `twin` is a class whose method of the same name is a coroutine."""

    name: str
    hit: Hit
    guesses: tuple[bool, ...]
    twin: str = ""

    @property
    def level(self) -> Level:
        return self.hit.level.lowered() if any(self.guesses) else self.hit.level

    @property
    def chain(self) -> str:
        """The way to what waits; a step that was guessed has a question mark."""
        hops = zip(self.hit.trace, self.guesses, strict=True)
        return " > ".join(f"{h.name}{'?' * g} ({Path(h.path).name}:{h.line})" for h, g in hops)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder, a wheel or a source archive")
    parser.add_argument("--import", dest="root", default="", help="the library's import name, if it has several")
    parser.add_argument("--missing", action="store_true", help="leave out what the catalogue knows already")
    parser.add_argument("--hints", action="store_true", help="show what is only worth a hint, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, deeper_stack():
        package, *_ = [unpack(path, Path(folder), options.root) for path in options.paths]
        print("\n".join(derive(package, Path(folder), options.missing, options.hints)))
    return 0


def derive(package: Package, folder: Path, missing: bool = False, hints: bool = False) -> Iterator[str]:
    """Yield the lines of a draft for one unpacked package."""
    deriver = Deriver(folder, package.root)
    members = sorted(deriver.members(), key=lambda m: m.name)
    known = _known(package.root) if missing else frozenset()
    coroutines = [m.name for m in members if deriver.is_async(m)]
    types = {name: text for name, text in deriver.types(members).items() if name not in known}
    facts = [fact for m in members if m.shown not in known and (fact := worst(m, deriver, hints)) is not None]
    speaks = {fact.name for fact in facts}
    properties = [m.shown for m in members if m.shown in speaks and deriver.is_property(m)]
    yield from _head(package, [name for name in coroutines if name not in known], properties)
    named = {*types, *types.values(), *speaks, *coroutines}
    bases = _mentioned(deriver.bases(), named)
    yield from _table("aliases", deriver.aliases({*named, *bases}))
    yield from _table("bases", {name: found for name, found in bases.items() if name not in known})
    yield from _table("types", types)
    yield from _blocks([replace(fact, twin=_twin(fact.name, bases, {*coroutines})) for fact in facts])
    for name in sorted(_known(package.root) - deriver.spellings()) if missing else ():
        yield f"# in the catalogue, but not in this source: {name}"


def _mentioned(bases: dict[str, list[str]], named: set[str]) -> dict[str, list[str]]:
    """Return the classes that the draft speaks of, and what they are based on; exceptions, mostly, are left out."""
    found: dict[str, list[str]] = {}
    waiting = [name for name in bases if name in named or any(n.startswith(f"{name}.") for n in named)]
    while waiting:
        name = waiting.pop()
        if name in bases and name not in found:
            found[name] = bases[name]
            waiting.extend(bases[name])
    return found


def worst(member: Member, deriver: Deriver, hints: bool) -> Fact | None:
    """Return the effect to name for a function; None where nothing is worth it."""
    if deriver.is_async(member):
        return None
    least = Level.HINT if hints else Level.WARNING
    hits = [h for h in deriver.hits(member) if h.level >= least and h.effect.kind in FIRST]
    if not hits:
        return None
    hit = min(hits, key=lambda h: (FIRST.index(h.effect.kind), h.rank))
    return Fact(member.shown, hit, tuple(map(deriver.is_guess, hit.trace)))


def _twin(name: str, bases: dict[str, list[str]], coroutines: set[str]) -> str:
    """Return the class that does the same without waiting: `AsyncClient` for `Client`, if its method is a coroutine."""
    owner, _, method = name.rpartition(".")
    place, _, cls = owner.rpartition(".")
    for other in (f"Async{cls.removeprefix('Sync')}", f"{cls}Async", f"Aio{cls}"):
        line = [f"{place}.{other}"] if f"{place}.{other}" in bases else []
        for base in line:
            if f"{base}.{method}" in coroutines:
                return line[0]
            line.extend(b for b in bases.get(base, ()) if b not in line)
    return ""


def _known(root: str) -> frozenset[str]:
    found = library(root)
    names = {*found.effects, *found.safe, *found.types, *found.bases, *found.coroutines, *found.handovers}
    return frozenset(Catalogue.shipped().canonical(name) for name in names)


# writing --------------------------------------------------------------------------------------------------------------


def _head(package: Package, coroutines: list[str], properties: list[str]) -> Iterator[str]:
    yield "[library]"
    yield f'name = "{package.name}"'
    yield f'import = "{package.root}"'
    yield f'source = "{package.source}"'
    if coroutines:
        yield from _list("async", coroutines)
    if properties:
        yield from _list("properties", properties)


def _list(key: str, names: list[str]) -> Iterator[str]:
    yield f"{key} = ["
    line = "   "
    for name in names:
        item = f' "{name}",'
        if len(line) + len(item) > WIDTH:
            yield line
            line = "   "
        line += item
    yield line
    yield "]"


def _table(name: str, rows: dict[str, str] | dict[str, list[str]]) -> Iterator[str]:
    if rows:
        yield ""
        yield f"[{name}]"
    for key, value in sorted(rows.items()):
        text = ", ".join(f'"{v}"' for v in value) if isinstance(value, list) else f'"{value}"'
        yield f'"{key}" = [{text}]' if isinstance(value, list) else f'"{key}" = {text}'


def _blocks(facts: list[Fact]) -> Iterator[str]:
    groups: dict[tuple[int, int, str], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((FIRST.index(fact.hit.effect.kind), -fact.level, fact.twin), []).append(fact)
    for (number, _, twin), group in sorted(groups.items()):
        kind, level = FIRST[number], group[0].level
        yield ""
        yield "[[blocks]]"
        yield f'kind = "{kind.name.lower()}"'
        yield "names = ["
        for fact in group:
            yield f'    "{fact.name}",  # {fact.chain}'
        yield "]"
        yield f'anchor = "{group[0].name.partition(".")[0].lower().replace("_", "-")}"'
        if level != DEFAULT_LEVEL[kind]:
            yield f'level = "{level.word}"'
        if twin:
            yield f'instead.asyncio = ["{twin}.*"]'


if __name__ == "__main__":
    sys.exit(main())
