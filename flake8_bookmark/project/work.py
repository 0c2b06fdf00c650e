"""How much a function computes by itself: the loops that it runs without giving the thread back, and what they hold.

Two things are measured, each with the way to it. *Rounds* are counted: bounds that are constants, multiplied where
loops stand inside one another, in the function or in a helper that a loop calls. A *large* thing is gone through one
element at a time: pixels, rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.effects.library import library
from flake8_bookmark.effects.model import Handover, Place, Suspends
from flake8_bookmark.facts.model import CallFact, FunctionFacts, LoopFact
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.finding import Hop
from flake8_bookmark.names import terms as t
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.sizes import Arguments, SizeReader
from flake8_bookmark.project.targets import Target, TargetReader

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver
    from flake8_bookmark.project.suspension import SuspensionReader

FEW = 1000
"""Elements; what a builtin does with fewer is not worth a look."""
FAST = 10
"""A builtin steps through an iterable about this many times faster than a loop does."""
DEEPEST = 60
MOST_GIVEN = 4
CONSUMERS = frozenset(f"builtins.{n}" for n in ("sum", "max", "min", "list", "tuple", "set", "frozenset", "sorted"))
TELLING = frozenset({"getpixel", "putpixel", "iterrows", "itertuples"})
SHORT_CIRCUITS = frozenset({"builtins.any", "builtins.all", "builtins.next", "builtins.iter"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, and the way to the code that it was found in."""

    value: int
    trace: tuple[Hop, ...] = ()

    def through(self, hop: Hop) -> Measure:
        return replace(self, trace=(hop, *self.trace)) if self.value else self


NONE = Measure(0)
Key: TypeAlias = tuple[str, Arguments]


@dataclass(frozen=True, slots=True)
class Work:
    """What code does: `rounds` are certain, `most` are those of some part of it.

    `element` says that it works on one element of something large, `large` that a loop goes through all of it.
    """

    rounds: int = 1
    most: Measure = NONE
    element: str = ""
    dimensions: int = 0
    large: str = ""
    large_trace: tuple[Hop, ...] = ()

    def join(self, other: Work) -> Work:
        """Return the most of two pieces of code that stand side by side."""
        larger = self if self.large or not other.large else other
        return Work(
            max(self.rounds, other.rounds),
            self.most if self.most.value >= other.most.value else other.most,
            self.element or other.element,
            max(self.dimensions, other.dimensions),
            larger.large,
            larger.large_trace,
        )

    def sometimes(self) -> Work:
        """Return what is left of it where it does not run in every round."""
        return replace(self, rounds=1)

    def through(self, hop: Hop) -> Work:
        trace = (hop, *self.large_trace) if self.large else ()
        return replace(self, most=self.most.through(hop), large_trace=trace)


NOTHING = Work()


@dataclass(frozen=True, slots=True)
class Nest:
    """A piece of a function that runs without suspending: a loop with all that it holds, or a call outside loops."""

    work: Work
    loop: LoopFact | None = None
    fact: CallFact | None = None


