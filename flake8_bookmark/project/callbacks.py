"""What the loop runs of its own accord: functions that are handed to it, decorated for it, or named as hooks.

Calling `loop.call_later(5, self._flush)` runs nothing now; the loop itself runs `_flush` later, between two
coroutines. So `_flush` is loop code, although no coroutine calls it. The catalogue says which argument, which decorator
and which method of a base class means that. A function of the project that passes its own parameter on to the loop
(`def soon(callback): loop.call_soon(callback)`) hands over as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Handover, Place
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    DisplayTerm,
    FunctionTerm,
    ImportTerm,
    NameTerm,
    ParameterTerm,
    Term,
)
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.targets import Target, TargetReader, parameters_called
from flake8_bookmark.project.values import Method, Symbol, Value, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

ALWAYS_LOOKED_AT = frozenset({"asyncio"})
"""An event loop comes from an attribute or a parameter as often as from an import."""
LATER = frozenset({Place.LOOP, Place.STARTUP, Place.ENDPOINT})


@dataclass(frozen=True, slots=True)
class Registration:
    """A call that hands a callable over: `target` is what will run, `term` the argument as written."""

    fact: CallFact
    target: Target
    term: Term
    handover: Handover


@dataclass(frozen=True, slots=True)
class Handing:
    """How a function comes to be run: `by` as it is written there, and the line in the function's own file."""

    by: str
    line: int
    handover: Handover


class CallbackReader:
    """Answers per module; what a function is handed to is known from the file that it stands in."""

    def __init__(self, resolver: Resolver, targets: TargetReader) -> None:
        self.resolver = resolver
        self.targets = targets
        self._registrations: dict[str, dict[str, tuple[Registration, ...]]] = {}
        self._handed: dict[str, dict[tuple[str, Place], Handing]] = {}
        self._passed_on: dict[str, tuple[tuple[int, Handover], ...]] = {}
        self._names: dict[str, frozenset[str]] = {}

    # questions --------------------------------------------------------------------------------------------------------

    def handing(self, frame: Frame, place: Place = Place.LOOP) -> Handing | None:
        """Return how a function comes to be run at a place, as far as its own file says."""
        return (
            self._by_decorator(frame, place)
            or self._by_hook(frame, place)
            or self._by_calls(frame.module).get((frame.name, place))
        )

    def registrations(self, frame: Frame) -> tuple[Registration, ...]:
        """Return what the calls of a function hand over."""
        return self._of_module(frame.module).get(frame.function.key, ())

    # decorators and hooks ---------------------------------------------------------------------------------------------

    def _by_decorator(self, frame: Frame, place: Place) -> Handing | None:
        if not frame.function.decorators:
            return None
        outer = frame.sibling(frame.function.parent)
        for term in frame.function.decorators:
            written = term.callee if isinstance(term, CallTerm) else term
            for value in self.resolver.resolve(written, outer):
                name = getattr(value, "name", "")
                made = self.resolver.catalogue.decorator(dotted(name)) if name else None
                if made is not None and made.place is place and self._is_run(frame):
                    return Handing(f"@{_written(written)}", frame.function.line, made)
        return None

    def _by_hook(self, frame: Frame, place: Place) -> Handing | None:
        owner = frame.function.owner
        if not owner or not frame.module.class_(owner).bases:
            return None
        for cls in self.resolver.attributes.mro(f"{frame.module.name}:{owner}"):
            for name in (dotted(cls),) if is_first_party(cls) else self.resolver.library.mro(cls) or (cls,):
                hook = self.resolver.catalogue.hook(f"{name}.{frame.function.name}")
                if hook is not None and hook.place is place and self._is_run(frame):
                    return Handing(dotted(cls), frame.module.class_(owner).line, hook)
        return None

    def _is_run(self, frame: Frame) -> bool:
        """Tell whether calling a function by its name runs it: a decorator may send it to a worker."""
        values = self.resolver.results.defined(frame.module, frame.function.key)
        runs = any(target.name == frame.name for value in values for target in self.targets.called(value))
        return runs or frame.function.kind != "function"

    # calls that hand over ---------------------------------------------------------------------------------------------

    def _by_calls(self, module: ModuleFacts) -> dict[tuple[str, Place], Handing]:
        found = self._handed.get(module.name)
        if found is None:
            found = self._handed[module.name] = {}
            every = [r for made in self._of_module(module).values() for r in made if r.target.is_function]
            for made in sorted(every, key=lambda r: r.fact.site):
                handing = Handing(made.fact.text, made.fact.line, made.handover)
                found.setdefault((made.target.name, made.handover.place), handing)
        return found

    def _of_module(self, module: ModuleFacts) -> dict[str, tuple[Registration, ...]]:
        found = self._registrations.get(module.name)
        if found is None:
            found = self._registrations[module.name] = {}
            names = self._handing_names(module)
            defined = _defined(module)
            for facts in module.functions():
                frame = Frame(module, facts)
                made = [r for f in facts.calls if _may_hand(f, names, defined) for r in self._made_by(f, frame)]
                if made:
                    found[facts.key] = tuple(made)
        return found

    def _handing_names(self, module: ModuleFacts) -> frozenset[str]:
        """Return the last names of all that hands over, in the libraries that a module imports."""
        terms = (b.term for f in module.functions() for b in f.bindings)
        roots = {t.module.partition(".")[0] for t in terms if isinstance(t, ImportTerm) and not t.level}
        return frozenset(n for root in roots | ALWAYS_LOOKED_AT for n in self._names_of(root))

    def _names_of(self, root: str) -> frozenset[str]:
        if root not in self._names:
            self._names[root] = self.resolver.catalogue.handing_names(root, LATER)
        return self._names[root]

    def _made_by(self, fact: CallFact, frame: Frame) -> Iterator[Registration]:
        assert isinstance(fact.term, CallTerm)
        for handover in self._handovers(fact.term, frame):
            term = argument(fact.term, handover)
            if term is None:
                continue
            for one in term.items if isinstance(term, DisplayTerm) else (term,):
                for value in self.resolver.resolve(one, frame):
                    for target in self._run(value, handover.place):
                        yield Registration(fact, target, one, handover)

    def _run(self, value: Value, place: Place) -> Iterator[Target]:
        if place is Place.LOOP:
            yield from self.targets.called(value)
        elif isinstance(value, (Symbol, Method)) and is_first_party(value.name):
            yield Target(value.name, True)

    def _handovers(self, call: CallTerm, frame: Frame) -> Iterator[Handover]:
        """Yield what a call hands over, where each of its possible callees hands something over."""
        found = [self._handovers_of(value) for value in self.resolver.resolve(call.callee, frame)]
        if all(found):
            yield from dict.fromkeys(handover for made in found for handover in made)

    def _handovers_of(self, callee: Value) -> list[Handover]:
        name = getattr(callee, "name", "")
        if is_first_party(name):
            target = self.resolver.project.frame(name)
            if target is not None:
                shift = 1 if isinstance(callee, Method) and target.function.owner else 0
                names = [p.name for p in target.function.parameters]
                passed = self._parameters_passed_on(target)
                if passed:
                    return [Handover(names[i], i - shift, h.place, awaits=h.awaits, rare=h.rare) for i, h in passed]
        names = [*self.targets.spellings(callee), name] if isinstance(callee, Method) else [name]
        handovers = (self.resolver.catalogue.handovers(dotted(n)) for n in names if n)
        return [h for h in next((made for made in handovers if made), ()) if h.place in LATER]

    # functions that pass a parameter on to the loop -------------------------------------------------------------------

    def _parameters_passed_on(self, frame: Frame) -> tuple[tuple[int, Handover], ...]:
        """Return the parameters that a function hands to the loop, by number: as they are, or called by a closure."""
        found = self._passed_on.get(frame.name)
        if found is None:
            self._passed_on[frame.name] = ()  # a function that passes it on to itself adds nothing
            found = self._passed_on[frame.name] = tuple(dict(self._find_passed_on(frame)).items())
        return found

    def _find_passed_on(self, frame: Frame) -> Iterator[tuple[int, Handover]]:
        function = frame.function
        if function.kind not in ("function", "coroutine") or not function.parameters:
            return
        for fact in function.calls:
            if fact.form != "call" or not isinstance(fact.term, CallTerm) or not _passes_name(fact.term):
                continue
            for handover in self._handovers(fact.term, frame):
                term = argument(fact.term, handover)
                if handover.place is not Place.LOOP or term is None:
                    continue
                yield from ((index, handover) for index in _parameter(term, frame))
                for value in self.resolver.resolve(term, frame):
                    inner = self.resolver.project.frame(value.name) if isinstance(value, Symbol) else None
                    if inner is not None and inner.function.parent == function.key and inner.module is frame.module:
                        yield from ((index, handover) for index in parameters_called(inner, frame))


