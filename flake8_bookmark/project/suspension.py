"""Whether awaiting gives the loop back: never, on some ways, or on every way.

A coroutine that awaits only coroutines that never wait never waits itself: it runs to its end like a plain function,
and a loop of such awaits keeps the thread. NEVER needs proof. Whatever can't be resolved, has a decorator that is not
understood, or may be another class's method is MAYBE.

That a coroutine may suspend is reachability: some way through awaits leads to a wait. So cycles need no care, and the
answer does not depend on which coroutine was asked about first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact, FunctionFacts, Site
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import CallTerm, ConstantTerm, FunctionTerm, Term
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.results import CONTEXT_MANAGERS, TRANSPARENT
from flake8_bookmark.project.values import Awaitable, Frozen, Instance, Method, Value, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

Way: TypeAlias = Suspends | Frame
"""What an await comes to: an answer, or a first-party coroutine to look into."""

UNDERSTOOD = TRANSPARENT | CONTEXT_MANAGERS.keys() | {"typing_extensions.override", "typing.final"}
ENTERED = {"enter": "__aenter__", "exit": "__aexit__"}
DEEPEST = 20
"""Coroutines inside one another that are followed to prove that the outermost always suspends."""


class SuspensionReader:
    """Answers for one resolver; each answer is kept."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._never: dict[str, bool] = {}
        self._always: dict[str, bool] = {}
        self._abstract: dict[str, bool] = {}
        self._awaits: dict[str, dict[tuple[str, Site], CallFact]] = {}

    # questions --------------------------------------------------------------------------------------------------------

    def of(self, frame: Frame) -> Suspends:
        """Return whether running a coroutine (or stepping through an async generator) to its end suspends."""
        if self.never(frame):
            return Suspends.NEVER
        return Suspends.ALWAYS if self._is_always(frame, frozenset()) else Suspends.MAYBE

    def of_fact(self, fact: CallFact, frame: Frame) -> Suspends:
        """Return whether awaiting the result of a call, stepping, entering or leaving suspends, for one fact."""
        return self._join(list(self._ways(fact, frame)), frozenset())

    def at(self, point: SuspensionPoint, frame: Frame) -> Suspends:
        """Return whether a suspension point of a function gives the loop back; a `yield` may."""
        fact = self.fact_at(point, frame)
        return self.of_fact(fact, frame) if fact is not None else Suspends.MAYBE

    def never(self, frame: Frame) -> bool:
        """Tell whether no way through a coroutine, or an async generator, ever gives the loop back."""
        known = self._never.get(frame.name)
        if known is None:
            seen = {frame.name: frame}
            known = self._never[frame.name] = self._reaches_no_wait(frame, seen)
            if known:
                self._never.update(dict.fromkeys(seen, True))
        return known

    def awaits(self, frame: Frame) -> Iterable[CallFact]:
        """Return all that a function awaits, the steps of async loops and both ends of `async with` included."""
        return self._awaits_of(frame).values()

    def fact_at(self, point: SuspensionPoint, frame: Frame) -> CallFact | None:
        """Return what is awaited at a suspension point; None for a `yield`."""
        return self._fact_at(point.via, point.node, frame)

    # never ------------------------------------------------------------------------------------------------------------

    def _reaches_no_wait(self, frame: Frame, seen: dict[str, Frame]) -> bool:
        pending = [frame]
        while pending:
            here = pending.pop()
            for fact in self._awaits_of(here).values():
                for way in self._ways(fact, here):
                    if not isinstance(way, Frame):
                        if way is not Suspends.NEVER:
                            return False
                    elif self._never.get(way.name) is False:
                        return False
                    elif way.name not in seen:
                        seen[way.name] = way
                        pending.append(way)
        return True

    def _awaits_of(self, frame: Frame) -> dict[tuple[str, Site], CallFact]:
        """Return what a function awaits, by form and place."""
        found = self._awaits.get(frame.name)
        if found is None:
            facts = (f for f in frame.function.calls if f.is_async or f.form == "await" or _is_awaited_call(f))
            found = self._awaits[frame.name] = {(f.form, f.site): f for f in facts}
        return found

    def _fact_at(self, via: str, node: ast.AST, frame: Frame) -> CallFact | None:
        found = self._awaits_of(frame)
        match node:
            case ast.Await():
                site = site_of(node.value)
                return found.get(("call", site)) or found.get(("await", site))
            case ast.AsyncFor() | ast.comprehension():
                return found.get(("iterate", site_of(node.iter)))
            case ast.withitem():
                return found.get(("enter" if via == "aenter" else "exit", site_of(node.context_expr)))
        return None

    # always -----------------------------------------------------------------------------------------------------------

    def _is_always(self, frame: Frame, above: frozenset[str]) -> bool:
        """Tell whether a coroutine surely suspends: one of its first awaits, before any branch, does.

        Recursion proves nothing, and is refused; so the answer only ever errs towards MAYBE.
        """
        if frame.function.kind != "coroutine" or frame.name in above or len(above) >= DEEPEST:
            return False
        known = self._always.get(frame.name)
        if known is None:
            inner = above | {frame.name}
            awaits = self._awaits_of(frame)
            facts = (awaits.get(("call", s)) or awaits.get(("await", s)) for s in frame.function.first_awaits)
            joined = (self._join(list(self._ways(f, frame)), inner) for f in facts if f is not None)
            known = any(answer is Suspends.ALWAYS for answer in joined)
            if known or not above:
                self._always[frame.name] = known
        return known

    def _join(self, ways: list[Way], above: frozenset[str]) -> Suspends:
        """Join alternatives: they must agree."""
        if all(self.never(w) if isinstance(w, Frame) else w is Suspends.NEVER for w in ways):
            return Suspends.NEVER
        if all(self._is_always(w, above) if isinstance(w, Frame) else w is Suspends.ALWAYS for w in ways):
            return Suspends.ALWAYS
        return Suspends.MAYBE

    # one await --------------------------------------------------------------------------------------------------------

    def _ways(self, fact: CallFact, frame: Frame) -> Iterator[Way]:
        """Yield what an await may come to, never nothing."""
        found = False
        for way in self._known_ways(fact, frame):
            found = True
            yield way
        if not found:
            yield Suspends.MAYBE

    def _known_ways(self, fact: CallFact, frame: Frame) -> Iterator[Way]:
        if isinstance(fact.term, CallTerm) and fact.form == "call":
            yield from self._called(fact.term, frame)
            return
        if not self._is_complete(fact.term, frame):
            yield Suspends.MAYBE
            return
        for value in self.resolver.resolve(fact.term, frame):
            if fact.form in ENTERED:
                yield from self._entered(value, ENTERED[fact.form])
            elif fact.form == "iterate":
                yield from self._stepped(value)
            else:
                yield from self._awaited(value)
        # What a method gives to step through or to enter has forgotten whose method it was.
        if fact.form != "await" and isinstance(fact.term, CallTerm):
            for callee in self.resolver.resolve(fact.term.callee, frame):
                if isinstance(callee, Method) and isinstance(self._function(callee.name), Frame):
                    yield from self._method(callee)

    def _is_complete(self, term: Term, frame: Frame) -> bool:
        callee = term.callee if isinstance(term, CallTerm) else term
        return self.resolver.certainty.is_complete(callee, frame)

    def _called(self, term: CallTerm, frame: Frame) -> Iterator[Way]:
        if not self.resolver.certainty.is_complete(term.callee, frame):
            yield Suspends.MAYBE
            return
        for callee in self.resolver.resolve(term.callee, frame):
            if isinstance(callee, Instance):
                yield from self._special(callee, "__call__")
                continue
            if isinstance(callee, Method) and is_first_party(callee.name):
                yield from self._method(callee)
                continue
            results = self.resolver.results.of(callee, term, frame)
            if not results:
                yield Suspends.MAYBE
            for value in results:
                yield from self._awaited(value)

    def _awaited(self, value: Value) -> Iterator[Way]:
        if not isinstance(value, Awaitable) or not value.callee:
            yield Suspends.MAYBE
        elif is_first_party(value.callee):
            way = self._function(value.callee)
            is_hook = isinstance(way, Frame) and bool(way.function.owner) and _is_hook(way.function)
            yield Suspends.MAYBE if is_hook else way
        else:
            yield self.resolver.catalogue.suspends(value.callee) or Suspends.MAYBE

    def _entered(self, value: Value, name: str) -> Iterator[Way]:
        if isinstance(value, Frozen):
            yield self._function(value.function) if value.kind == "asynccontextmanager" else Suspends.MAYBE
        else:
            yield from self._special(value, name)

    def _stepped(self, value: Value) -> Iterator[Way]:
        if isinstance(value, Frozen):
            yield self._function(value.function) if value.kind == "asyncgenerator" else Suspends.MAYBE
            return
        iterators = self.resolver.results.special(value, "__aiter__")
        if not iterators:
            yield Suspends.MAYBE
        for iterator in iterators:
            if isinstance(iterator, Frozen):
                yield from self._stepped(iterator)
            else:
                yield from self._special(iterator, "__anext__")

    def _special(self, value: Value, name: str) -> Iterator[Way]:
        methods = self.resolver.attributes.of_instance(value, name) if isinstance(value, Instance) else ()
        for method in methods or (None,):
            if not isinstance(method, Method):
                yield Suspends.MAYBE
            elif is_first_party(method.name):
                yield from self._method(method)
            else:
                yield self.resolver.catalogue.suspends(method.name) or Suspends.MAYBE

    # first-party coroutines -------------------------------------------------------------------------------------------

    def _function(self, name: str) -> Way:
        """Return a coroutine function to look into, if nothing around it is left to guess."""
        frame = self.resolver.project.frame(name)
        if frame is None or frame.function.kind not in ("coroutine", "asyncgenerator"):
            return Suspends.MAYBE
        names = self.resolver.attributes.decorator_names(frame.module, frame.function)
        understood = len(names) >= len(frame.function.decorators) and set(names) <= UNDERSTOOD
        return frame if understood and not _is_stub(frame.function) else Suspends.MAYBE

    def _method(self, method: Method) -> Iterator[Way]:
        """Yield a method, and those that override it in the classes of the project below its own.

        A class that was not made here may be another module's subclass; a body that does nothing asks to be
        overridden, and so does a class that leaves a method open: they are no proof.
        """
        way = self._function(method.name)
        made_here = method.receiver.origin is not None
        asks = isinstance(way, Frame) and (_is_hook(way.function) or self._is_abstract(method.receiver.cls))
        if asks and not made_here:
            yield Suspends.MAYBE
            return
        yield way
        if isinstance(way, Frame):
            yield from self._overrides(method)

    def _is_abstract(self, cls: str) -> bool:
        """Tell whether a class of the project leaves a method of its own line to the classes below."""
        known = self._abstract.get(cls)
        if known is None:
            line = [self.resolver.project.class_(c) for c in self.resolver.attributes.mro(cls) if is_first_party(c)]
            first: dict[str, bool] = {}
            for module, facts in filter(None, line):
                for name, key in facts.methods:
                    first.setdefault(name, module.function(key).is_stub)
            known = self._abstract[cls] = any(first.values())
        return known

    def _overrides(self, method: Method) -> Iterator[Way]:
        found = self.resolver.hierarchy.redefined(method)
        if found is None:
            yield Suspends.MAYBE
        yield from map(self._function, found or ())


def _is_awaited_call(fact: CallFact) -> bool:
    return fact.form == "call" and fact.use == "awaited"


def _is_stub(facts: FunctionFacts) -> bool:
    """Tell whether a body does nothing: it stands for something that is still to be written, or lies elsewhere."""
    does = facts.calls or facts.returns or facts.yields or facts.attributes or facts.global_bindings
    return not does and facts.may_return_none


def _is_hook(facts: FunctionFacts) -> bool:
    """Tell whether a method's body is empty, only raises, or only returns a constant."""
    if not facts.returns and not facts.may_return_none:
        return True
    acts = bool(facts.calls or facts.attributes or any(isinstance(b.term, FunctionTerm) for b in facts.bindings))
    return not acts and all(isinstance(r, ConstantTerm) for r in facts.returns)
