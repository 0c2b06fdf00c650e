"""The catalogue: what the project knows about libraries it doesn't read, looked up by qualified name.

The knowledge is data, one TOML file per top-level import (`libraries/SCHEMA.md` says how they look). A file
is read when the first name under its import is asked for, never otherwise: a project without Django doesn't
pay for Django. After that every question is a look-up in a dict.

A name is asked for as the code's imports spell it. `canonical` turns other spellings into the documented one,
and every question does so by itself. `X.*` in the data stands for all public methods of `X` (in `safe` tables
for the special methods too). Where a name is both blocking and safe, safe wins: silence is the cheaper
mistake.

What the user declares lies over what is shipped: a name in `bkm-nonblocking` is safe whatever the data says,
and a name in `bkm-blocking` blocks even though the data calls it safe.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from flake8_bookmark.effects.declared import DeclaredNames, declared_library
from flake8_bookmark.effects.library import NOTHING, Library, follow_aliases, instead_of, library, roots
from flake8_bookmark.effects.model import Effect, Handover, Kind, Lifetime, LockKind, Place, Scope, Spawner, Suspends

Spell: TypeAlias = Callable[[str], tuple[str, ...]]

_Value = TypeVar("_Value")


def no_spelling(name: str) -> tuple[str, ...]:
    """Nothing is known of the project: its functions have no names that a user could have declared."""
    return ()


class Catalogue:
    """All libraries, and what the user declared on top of them.

    Every method that takes a name takes any spelling of it. A name without a dot is a builtin. A name with a colon is
    a first-party one (`src.app.db:load`): only what the user declared is known of it, by any name that `spell` gives.
    """

    __slots__ = ("_canonical", "_declared", "_effects", "_handovers", "_safe", "_spawners", "_spell")

    def __init__(self, declared: Library, spell: Spell = no_spelling) -> None:
        self._declared = declared
        self._spell = spell
        self._canonical: dict[str, str] = {}
        self._effects: dict[str, tuple[Effect, ...]] = {}
        self._safe: dict[str, bool] = {}
        self._handovers: dict[str, tuple[Handover, ...]] = {}
        self._spawners: dict[str, Spawner | None] = {}

    @classmethod
    def shipped(cls, extra: DeclaredNames | Mapping[str, Sequence[str]] | None = None) -> Catalogue:
        """Return the shipped catalogue with the user's names over it.

        Raises ValueError, with a message for the user, for an entry that can't be understood.
        """
        return cls(declared_library(extra))

    def for_project(self, spell: Spell) -> Catalogue:
        """Return a catalogue that finds the user's names of a project's own functions, too."""
        return Catalogue(self._declared, spell)

    def canonical(self, name: str) -> str:
        """Return the documented spelling of a name; the longest prefix that has an alias decides."""
        known = self._canonical.get(name)
        if known is None:
            known = self._canonical[name] = name if ":" in name else follow_aliases(name)
        return known

    def effects(self, name: str) -> tuple[Effect, ...]:
        """Return what a call to `name` does to its thread; nothing for a name that is safe or unknown."""
        found = self._effects.get(name)
        if found is None:
            found = self._effects[name] = self._find_effects(self.canonical(name))
        return found

    def is_safe(self, name: str) -> bool:
        """Say whether `name` is known never to block, although a base class or a pattern says otherwise."""
        found = self._safe.get(name)
        if found is None:
            found = self._safe[name] = self._find_safe(self.canonical(name))
        return found

    def _find_safe(self, name: str) -> bool:
        if self._said(self._declared.safe, name):
            return True
        if self._said(self._declared.effects, name):
            return False
        return bool(_get(_shipped(name).safe, name))

    def first_known(self, names: Iterable[str]) -> str | None:
        """Return the first of these names that has an effect or is safe: a method along its class's bases."""
        return next((name for name in names if self.effects(name) or self.is_safe(name)), None)

    def has_declared_methods(self, name: str) -> bool:
        """Tell whether the user declared something under a name: then it is a class, and calling it makes an object."""
        said = self._declared
        return any(key.rpartition(".")[0] == name for table in (said.effects, said.handovers) for key in table)

    def handovers(self, name: str) -> tuple[Handover, ...]:
        """Return the arguments of `name` that are callables or coroutines, and where they run."""
        found = self._handovers.get(name)
        if found is None:
            known = self.canonical(name)
            own = self._said(self._declared.handovers, known)
            found = self._handovers[name] = own[1] if own else _get(_shipped(known).handovers, known) or ()
        return found

    def handing_names(self, root: str, places: Collection[Place]) -> frozenset[str]:
        """Return the last segments of all names of a library that hand a callable over to one of these places."""
        rows = library(root).handovers.items()
        return frozenset(name.rpartition(".")[2] for name, made in rows if any(h.place in places for h in made))

    def decorator(self, name: str) -> Handover | None:
        """Return what decorating with `name` makes of the function under it."""
        name = self.canonical(name)
        return _get(_shipped(name).decorators, name)

    def hook(self, name: str) -> Handover | None:
        """Return where the library runs a method that a subclass defines: `asyncio.Protocol.data_received`."""
        name = self.canonical(name)
        return _get(_shipped(name).hooks, name)

    def returned(self, name: str) -> Handover | None:
        """Return the argument that `name` gives back: the same object, or another with the same methods."""
        name = self.canonical(name)
        return _get(_shipped(name).returned, name)

    def passed(self, name: str, function: str) -> tuple[str, ...]:
        """Return the types of what a library passes to a function of yours, without `self`.

        `name` is that of a method that it calls (`discord.Client.on_message`), or of a decorator.
        """
        name = self.canonical(name)
        shipped = _shipped(name)
        found = _get(shipped.passed, name)
        if found is None and name in shipped.like:
            found = shipped.passed.get(f"{shipped.like[name]}.{function}")
        return found or ()

    def passes(self, name: str) -> bool:
        """Say whether it is known of `name` what is passed to the functions that it decorates."""
        name = self.canonical(name)
        return name in _shipped(name).like or bool(self.passed(name, ""))

    def spawner(self, name: str) -> Spawner | None:
        if name not in self._spawners:
            known = self.canonical(name)
            own = self._said(self._declared.spawners, known)
            self._spawners[name] = own[1] if own else _get(_shipped(known).spawners, known)
        return self._spawners[name]

    def lock(self, name: str) -> LockKind | None:
        name = self.canonical(name)
        return _get(_shipped(name).locks, name)

    def scope(self, name: str) -> Scope | None:
        """Say what a `with` opens that enters what `name` gives, or an object of the class `name`."""
        name = self.canonical(name)
        return _get(_shipped(name).scopes, name)

    def shared(self, name: str) -> bool | None:
        """Say whether several coroutines may use one object of a class at the same time, where that is known."""
        name = self.canonical(name)
        return _shipped(name).sharing.get(name)

    def lifetime(self, name: str) -> Lifetime | None:
        """Say for what a framework makes an object of a class, where that is known."""
        name = self.canonical(name)
        return _shipped(name).lifetimes.get(name)

    def replays(self, module: str) -> bool:
        """Say whether a module belongs to an engine that replays workflows, whose awaits must stay in order."""
        names = (name.removesuffix(".*") for name in _shipped(module).replays)
        return any(f"{module}.".startswith(f"{name}.") for name in names)

    def suspends(self, name: str) -> Suspends | None:
        """Say whether awaiting what `name` returns gives the loop back, where that is known."""
        name = self.canonical(name)
        return _get(_shipped(name).suspends, name)

    def is_shielded(self, name: str) -> bool:
        """Say whether what `name` returns goes on to its end although its awaiter is cancelled."""
        name = self.canonical(name)
        return name in _shipped(name).shielded

    def is_async(self, name: str) -> bool:
        """Say whether calling `name` gives a coroutine (typeshed's data has the standard library's)."""
        name = self.canonical(name)
        return name in library(name).coroutines

    def is_property(self, name: str) -> bool:
        """Say whether `name` is read like an attribute, and runs what is said of it there."""
        name = self.canonical(name)
        return name in library(name).properties

    def takes_plain(self, name: str, place: int | str) -> bool:
        """Say whether an argument of `name`, by its position or keyword, is data, and awaited by nobody."""
        name = self.canonical(name)
        return str(place) in (_get(_shipped(name).plain, name) or ())

    def type_of(self, name: str) -> str | None:
        """Return the type of an attribute, or of what a call returns, as an expression of qualified names."""
        name = self.canonical(name)
        return library(name).types.get(name)

    def below(self, name: str) -> tuple[str, ...]:
        """Return a class and those of the same library that inherit from it, as far as they are declared."""
        declared = library(name).bases
        found = [name]
        for cls in found:
            found.extend(other for other, bases in declared.items() if cls in bases and other not in found)
        return tuple(found)

    def bases(self, name: str) -> tuple[str, ...] | None:
        """Return the bases of a declared class; None for a name that isn't one."""
        name = self.canonical(name)
        return library(name).bases.get(name)

    def anchors(self, kind: Kind) -> dict[str, tuple[Effect, ...]]:
        """Return all shipped effects of a kind by the anchor of their section on the page, in order."""
        found: dict[str, list[Effect]] = {}
        for root in self.libraries():
            for effects in library(root).effects.values():
                for effect in effects:
                    if effect.kind is kind:
                        found.setdefault(effect.anchor, []).append(effect)
        return {anchor: tuple(sorted(found[anchor], key=_name_of)) for anchor in sorted(found)}

    def libraries(self) -> tuple[str, ...]:
        """Return the imports that are described, in order."""
        return tuple(sorted(roots()))

    def _find_effects(self, name: str) -> tuple[Effect, ...]:
        if self.is_safe(name):
            return ()
        own = self._said(self._declared.effects, name)
        spelling, found = own or (name, _get(_shipped(name).effects, name) or ())
        return tuple(_named(effect, spelling) for effect in found)

    def _said(self, table: Mapping[str, _Value], name: str) -> tuple[str, _Value] | None:
        """Return what the user declared of a name, and the spelling under which it was found."""
        for spelling in (self._spell(name) if ":" in name else (name,)) if table else ():
            found = _get(table, spelling) or _get_wide(table, spelling)
            if found is not None:
                return spelling, found
        return None


def _shipped(name: str) -> Library:
    return NOTHING if ":" in name else library(name)


def _get(table: Mapping[str, _Value], name: str) -> _Value | None:
    found = table.get(name)
    if found is not None:
        return found
    owner, _, last = name.rpartition(".")
    found = table.get(f"{owner}.*")
    # Private and special methods are none of the many that a pattern means, except that all of them are safe.
    return found if found is True or not last.startswith("_") else None


def _get_wide(table: Mapping[str, _Value], name: str) -> _Value | None:
    segments = name.split(".")
    for pattern in sorted(p for p in table if "*" in p[:-1]):
        wanted = pattern.split(".")
        if len(wanted) == len(segments) and all(w in ("*", s) for w, s in zip(wanted, segments, strict=True)):
            return table[pattern]
    return None


def _name_of(effect: Effect) -> str:
    return effect.name


def _named(effect: Effect, name: str) -> Effect:
    """Return the effect of a pattern as that of the name it was found for."""
    if effect.name == name:
        return effect
    return replace(effect, name=name, instead=instead_of(name, effect.instead))