def _may_hand(fact: CallFact, names: frozenset[str], defined: set[tuple[str, bool]]) -> bool:
    """Ask cheaply, before anything is resolved: by the callee's last name, or by an argument that is a function."""
    call = fact.term
    if fact.form != "call" or not isinstance(call, CallTerm):
        return False
    last = getattr(call.callee, "name", "") or getattr(call.callee, "id", "")
    if last in names:
        return True
    return any(_is_function(a, defined) for a in call.given)


def _is_function(term: Term, defined: set[tuple[str, bool]]) -> bool:
    match term:
        case FunctionTerm():
            return "<genexpr>" not in term.key.rpartition(".")[2]
        case NameTerm(id=name):
            return (name, False) in defined
        case AttributeTerm(value=NameTerm(id="self"), name=name):
            return (name, True) in defined
    return False


def _defined(module: ModuleFacts) -> set[tuple[str, bool]]:
    """Return the names of all functions of a module, and whether each is a method."""
    keys = module.keys_of("function")
    return {(key.rpartition(".")[2], module.is_class(module.parent_of(key))) for key in keys}


def _passes_name(call: CallTerm) -> bool:
    return any(isinstance(t, (NameTerm, FunctionTerm)) for t in call.given)


def _parameter(term: Term, frame: Frame) -> Iterator[int]:
    """Yield the number of the parameter that a term is."""
    if isinstance(term, NameTerm) and term.scope == "local" and len(term.bindings) == 1:
        bound = frame.function.bindings[term.bindings[0]].term
        if isinstance(bound, ParameterTerm):
            yield bound.index


def _written(term: Term) -> str:
    """Return a name with its dots, as it is written."""
    if isinstance(term, AttributeTerm):
        return f"{_written(term.value)}.{term.name}"
    return getattr(term, "id", "") or getattr(term, "name", "")


def dotted(name: str) -> str:
    """Return a first-party name as the catalogue would spell it."""
    return name.replace(":", ".", 1).replace(".<locals>", "")
