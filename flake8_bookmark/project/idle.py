"""Waivers of functions that are not needed: without them nothing more would be known to wait.

These are comments `# bkm: nonblocking` and entries of `bkm-nonblocking`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flake8_bookmark.effects.catalogue import Spell
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.project.summaries import SummaryReader

WORD = "nonblocking"


class Unmarked(SummaryReader):
    """What functions would do if some definitions of one module did not have the comment."""

    def __init__(self, known: SummaryReader, module: ModuleFacts, dropped: frozenset[str]) -> None:
        super().__init__(known.resolver, known.deepest)
        self._module = module
        self._dropped = dropped

    def is_safe(self, name: str) -> bool:
        module, _, key = name.partition(":")
        if module != self._module.name:
            return super().is_safe(name)
        marked = any(WORD in self._module.function(k).marks and k not in self._dropped for k in self._around(key))
        return marked or self.resolver.catalogue.is_safe(name)

    def _around(self, key: str) -> Iterator[str]:
        while key and key != MODULE_KEY:
            yield key
            key = self._module.parent_of(key)


def idle_definitions(summaries: SummaryReader, module: ModuleFacts) -> list[int]:
    """Return the lines of the functions and classes whose comment changes nothing, outer ones first.

    Removing all of them at once must change nothing either; so each is looked at without those before it.
    """
    found, dropped = [], frozenset[str]()
    functions = list(module.functions())
    for marked in sorted((f for f in functions if WORD in f.marks), key=lambda f: (f.key.count("."), f.key)):
        without = Unmarked(summaries, module, dropped | {marked.key})
        inside = (f.key for f in functions if marked.key in without._around(f.key))
        if not leads_on(without, module, inside):
            dropped |= {marked.key}
            found.append(marked.line)
    return found


def named_by(entry: str, spell: Spell, module: ModuleFacts) -> list[str]:
    """Return the keys of the functions in a module that an entry of the settings names; `X.*` names all methods."""
    keys = [function.key for function in module.functions() if function.kind != "class"]
    names = {key: spell(f"{module.name}:{key}") for key in keys}
    if entry.endswith(".*"):
        return [key for key in keys if any(name.rpartition(".")[0] == entry[:-2] for name in names[key])]
    return [key for key in keys if entry in names[key]]


def leads_on(summaries: SummaryReader, module: ModuleFacts, keys: Iterable[str]) -> bool:
    """Tell whether running one of these functions waits or computes, whatever it is given."""
    return any(summaries.through(f"{module.name}:{key}") for key in keys)
