"""Decides which of a stub's names is the canonical one: the shortest public spelling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from typeshed_stubs import Scope, Stubs, Symbol
from typeshed_types import alias_value

# Public by their spelling, but the documentation knows these names under other modules.
_BEHIND = {
    "genericpath",
    "nt",
    "ntpath",
    "opcode",
    "posix",
    "posixpath",
    "pyexpat",
    "sre_compile",
    "sre_constants",
    "sre_parse",
    "typing_extensions",
}
# Second names of what most programs know under another one.
_SECOND = {"asyncio.EventLoop", "socket.SocketType"}
# Functions at run time that give an instance of the class, so their names can't be those of the class.
FACTORIES = ("multiprocessing.Queue", "multiprocessing.JoinableQueue", "multiprocessing.SimpleQueue")
# Where several public modules have the name: builtins, then the abstract classes that `typing` only repeats.
_PREFERRED = ("builtins", "collections.abc")


@dataclass
class Names:
    """The canonical name of every definition, and all other spellings of it."""

    canonical: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    symbols: dict[str, Symbol] = field(default_factory=dict)  # by canonical name


def canonical_names(stubs: Stubs, modules: Iterable[str]) -> Names:
    """Return the canonical names of what some modules define."""
    spellings: dict[str, set[str]] = defaultdict(set)
    definitions: dict[str, Symbol] = {}
    names = Names()
    for module in modules:
        scope = stubs.module(module)
        for name, symbol in scope.symbols.items() if scope else ():
            if scope is None or not _is_offered(scope, symbol):
                continue
            target = definition(stubs, symbol)
            spelling = f"{module}.{name}"
            if isinstance(target, Scope):
                if target.name != spelling:
                    names.aliases[spelling] = target.name
            elif target is not None and spelling not in FACTORIES:
                definitions[target.full_name] = target
                spellings[target.full_name].update((spelling, target.full_name))
    for full_name, found in spellings.items():
        best = min(found, key=lambda spelling: _rank(spelling, full_name))
        names.canonical[full_name] = best
        names.symbols[best] = definitions[full_name]
        names.aliases.update((other, best) for other in found if other != best)
    _add_inner(names)
    return names


def definition(stubs: Stubs, symbol: Symbol) -> Symbol | Scope | None:
    """Return what a symbol stands for, through imports and through assignments such as `error = OSError`."""
    for _ in range(5):
        found = stubs.follow(symbol)
        if not isinstance(found, Symbol) or found.is_class or found.is_function:
            return found
        value = alias_value(found)
        target = stubs.look_up(value, found.scope) if value is not None else None
        if not isinstance(target, Symbol) or not (
            target.is_class or target.is_function or alias_value(target)
        ):
            return found
        if target.scope.parent is not None and target.is_function:
            return found  # a method under a name of its own
        symbol = target
    return None


def _is_offered(scope: Scope, symbol: Symbol) -> bool:
    return symbol.origin is None or symbol.exported or symbol.name in (scope.public or ())


def _rank(spelling: str, full_name: str) -> tuple[object, ...]:
    module = spelling.rpartition(".")[0]
    hidden = is_private(spelling) or spelling.partition(".")[0] in _BEHIND or spelling in _SECOND
    return (
        hidden,
        module not in _PREFERRED,
        spelling.count("."),
        spelling != full_name,
        len(spelling),
        spelling,
    )


def is_private(name: str) -> bool:
    """Say whether some part of a dotted name begins with an underscore."""
    return any(part.startswith("_") for part in name.split("."))


def _add_inner(names: Names) -> None:
    """Give classes inside classes the canonical name of the class around them."""
    waiting = [(name, symbol) for name, symbol in names.symbols.items() if symbol.is_class]
    while waiting:
        outer, symbol = waiting.pop()
        for name, inner in symbol.body().symbols.items():
            if inner.is_class:
                full, best = inner.full_name, f"{outer}.{name}"
                names.canonical[full] = best
                names.symbols[best] = inner
                waiting.append((best, inner))
