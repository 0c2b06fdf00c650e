"""What running a function does to its thread in the end, and by which way.

The effects of a function are those of the library calls that it reaches through first-party code. That is
reachability, so a breadth-first walk answers it: the first way found is a shortest one, ties go to the earlier line,
and cycles end by themselves. The answer for a function does not depend on which function was asked about first.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, structs

from flake8_bookmark.effects.model import Effect, Handover, Kind, Place
from flake8_bookmark.facts.model import PICKED, CallFact, FunctionFacts
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.finding import Hop, Level
from flake8_bookmark.names.terms import CallTerm, ConstantTerm, ImportTerm, Term
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.callbacks import CallbackReader, Registration
from flake8_bookmark.project.colours import ColourReader
from flake8_bookmark.project.conditions import ConditionReader
from flake8_bookmark.project.coroutines import CoroutineReader
from flake8_bookmark.project.decisions import DecisionReader, Known, is_in_memory, rules_out, undecided
from flake8_bookmark.project.entries import EntryReader
from flake8_bookmark.project.expectations import ExpectationReader
from flake8_bookmark.project.fields import FieldReader
from flake8_bookmark.project.handled import is_only_opened
from flake8_bookmark.project.hierarchy import OVERRIDE
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.occasions import OccasionReader
from flake8_bookmark.project.packaged import PackagedReader
from flake8_bookmark.project.readiness import ReadinessReader, is_any_file
from flake8_bookmark.project.sharing import SharingReader
from flake8_bookmark.project.shields import ShieldReader
from flake8_bookmark.project.small_files import SmallFileReader
from flake8_bookmark.project.suspension import SuspensionReader
from flake8_bookmark.project.switches import SwitchReader
from flake8_bookmark.project.targets import Target, TargetReader
from flake8_bookmark.project.values import is_first_party
from flake8_bookmark.project.ways import Hit as Hit
from flake8_bookmark.project.ways import Way, WayReader
from flake8_bookmark.project.work import WorkReader
from flake8_bookmark.project.worlds import WorldReader

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MEMOISING = frozenset(
    {"functools.lru_cache", "functools.cache", "functools.cached_property", "django.utils.functional.cached_property"}
)
State: TypeAlias = tuple[str, int, Known]
FIRST_TIME = frozenset({"import"})
"""Anchors of effects that only the first call has, as a module is imported once."""
MANY_CHOICES = 3
"""So many branches on the way, each taken for a reason that is not known, make it a rare way."""
FAR = 3
"""A branch for one text in a helper of a helper counts for so many more: the caller does not speak of that text."""
NEAR = 2
"""From this many helpers on, each further one counts for a branch: it has reasons of its own to go on or not."""
DISTANT = 3
"""Behind so many helpers there is seldom the content that a coroutine works on: rather a setting, or what was kept."""
BLINK = 0.005
"""So many seconds of sleep are no more than a turn of the loop takes."""
BOTH_WORLDS = (Kind.THREAD, Kind.LOOP)
NO_LIMIT = 10**6


class _Step(Struct, frozen=True):
    """A function on the way, how it was reached, and which of its parameters are known to be true or false.

    `lowered` says by how many levels, `choices` how many undecided branches led here; `is_facade` that a function on
    the way gives an awaitable instead of waiting where a loop runs.
    """

    frame: Frame
    trace: tuple[Hop, ...]
    lowered: int
    known: Known
    choices: int = 0
    is_facade: bool = False


class SummaryReader:
    """Answers what calls do, for one resolver."""

    def __init__(self, resolver: Resolver, deepest: int = 0) -> None:
        self.resolver = resolver
        self.targets = TargetReader(resolver)
        self.callbacks = CallbackReader(resolver, self.targets)
        self.entries = EntryReader(resolver)
        self.occasions = OccasionReader(resolver, self.callbacks, self.entries)
        self.coroutines = CoroutineReader(resolver)
        self.expectations = ExpectationReader(resolver)
        self.conditions = ConditionReader(resolver)
        self.decisions = DecisionReader(resolver, self.targets, FieldReader(resolver, self.coroutines))
        self.deepest = deepest or NO_LIMIT
        self.many_choices = MANY_CHOICES
        self.readiness = ReadinessReader(resolver, self.conditions)
        self.packaged = PackagedReader(resolver)
        self.small_files = SmallFileReader(resolver)
        self.suspension = SuspensionReader(resolver)
        self.switches = SwitchReader(resolver)
        self.shields = ShieldReader(self.targets, self.suspension)
        self.work = WorkReader(resolver, self.targets, self.suspension)
        self.worlds = WorldReader(resolver)
        self.colours = ColourReader(resolver, self.targets)
        self.sharing = SharingReader(self)
        self._through: dict[tuple[str, Known], tuple[Hit, ...]] = {}
        self._active: dict[str, bool] = {}
        self._safe: dict[str, bool] = {}
        self._lower: dict[str, int] = {}
        self.ways = WayReader(self)

    # one call ---------------------------------------------------------------------------------------------------------

    def own(self, fact: CallFact, frame: Frame) -> tuple[Hit, ...]:
        """Return the effects of the library code that a call runs by itself."""
        if isinstance(fact.term, ImportTerm):
            return tuple(self._first_import(fact.term, frame))
        targets = () if self.worlds.is_elsewhere(fact, frame) else self.targets.of(fact, frame)
        hits = {t: tuple(self.library(t, fact, frame)) for t in targets if not t.is_function}
        found = [h for known in hits.values() for h in known]
        calls_object = any(t.name.endswith(".__call__") for t in hits) and len(hits) < len(targets)
        if calls_object or any(not known for t, known in hits.items() if t.receiver is not None):
            # One of the classes that the receiver may have waits, another, or a function, does not: that is no proof.
            found = [Hit(h.effect, Level.HINT, h.trace) for h in found]
        found = [_lowered(h, self._less(h, fact, frame), h.trace) for h in found]
        return tuple(sorted(found, key=lambda h: h.rank))

    def _less(self, hit: Hit, fact: CallFact, frame: Frame) -> int:
        """Return by how many levels what was said before a call, or what turns it on, lowers it."""
        switched = hit.effect.kind is Kind.FILE and self.switches.is_switched_on(fact, frame)
        return self.readiness.is_told(hit.effect, fact, frame) + switched

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
        out = []
        for target in () if self.worlds.is_elsewhere(fact, frame) else self.targets.of(fact, frame):
            callee = self.resolver.project.frame(target.name) if target.is_function else None
            if callee is not None:
                known = self.decisions.given(fact, target, callee, frame, ())
                known = self.colours.known(known, fact, callee, frame, ())
                out.append((target, self.through(target.name, known)))
        return tuple(out)

    def library(self, target: Target, fact: CallFact, frame: Frame) -> Iterator[Hit]:
        """Yield the effects of a library's code that a call runs, as far as the call's arguments and receiver allow."""
        if fact.use == "awaited" and target.receiver is not None and not self._is_surely_made(target, fact, frame):
            return  # awaiting its result would fail: the receiver must be something else
        catalogue = self.resolver.catalogue
        names = (target.name, *target.alternatives) if target.receiver is None else target.alternatives
        name = catalogue.first_known(names or (target.name,))
        for effect in self._spoken(name, fact, frame) if name is not None else ():
            lower = target.handed or (effect.kind is Kind.FILE and is_any_file(target.receiver))
            lower = lower or self.packaged.is_packaged(effect, fact, frame)
            lower = lower or self.conditions.lowers(effect, fact, frame)
            lower = lower or self.small_files.is_small(effect, fact, frame)
            lower = lower or is_only_opened(effect, fact, frame.function)
            if effect.kind is Kind.SLEEP and _is_blink(fact.term):
                yield Hit(effect, Level.HINT)
                continue
            yield Hit(effect, effect.level.lowered() if lower else effect.level)

    def _spoken(self, name: str, fact: CallFact, frame: Frame) -> list[Effect]:
        """Return the effects that a call's arguments and receiver allow.

        What works on a file or on a page waits for it, and computes, too: that is one finding. Computing is left to
        say where the file is in memory, or the page is at hand.
        """
        effects = self.resolver.catalogue.effects(name)
        spoken = [
            e for e in effects if self.conditions.speak(e, fact, frame) and not self.readiness.is_ready(e, fact, frame)
        ]
        waits = any(e.kind in (Kind.FILE, Kind.NETWORK) for e in spoken)
        return [e for e in spoken if not waits or e.kind is not Kind.COMPUTE]

    def _is_surely_made(self, target: Target, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a receiver is what a call here made, on every way; an annotation may be wrong.

        A class of the project below one of a library may make something to await of what it inherits.
        """
        made = target.receiver if target.receiver is not None and not is_first_party(target.receiver.cls) else None
        origin = made.origin if made is not None else None
        if origin is None or origin[0] != frame.module.name or not isinstance(fact.term, CallTerm):
            return False
        return self.resolver.certainty.is_complete(fact.term.callee, frame)

    # through first-party code -----------------------------------------------------------------------------------------

    def through(self, name: str, known: Known = ()) -> tuple[Hit, ...]:
        """Return what calling a first-party function does, best way first; `known` says which parameters are."""
        hits = self._through.get((name, known))
        if hits is None:
            hits = tuple(sorted(self._walk(name, known), key=lambda h: h.rank))
            self._through[(name, known)] = hits
        return hits

    def _walk(self, name: str, known: Known) -> Iterable[Hit]:
        start = self.resolver.project.frame(name)
        if start is None or self.is_safe(name) or not self.ways.leads(name):
            return []
        found: dict[tuple[str, bool], Hit] = {}
        queue = deque([_Step(start, (), self._memoised(start), known)])
        seen = {(name, queue[0].lowered, known): 0}
        while queue:
            step = queue.popleft()
            for hit in self._declared(step.frame, step.trace):
                found.setdefault((hit.effect.name, bool(step.lowered)), hit)
            for fact, ways in self.ways.of(step.frame):
                if not rules_out(step.known, fact.when) and not self.colours.is_other_way(step.known, fact, step.frame):
                    for way in ways:
                        if not rules_out(step.known, way.target.when):
                            queue.extend(self._follow(way, fact, step, found, seen))
        return found.values()

    def _follow(
        self,
        way: Way,
        fact: CallFact,
        step: _Step,
        found: dict[tuple[str, bool], Hit],
        seen: dict[State, int],
    ) -> Iterator[_Step]:
        """Note the effects of a library call; yield the next step for a first-party one."""
        target = way.target
        weighs = max(step.lowered, 2 if fact.handles else int(fact.guarded), way.doubt)
        weight = max(weighs, int(target.handed))
        picked = undecided(step.known, fact)
        choices = step.choices + fact.choices + min(fact.loops, 1) + PICKED * picked
        choices += FAR * (picked + fact.picks) if step.trace else 0
        choices += len(step.trace) >= NEAR
        path = step.frame.module.path
        if not target.is_function:
            for hit in way.hits:
                if hit.effect.kind is Kind.FILE and is_in_memory(step.known, fact, step.frame.function):
                    continue
                if hit.effect.kind in BOTH_WORLDS and (step.is_facade or self.worlds.is_facade(step.frame)):
                    continue
                hops = (*step.trace, Hop(hit.effect.name.removeprefix("builtins."), path, fact.line))
                told = self.readiness.is_told(hit.effect, fact, step.frame)
                switched = hit.effect.kind is Kind.FILE and self.switches.is_switched_on(fact, step.frame)
                once = (hit.effect.anchor in FIRST_TIME) + 2 * told + switched
                is_far = weighs > 0 and len(hops) > 1
                is_far |= hit.effect.kind is Kind.FILE and len(hops) >= DISTANT
                here = _lowered(hit, weighs + once + is_far + self._rarity(choices), hops)
                before = found.get((hit.effect.name, bool(weight)))
                if before is None or here.level > before.level:
                    found[(hit.effect.name, bool(weight))] = here
            return
        callee = self.resolver.project.frame(target.name)
        if callee is None or len(step.trace) >= self.deepest or self.is_safe(target.name):
            return
        known = self.decisions.given(fact, target, callee, step.frame, step.known)
        known = self.colours.known(known, fact, callee, step.frame, step.known)
        state = (target.name, max(weight, self._memoised(callee)), known)
        if self._rarity(choices) < seen.get(state, NO_LIMIT):
            seen[state] = self._rarity(choices)
            trace = (*step.trace, Hop(_shown(target.name), path, fact.line))
            is_facade = step.is_facade or self.worlds.is_facade(step.frame)
            yield _Step(callee, trace, state[1], known, choices, is_facade)

    def _rarity(self, choices: int) -> int:
        """Return by how many levels so many undecided branches on the way lower what they lead to."""
        return min(choices // self.many_choices, 2)

    def is_one_of_many(self, target: Target, targets: list[Target]) -> bool:
        """Tell whether a method is one of several that may answer an abstract one, and another does nothing."""
        if len(targets) < 2 or target.receiver is None or target.receiver.variable != OVERRIDE:
            return False
        return any(not self._does_anything(t.name) for t in targets if t.is_function)

    def _does_anything(self, name: str) -> bool:
        """Tell whether calling a function waits or computes in the end, on any way at all; a short lock is no wait."""
        known = self._active.get(name)
        if known is not None:
            return known
        seen, pending = {name}, [name]
        while pending:
            frame = self.resolver.project.frame(pending.pop())
            for fact in frame.function.calls if frame is not None else ():
                for target in self.targets.of(fact, frame) if frame is not None else ():
                    if target.is_function and target.name not in seen:
                        seen.add(target.name)
                        pending.append(target.name)
                    elif not target.is_function and frame is not None and self._is_felt(target, fact, frame):
                        self._active[name] = True
                        return True
        self._active[name] = False
        return False

    def always_raises(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call, and awaiting it, never comes back: the function's end can't be reached, nor a return."""
        names = [getattr(value, "name", "") for value in self.targets.callees(fact, frame)]
        found = [self.resolver.project.frame(name) for name in names]
        return bool(found) and all(f is not None and never_returns(f.function) for f in found)

    def _is_felt(self, target: Target, fact: CallFact, frame: Frame) -> bool:
        return any(hit.effect.level > Level.HINT for hit in self.library(target, fact, frame))

    def _declared(self, frame: Frame, trace: tuple[Hop, ...]) -> Iterator[Hit]:
        """A first-party function that the user declared to block."""
        for effect in self.resolver.catalogue.effects(frame.name):
            yield Hit(effect, effect.level, trace)

    def is_safe(self, name: str) -> bool:
        """Tell whether the user says of a function that it never blocks, in the settings or in a comment there."""
        known = self._safe.get(name)
        if known is None:
            module, _, key = name.partition(":")
            facts = self.resolver.project.module(module)
            marked = facts is not None and facts.has_mark(key, "nonblocking")
            known = self._safe[name] = self.resolver.catalogue.is_safe(name) or marked
        return known

    def _memoised(self, frame: Frame) -> int:
        """Only the first call of a memoised function does the work: one level lower."""
        known = self._lower.get(frame.name)
        if known is None:
            names = self.resolver.attributes.decorator_names(frame.module, frame.function)
            known = self._lower[frame.name] = int(any(n in MEMOISING for n in names))
        return known

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

    def later(self, made: Registration, frame: Frame) -> tuple[Hit, ...]:
        """Return what a callable does that a call hands over, when it is run later on."""
        if made.target.is_function:
            return self.through(made.target.name)
        as_called = structs.replace(made.fact, term=_call_of(made), use="dropped")
        return tuple(sorted(self.library(made.target, as_called, frame), key=lambda h: h.rank))


def never_returns(function: FunctionFacts) -> bool:
    if function.kind not in ("function", "coroutine") or function.is_stub:
        return False
    return not function.returns and not function.may_return_none


def _call_of(made: Registration) -> Term:
    """Return the call that the callee will make: of `call_later(1, f, x)` and of `call_soon(partial(f, x))`, `f(x)`."""
    call = made.term
    if isinstance(call, CallTerm):
        return CallTerm(made.term, call.arguments[1:], call.keywords, call.site)
    outer = made.fact.term
    assert isinstance(outer, CallTerm)
    first = len(outer.arguments) if made.handover.position is None else made.handover.position + 1
    return CallTerm(made.term, outer.arguments[first:], (), outer.site)


def _is_blink(term: Term) -> bool:
    """Tell whether a sleep is too short to be felt: its first argument is a number that says so."""
    first = term.arguments[0] if isinstance(term, CallTerm) and term.arguments else None
    value = first.value if isinstance(first, ConstantTerm) else None
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value <= BLINK


def _lowered(hit: Hit, weight: int, trace: tuple[Hop, ...]) -> Hit:
    level = hit.level
    for _ in range(weight):
        level = level.lowered()
    return Hit(hit.effect, level, trace)


def _shown(name: str) -> str:
    """Return a function's name as its reader knows it."""
    return name.rpartition(":")[2].rpartition("<locals>.")[2].partition("#")[0]