class WorkReader:
    """Measures functions for one resolver.

    Functions that call each other in a circle are measured together, and their calls of one another count for nothing:
    so the answer for a function does not depend on which was asked about first.
    """

    def __init__(self, resolver: Resolver, targets: TargetReader, suspension: SuspensionReader) -> None:
        self.resolver = resolver
        self.targets = targets
        self.suspension = suspension
        self.sizes = SizeReader(resolver)
        self._known: dict[Key, Work] = {}
        self._numbers: dict[Key, int] = {}
        self._circle: list[Key] = []
        self._calls: dict[Key, list[tuple[CallFact, Frame, Key]]] = {}
        self._sizing: dict[str, tuple[int, ...]] = {}
        self._roots: dict[str, tuple[str, ...]] = {}

    def of(self, frame: Frame, given: Arguments = ()) -> Work:
        """Return what running a plain function does."""
        key = (frame.name, given)
        if key not in self._known:
            self._visit(key, frame, 0)
            self._numbers.clear()
        return self._known[key]

    def _visit(self, key: Key, frame: Frame, depth: int) -> int:
        """Measure a function after those that it calls; return the lowest number of the circle that it is on.

        This is Tarjan's search for strongly connected components ("Depth-first search and linear graph algorithms",
        SIAM Journal on Computing 1, 1972).
        """
        number = lowest = self._numbers[key] = len(self._numbers)
        self._circle.append(key)
        for _, callee, other in self._calls_of(key, frame) if depth < DEEPEST else ():
            if other in self._known:
                continue
            seen = self._numbers.get(other)
            lowest = min(lowest, seen if seen is not None else self._visit(other, callee, depth + 1))
        if lowest == number:
            start = self._circle.index(key)
            members, self._circle[start:] = self._circle[start:], []
            found = {member: self._measured(member) for member in members}
            self._known.update(found)
        return lowest

    def _measured(self, key: Key) -> Work:
        """Measure one function; calls of functions that are not measured yet count for nothing."""
        frame = self.resolver.project.frame(key[0])
        work = NOTHING
        for nest in self._nests(frame, key[1]) if frame is not None else ():
            work = work.join(nest.work)
        return work

    def _calls_of(self, key: Key, frame: Frame) -> list[tuple[CallFact, Frame, Key]]:
        """Return the calls of first-party functions that a function makes: each with the callee, and its key."""
        found = self._calls.get(key)
        if found is None:
            found = self._calls[key] = list(self._read_calls(frame, key[1]))
        return found

    def _read_calls(self, frame: Frame, given: Arguments) -> Iterator[tuple[CallFact, Frame, Key]]:
        for fact in frame.function.calls:
            if fact.form not in ("call", "iterate") or fact.is_async:
                continue
            targets = self.targets.of(fact, frame)
            if len(targets) > 1 and any(x.receiver is not None and x.receiver != targets[0].receiver for x in targets):
                continue  # one of several classes: no proof
            for target in targets:
                callee = self.resolver.project.frame(target.name) if target.is_function and not target.handed else None
                if callee is None or (callee.function.name.startswith("<genexpr>") and self._stops_early(fact, frame)):
                    continue
                same = callee.name == frame.name
                numbers = () if same else self._given(fact, target, callee, frame, given)
                yield fact, callee, (callee.name, numbers)

    def nests(self, frame: Frame) -> list[Nest]:
        """Return the pieces of a function that run without suspending, and do any work."""
        for _, callee, key in self._calls_of((frame.name, ()), frame):
            self.of(callee, key[1])
        return self._nests(frame, ())

    def _nests(self, frame: Frame, given: Arguments) -> list[Nest]:
        loops = frame.function.loops
        suspending = self.suspending(frame)
        inner = [NOTHING] * len(loops)
        found: list[Nest] = []
        for fact, work in self._works(frame, given):
            if fact.loop < 0 or fact.loop in suspending:
                found.append(Nest(work.sometimes() if fact.conditional else work, fact=fact))
            else:
                inner[fact.loop] = inner[fact.loop].join(work.sometimes() if fact.conditional else work)
        for number in reversed(range(len(loops))):
            loop = loops[number]
            if number in suspending:
                continue
            work = self._repeated(loop, inner[number], frame, given)
            if loop.conditional:
                work = work.sometimes()
            if loop.parent < 0 or loop.parent in suspending:
                found.append(Nest(work, loop=loop))
            else:
                inner[loop.parent] = inner[loop.parent].join(work)
        return found

    def suspending(self, frame: Frame) -> set[int]:
        """Return the numbers of the loops that may suspend, or hand over by a `yield`."""
        loops = frame.function.loops
        found = {number for number, loop in enumerate(loops) if loop.yields or loop.is_async}
        for fact in frame.function.calls:
            awaits = fact.is_async or fact.use == "awaited"
            if awaits and fact.loop >= 0 and fact.loop not in found:
                if_ever = self.suspension.of_fact(fact, frame)
                found.update([fact.loop] if if_ever is not Suspends.NEVER else [])
        for number in sorted(found, reverse=True):
            while loops[number].parent >= 0:
                number = loops[number].parent
                found.add(number)
        return found

    # one loop ---------------------------------------------------------------------------------------------------------

    def _repeated(self, loop: LoopFact, work: Work, frame: Frame, given: Arguments) -> Work:
        """Return what a loop does, given what one of its rounds does."""
        size = self.sizes.size(loop.iterable, frame, given)
        here = Hop(f"{'while' if loop.form == 'while' else 'for'} loop", frame.module.path, loop.line)
        rounds = size * work.rounds if size is not None and not loop.leaves else 1
        most, large, trace = work.most, work.large, work.large_trace
        if rounds > max(most.value, 1):
            most = Measure(rounds, most.trace or (here,))
        dimensions = work.dimensions + self._is_dimension(loop, frame)
        if not large and (cause := self._goes_through(loop, work, dimensions, frame)):
            large, trace = cause, (here,)
        return Work(max(rounds, 1), most, "", dimensions, large, trace)

    def _goes_through(self, loop: LoopFact, work: Work, dimensions: int, frame: Frame) -> str:
        stepped = self._element(loop.iterable, frame) if isinstance(loop.iterable, t.CallTerm) else ""
        return work.element or stepped or ("pixel" if dimensions > 1 else "")

    def _is_dimension(self, loop: LoopFact, frame: Frame) -> bool:
        """Tell whether a loop counts up to the width, height or shape of something large."""
        term = loop.iterable
        if not isinstance(term, t.CallTerm) or not term.arguments:
            return False
        if {getattr(v, "name", "") for v in self.resolver.resolve(term.callee, frame)} != {"builtins.range"}:
            return False
        return any(self._measures(a, frame, 0) for a in term.arguments)

    def _measures(self, term: t.Term, frame: Frame, depth: int) -> bool:
        match term:
            case t.AttributeTerm():
                values = self.resolver.resolve(term.value, frame)
                names = [f"{cls}.{term.name}" for v in values if (cls := getattr(v, "cls", ""))]
                return any(self._handled(name) for name in names)
            case t.UnpackedTerm() | t.SubscriptTerm():
                return self._measures(term.value, frame, depth)
            case t.NameTerm() if depth < MOST_GIVEN:
                owner = frame.sibling(term.owner) if term.scope != "global" and term.owner else frame
                bound = (owner.function.bindings[n].term for n in term.bindings)
                return any(self._measures(b, owner, depth + 1) for b in bound)
        return False

    # one call ---------------------------------------------------------------------------------------------------------

    def _works(self, frame: Frame, given: Arguments) -> Iterator[tuple[CallFact, Work]]:
        """Yield each call that works, with what it does."""
        for fact in frame.function.calls:
            work = self._of_fact(fact, frame, given)
            if work is not NOTHING:
                yield fact, work
        for fact, callee, key in self._calls_of((frame.name, given), frame):
            inside = self._known.get(key, NOTHING)
            if inside is not NOTHING:
                name = callee.function.name
                yield fact, inside if name.startswith("<") else inside.through(Hop(name, frame.module.path, fact.line))

    def _of_fact(self, fact: CallFact, frame: Frame, given: Arguments) -> Work:
        """Return what the library code does that a call runs."""
        if fact.form != "call" or not isinstance(fact.term, t.CallTerm):
            return NOTHING
        element = self._element(fact.term, frame)
        return replace(NOTHING, element=element) if element else self._consumed(fact.term, fact, frame, given)

    def _stops_early(self, fact: CallFact, frame: Frame) -> bool:
        callees = self.targets.callees(fact, frame)
        return fact.form == "call" and any(getattr(v, "name", "") in SHORT_CIRCUITS for v in callees)

    def _consumed(self, call: t.CallTerm, fact: CallFact, frame: Frame, given: Arguments) -> Work:
        """A builtin such as `sum` steps through its argument."""
        if not call.arguments or isinstance(call.arguments[0], t.FunctionTerm):
            return NOTHING
        names = {getattr(v, "name", "") for v in self.resolver.resolve(call.callee, frame)}
        if len(names) != 1 or not names <= CONSUMERS:
            return NOTHING
        size = self.sizes.size(call.arguments[0], frame, given)
        if size is None or size < FEW:
            return NOTHING
        here = Hop(fact.text, frame.module.path, fact.line)
        return Work(size // FAST, Measure(size // FAST, (here,)))

    def _element(self, call: t.CallTerm, frame: Frame) -> str:
        """Return what a call does, if it works on one element of something large, or gives all of them."""
        values = self.resolver.resolve(call.callee, frame)
        causes = [self._handled(name) for v in values if (name := getattr(v, "name", ""))]
        if values or not isinstance(call.callee, t.AttributeTerm):
            return causes[0] if causes and all(causes) else ""
        return next((c for root in self._imports(frame) if (c := telling(root).get(call.callee.name))), "")

    def _handled(self, name: str) -> str:
        """Return what a call of a library function handles one of: a pixel, a row."""
        return next((e.element for e in self.resolver.catalogue.effects(name) if e.element), "")

    def _imports(self, frame: Frame) -> tuple[str, ...]:
        """Return the libraries that a module imports at its top."""
        found = self._roots.get(frame.module.name)
        if found is None:
            terms = (b.term for b in frame.module.function(MODULE_KEY).bindings)
            imports = (m for m in terms if isinstance(m, t.ImportTerm) and not m.level)
            found = self._roots[frame.module.name] = tuple(dict.fromkeys(m.module.partition(".")[0] for m in imports))
        return found

    # arguments --------------------------------------------------------------------------------------------------------

    def _given(self, fact: CallFact, target: Target, callee: Frame, frame: Frame, given: Arguments) -> Arguments:
        """Return the whole numbers that a call passes for parameters on which the callee's loops depend."""
        call, shift = fact.term, target.bound
        if not isinstance(call, t.CallTerm) or shift is None or any(isinstance(a, t.StarTerm) for a in call.arguments):
            return ()
        out = []
        for index in self._sizing_parameters(callee)[:MOST_GIVEN]:
            parameter = callee.function.parameters[index]
            place = Handover(parameter.name, index - shift if parameter.kind == "positional" else None, Place.HERE)
            term = argument(call, place)
            if term is not None:
                number = self.sizes.number(term, frame, given)
            else:
                number = self.sizes.number(parameter.default, callee.sibling(callee.function.parent), ())
            if number is not None:
                out.append((index, number))
        return tuple(out)

    def _sizing_parameters(self, frame: Frame) -> tuple[int, ...]:
        """Return the parameters that bound a loop, or are passed on."""
        found = self._sizing.get(frame.name)
        if found is None:
            facts = frame.function
            terms = [loop.iterable for loop in facts.loops if isinstance(loop.iterable, t.CallTerm)]
            calls = [f.term for f in facts.calls if isinstance(f.term, t.CallTerm)]
            numbers = {n for term in (*terms, *calls) for n in _parameters(term, facts, 0)}
            found = self._sizing[frame.name] = tuple(sorted(numbers))
        return found


@cache
def telling(root: str) -> dict[str, str]:
    """Return the methods of a library that handle one element, by their bare names: what each handles.

    Nothing else is called `getpixel`: in a module that imports the library, the name says whose method it is. So a
    name has to be a telling one, which is to say a compound.
    """
    effects = (e for found in library(root).effects.values() for e in found if e.element)
    names = ((e.name.rpartition(".")[2], e.element) for e in effects)
    return {name: element for name, element in names if name in TELLING}


def _parameters(term: t.Term, facts: FunctionFacts, depth: int) -> Iterator[int]:
    """Yield the parameters of a function that a term is made of, as far as whole numbers are concerned."""
    match term:
        case t.NameTerm(scope="local") if term.owner == facts.key and len(term.bindings) == 1:
            bound = facts.bindings[term.bindings[0]].term
            if isinstance(bound, t.ParameterTerm):
                yield bound.index
            elif depth < MOST_GIVEN:
                yield from _parameters(bound, facts, depth + 1)
        case t.BinaryTerm() if depth < MOST_GIVEN:
            yield from _parameters(term.left, facts, depth + 1)
            yield from _parameters(term.right, facts, depth + 1)
        case t.CallTerm() if depth < MOST_GIVEN:
            for inner in (*term.arguments, *(value for _, value in term.keywords)):
                yield from _parameters(inner, facts, depth + 1)
