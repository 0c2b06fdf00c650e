"""What running a function does to its thread in the end, and by which way.

The effects of a function are those of the library calls that it reaches through first-party code. That is
reachability, so a breadth-first walk answers it: the first way found is a shortest one, ties go to the earlier line,
and cycles end by themselves. The answer for a function does not depend on which function was asked about first.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Effect, Handover, Kind, Place
from flake8_bookmark.facts.model import CallFact, FunctionFacts
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.finding import Hop, Level
from flake8_bookmark.names.terms import CallTerm, ConstantTerm, ImportTerm
from flake8_bookmark.project.conditions import ConditionReader
from flake8_bookmark.project.entries import EntryReader
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.results import argument
from flake8_bookmark.project.targets import Target, TargetReader
from flake8_bookmark.project.values import Instance, Method

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MEMOISING = frozenset(
    {"functools.lru_cache", "functools.cache", "functools.cached_property", "django.utils.functional.cached_property"}
)
ANY_FILE = frozenset(
    {"typing.IO", "typing.BinaryIO", "typing.TextIO"}
    | {f"io.{name}" for name in ("IOBase", "RawIOBase", "BufferedIOBase", "TextIOBase")}
)
DATAGRAMS = frozenset({"socket.SOCK_DGRAM", "socket.SocketKind.SOCK_DGRAM"})
NO_LIMIT = 10**6
NONBLOCKING = ("setblocking", "settimeout")
SOCKETS = ("socket.", "ssl.")


@dataclass(frozen=True, slots=True)
class Hit:
    """An effect that a call has: its level here, and the way from inside the callee to the library call."""

    effect: Effect
    level: Level
    trace: tuple[Hop, ...] = ()

    @property
    def rank(self) -> tuple[int, int, int]:
        """Sort key: the most severe first, then the shortest way; ties stay in the order of the code."""
        return (-self.level, len(self.trace), self.effect.kind.value)


class SummaryReader:
    """Answers what calls do, for one resolver."""

    def __init__(self, resolver: Resolver, deepest: int = 0) -> None:
        self.resolver = resolver
        self.targets = TargetReader(resolver)
        self.entries = EntryReader(resolver)
        self.conditions = ConditionReader(resolver)
        self.deepest = deepest or NO_LIMIT
        self._through: dict[str, tuple[Hit, ...]] = {}

    # one call ---------------------------------------------------------------------------------------------------------

    def own(self, fact: CallFact, frame: Frame) -> tuple[Hit, ...]:
        """Return the effects of the library code that a call runs by itself."""
        if isinstance(fact.term, ImportTerm):
            return tuple(self._first_import(fact.term, frame))
        targets = self.targets.of(fact, frame)
        hits = {t: tuple(self._library(t, fact, frame)) for t in targets if not t.is_function}
        found = [h for known in hits.values() for h in known]
        if any(not known for t, known in hits.items() if t.receiver is not None):
            # One of the classes that the receiver may have waits, another one does not: that is no proof.
            found = [Hit(h.effect, Level.HINT, h.trace) for h in found]
        return tuple(sorted(found, key=lambda h: h.rank))

    def _first_import(self, term: ImportTerm, frame: Frame) -> Iterator[Hit]:
        """An import is slow the first time, unless the module has it at its top or it comes with Python."""
        root = term.module.partition(".")[0]
        top = frame.module.function(MODULE_KEY).bindings
        known = {b.term.module.partition(".")[0] for b in top if isinstance(b.term, ImportTerm) and not b.term.level}
        if not term.level and root not in known and root not in sys.stdlib_module_names:
            effect = Effect(term.module, Kind.PATH, Level.HINT, "import")
            yield Hit(effect, effect.level)

    def helpers(self, fact: CallFact, frame: Frame) -> tuple[tuple[Target, tuple[Hit, ...]], ...]:
        """Return the first-party functions that a call runs, each with what it does in the end."""
        return tuple((t, self.through(t.name)) for t in self.targets.of(fact, frame) if t.is_function)

    def _library(self, target: Target, fact: CallFact, frame: Frame) -> Iterator[Hit]:
        if fact.use == "awaited" and target.receiver is not None and target.receiver.origin is None:
            return  # awaiting its result would fail: the annotation must be wrong
        catalogue = self.resolver.catalogue
        names = (target.name, *target.alternatives) if target.receiver is None else target.alternatives
        name = catalogue.first_known(names or (target.name,))
        for effect in catalogue.effects(name) if name is not None else ():
            if self.conditions.speak(effect, fact, frame) and not self._made_ready(effect, fact, frame):
                lower = target.handed or (effect.kind is Kind.FILE and _is_any_file(target.receiver))
                yield Hit(effect, effect.level.lowered() if lower else effect.level)

    def _made_ready(self, effect: Effect, fact: CallFact, frame: Frame) -> bool:
        """Tell whether the object of a method was made ready: `done()` was asked, or `setblocking(False)` said."""
        is_socket = effect.kind is Kind.NETWORK and effect.name.startswith(SOCKETS)
        if not is_socket and not effect.unless_called:
            return False
        if is_socket and self._is_datagram(fact, frame):
            return True
        receiver = fact.text.rpartition(".")[0]
        asked = {f"{receiver}.{name}" for name in effect.unless_called}
        freed = {f"{receiver}.{name}" for name in NONBLOCKING} if is_socket else set()
        calls = (c for f in self._around(receiver, frame) for c in f.calls if c.form == "call")
        return any(c.text in asked or (c.text in freed and _is_zero(c.term)) for c in calls)

    def _is_datagram(self, fact: CallFact, frame: Frame) -> bool:
        """Connecting or sending on a UDP socket waits for nothing; such a socket is made with `SOCK_DGRAM`."""
        callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
        for value in self.resolver.resolve(callee, frame) if callee is not None else ():
            origin = value.receiver.origin if isinstance(value, Method) else None
            maker = self.resolver.project.frame(f"{origin[0]}:{origin[1]}") if origin is not None else None
            for made in maker.function.calls if maker is not None else ():
                if maker is not None and origin is not None and made.site == origin[2]:
                    arguments = made.term.arguments if isinstance(made.term, CallTerm) else ()
                    given = [self.resolver.resolve(a, maker) for a in arguments]
                    names = {getattr(v, "variable", "") or getattr(v, "name", "") for vs in given for v in vs}
                    if names & DATAGRAMS:
                        return True
        return False

    def _around(self, receiver: str, frame: Frame) -> list[FunctionFacts]:
        """Return the functions that may prepare an object: all methods for an attribute of self."""
        if not receiver.startswith("self.") or not frame.function.owner:
            return [frame.function]
        methods = frame.module.class_(frame.function.owner).methods
        return [frame.module.function(key) for _, key in methods]

    # through first-party code -----------------------------------------------------------------------------------------

    def through(self, name: str) -> tuple[Hit, ...]:
        """Return what calling a first-party function does, best way first."""
        hits = self._through.get(name)
        if hits is None:
            hits = self._through[name] = tuple(sorted(self._walk(name), key=lambda h: h.rank))
        return hits

    def _walk(self, name: str) -> Iterable[Hit]:
        start = self.resolver.project.frame(name)
        if start is None or self._is_safe(name):
            return []
        found: dict[tuple[str, bool], Hit] = {}
        queue: deque[tuple[Frame, tuple[Hop, ...], int]] = deque([(start, (), self._memoised(start))])
        seen = {(name, queue[0][2])}
        while queue:
            frame, trace, lowered = queue.popleft()
            for hit in self._declared(frame, trace):
                found.setdefault((hit.effect.name, bool(lowered)), hit)
            for fact in frame.function.calls:
                weighs = max(lowered, 2 if fact.handles else int(fact.guarded))
                for target in self.targets.of(fact, frame):
                    weight = max(weighs, int(target.handed))
                    hop = Hop(_shown(target.name), frame.module.path, fact.line)
                    if not target.is_function:
                        for hit in self._library(target, fact, frame):
                            way = (*trace, Hop(hit.effect.name.removeprefix("builtins."), hop.path, hop.line))
                            found.setdefault((hit.effect.name, bool(weight)), _lowered(hit, weighs, way))
                        continue
                    follow = self.resolver.project.frame(target.name)
                    if follow is None or len(trace) >= self.deepest or self._is_safe(target.name):
                        continue
                    state = (target.name, max(weight, self._memoised(follow)))
                    if state not in seen:
                        seen.add(state)
                        queue.append((follow, (*trace, hop), state[1]))
        return found.values()

    def _declared(self, frame: Frame, trace: tuple[Hop, ...]) -> Iterator[Hit]:
        """A first-party function that the user declared to block."""
        for effect in self.resolver.catalogue.effects(_dotted(frame.name)):
            yield Hit(effect, effect.level, trace)

    def _is_safe(self, name: str) -> bool:
        return self.resolver.catalogue.is_safe(_dotted(name))

    def _memoised(self, frame: Frame) -> int:
        """Only the first call of a memoised function does the work: one level lower."""
        names = self.resolver.attributes.decorator_names(frame.module, frame.function)
        return 1 if any(n in MEMOISING for n in names) else 0

    # callables handed over --------------------------------------------------------------------------------------------

    def handed(self, fact: CallFact, frame: Frame, place: Place) -> Iterator[tuple[str, Handover]]:
        """Yield (callee, handover) for each argument of a call that runs at `place`."""
        if not isinstance(fact.term, CallTerm):
            return
        for value in self.resolver.resolve(fact.term.callee, frame):
            name = getattr(value, "name", "")
            for handover in self.resolver.catalogue.handovers(name) if name else ():
                if handover.place is place and argument(fact.term, handover) is not None:
                    yield name, handover


def _is_any_file(receiver: Instance | None) -> bool:
    """An annotation such as `BinaryIO` may also stand for a buffer in memory."""
    return receiver is not None and receiver.cls in ANY_FILE and receiver.origin is None


def _lowered(hit: Hit, weight: int, trace: tuple[Hop, ...]) -> Hit:
    level = hit.level
    for _ in range(weight):
        level = level.lowered()
    return Hit(hit.effect, level, trace)


def _dotted(name: str) -> str:
    return name.replace(":", ".", 1).replace(".<locals>", "")


def _shown(name: str) -> str:
    """Return a function's name as its reader knows it."""
    return name.rpartition(":")[2].rpartition("<locals>.")[2]


def _is_zero(term: object) -> bool:
    if not isinstance(term, CallTerm) or not term.arguments:
        return False
    first = term.arguments[0]
    return isinstance(first, ConstantTerm) and first.value in (False, 0) and first.value is not None
