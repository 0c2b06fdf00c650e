"""The ways from a first-party function to what library calls do below it.

What leads on from a function is worked out once, and walked for each caller. A call that leads to no effect at all is
left out beforehand: most do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from flake8_bookmark.effects.model import Effect
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Hop, Level
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.targets import Target

if TYPE_CHECKING:
    from flake8_bookmark.project.summaries import SummaryReader


class Hit(Struct, frozen=True):
    """An effect that a call has: its level here, and the way from inside the callee to the library call."""

    effect: Effect
    level: Level
    trace: tuple[Hop, ...] = ()

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """Sort key: the most severe first, here and by itself, then the shortest way; ties stay in the code's order."""
        return (-self.level, -self.effect.level, len(self.trace), self.effect.kind.value)


class Way(Struct, frozen=True):
    """One target of a call, with the effects of a library's; `doubt` is by how many levels they are lower for it."""

    target: Target
    hits: tuple[Hit, ...]
    doubt: int


Ways = tuple[tuple[CallFact, tuple[Way, ...]], ...]


class WayReader:
    """Answers per function, by qualified name."""

    def __init__(self, summaries: SummaryReader) -> None:
        self._summaries = summaries
        self._every: dict[str, Ways] = {}
        self._leading: dict[str, Ways] = {}
        self._leads: dict[str, bool] = {}

    def of(self, frame: Frame) -> Ways:
        """Return the calls of a function that lead to effects, by their targets that do."""
        found = self._leading.get(frame.name)
        if found is None:
            found = self._leading[frame.name] = tuple(self._find_leading(frame))
        return found

    def leads(self, name: str) -> bool:
        """Tell whether a first-party function has an effect on any way at all."""
        known = self._leads.get(name)
        if known is None:
            self._explore(name)
            known = self._leads[name]
        return known

    def _find_leading(self, frame: Frame) -> list[tuple[CallFact, tuple[Way, ...]]]:
        out = []
        for fact, ways in self._ways(frame):
            leading = tuple(w for w in ways if (self.leads(w.target.name) if w.target.is_function else w.hits))
            if leading:
                out.append((fact, leading))
        return out

    def _explore(self, name: str) -> None:
        """Look at every function below one that is not yet known, then go back from those that have effects."""
        callers: dict[str, list[str]] = {name: []}
        pending, leading = [name], list[str]()
        while pending:
            here = pending.pop()
            has_effect, callees = self._below(here)
            if has_effect or any(self._leads.get(callee) for callee in callees):
                leading.append(here)
            for callee in callees:
                if callee not in self._leads:
                    if callee not in callers:
                        callers[callee] = []
                        pending.append(callee)
                    callers[callee].append(here)
        self._leads.update(dict.fromkeys(callers, False))
        while leading:
            here = leading.pop()
            if not self._leads[here]:
                self._leads[here] = True
                leading.extend(callers[here])

    def _below(self, name: str) -> tuple[bool, list[str]]:
        """Return whether a function has an effect by itself, and the functions that it calls."""
        frame = self._summaries.resolver.project.frame(name)
        if frame is None or self._summaries.is_safe(name):
            return False, []
        ways = [way for _, found in self._ways(frame) for way in found]
        has_effect = bool(self._summaries.resolver.catalogue.effects(name)) or any(way.hits for way in ways)
        return has_effect, [way.target.name for way in ways if way.target.is_function]

    def _ways(self, frame: Frame) -> Ways:
        found = self._every.get(frame.name)
        if found is None:
            found = self._every[frame.name] = tuple(self._find(frame))
        return found

    def _find(self, frame: Frame) -> list[tuple[CallFact, tuple[Way, ...]]]:
        summaries, out = self._summaries, []
        for fact in frame.function.calls:
            targets = summaries.targets.of(fact, frame)
            if targets and not summaries.worlds.is_elsewhere(fact, frame):
                hits = [() if t.is_function else tuple(summaries.library(t, fact, frame)) for t in targets]
                unproven = is_unproven(targets, hits)
                doubts = [2 if unproven else int(t.doubtful or summaries.is_one_of_many(t, targets)) for t in targets]
                ways = (Way(*way) for way in zip(targets, hits, doubts, strict=True) if way[0].is_function or way[1])
                if found := tuple(ways):
                    out.append((fact, found))
        return out


def is_unproven(targets: list[Target], hits: list[tuple[Hit, ...]]) -> bool:
    """Tell whether one of the library classes that a receiver may have waits, and another one does not."""
    waits = [bool(h) for t, h in zip(targets, hits, strict=True) if not t.is_function and t.receiver is not None]
    return any(waits) and not all(waits)
