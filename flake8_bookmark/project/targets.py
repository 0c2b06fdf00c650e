"""What code a call runs on this thread, right now: library functions by name, first-party functions by their facts.

Calling a coroutine function, a generator function or a function behind a decorator that moves it to a worker runs
nothing here. Constructors run `__init__`, reading a property runs it, `with` runs `__enter__` and `__exit__` (or the
body of a `@contextmanager`), a loop runs the iterator or the generator's body, and an argument that the callee is
known to call at once runs too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flake8_bookmark.effects.model import Handover, Place
from flake8_bookmark.facts.model import CallFact, FunctionFacts, Site
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, FunctionTerm
from flake8_bookmark.project.alternatives import AlternativeReader, Tests
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.decorators import parameters_called as parameters_called
from flake8_bookmark.project.hierarchy import OVERRIDE
from flake8_bookmark.project.kept import KeptReader
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.specials import BY_BUILTIN, SpecialReader
from flake8_bookmark.project.target import Target as Target
from flake8_bookmark.project.values import (
    Awaitable,
    Frozen,
    Instance,
    Method,
    Partial,
    Symbol,
    Value,
    Values,
    Wrapped,
    is_first_party,
)

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

CONSTRUCTORS = ("__new__", "__init__", "__post_init__")


class TargetReader:
    """Finds the targets of call facts."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._targets: dict[tuple[int, str], tuple[CallFact, list[Target]]] = {}
        self._around: dict[str, dict[Site, CallTerm]] = {}
        self._called_parameters: dict[str, tuple[int, ...]] = {}
        self.specials = SpecialReader(resolver, self)
        self.kept = KeptReader(resolver)
        self.alternatives = AlternativeReader(resolver)

    def of(self, fact: CallFact, frame: Frame) -> list[Target]:
        """Return everything that a call fact runs on this thread, each once."""
        key = (id(fact), frame.module.name)
        known = self._targets.get(key)
        if known is None:
            known = self._targets[key] = (fact, list(dict.fromkeys(self._of(fact, frame))))
        return known[1]

    def _of(self, fact: CallFact, frame: Frame) -> Iterator[Target]:
        resolve = self.resolver.resolve
        match fact.form:
            case "call":
                assert isinstance(fact.term, CallTerm)
                awaited = is_awaited(fact, frame.function)
                values = resolve(fact.term.callee, frame)
                if values and fact.use == "argument" and self._is_no_task(fact, frame):
                    return
                if awaited and len(values) > 1:
                    values = self._giving_awaitables(values, fact.term, frame)
                yield from self._alternatives(values, awaited, self.alternatives.conditions(fact, frame))
                if not values and isinstance(fact.term.callee, AttributeTerm) and not awaited:
                    for kept in self.kept.of(fact.term.callee, frame):
                        yield from (replace(t, handed=True, bound=None) for t in self.called(kept))
                yield from self._run_here(fact.term, frame)
            case "attribute":
                assert isinstance(fact.term, AttributeTerm)
                for value in resolve(fact.term.value, frame):
                    yield from self._read(value, fact.term.name)
            case "enter" if not fact.is_async:
                for value in resolve(fact.term, frame):
                    yield from self._entered(value)
            case "exit" if not fact.is_async:
                for value in resolve(fact.term, frame):
                    yield from self.special(value, "__exit__")
            case "iterate" if not fact.is_async:
                for value in resolve(fact.term, frame):
                    yield from self._iterated(value)
            case "unpack":
                for value in resolve(fact.term, frame):
                    yield from self._iterated(value)
            case "operator":
                yield from self.specials.operated(fact, frame)
            case "set":
                assert isinstance(fact.term, AttributeTerm)
                for value in resolve(fact.term.value, frame):
                    yield from self.specials.set(value, fact.term.name)
            case "class":
                for value in resolve(fact.term, frame):
                    yield Target(getattr(value, "name", ""), True)

    def _alternatives(self, values: Values, awaited: bool, conditions: dict[Value, Tests]) -> Iterator[Target]:
        """Yield what each callee runs; where one of several overrides runs nothing here, the others are in doubt."""
        found = [(value, list(self.called(value, awaited))) for value in values]
        doubtful = any(not targets and _is_override(value) for value, targets in found)
        for value, targets in found:
            when = conditions.get(value, ())
            yield from (replace(t, doubtful=doubtful, when=when) for t in targets) if doubtful or when else targets

    def call_around(self, fact: CallFact, frame: Frame) -> CallTerm | None:
        """Return the call that gets the result of a call as an argument."""
        if frame.name not in self._around:
            calls = (f.term for f in frame.function.calls if f.form == "call" and isinstance(f.term, CallTerm))
            self._around[frame.name] = {a.site: c for c in calls for a in c.arguments if isinstance(a, CallTerm)}
        return self._around[frame.name].get(fact.site)

    def _is_no_task(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a task is to be made of what can't be awaited: then the callee is another than it seems."""
        outer = self.call_around(fact, frame)
        callees = self.resolver.resolve(outer.callee, frame) if outer is not None else ()
        names = (getattr(value, "name", "") for value in callees)
        if not any(name and self.resolver.catalogue.spawner(name) for name in names):
            return False
        made = self.resolver.resolve(fact.term, frame)
        return bool(made) and not any(self.resolver.results.may_be_awaited(value) for value in made)

    def callees(self, fact: CallFact, frame: Frame) -> Values:
        """Return the values that a call calls; empty when the callee is unknown."""
        return self.resolver.resolve(fact.term.callee, frame) if isinstance(fact.term, CallTerm) else ()

    def _giving_awaitables(self, values: Values, call: CallTerm, frame: Frame) -> Values:
        """Return the callees of an awaited call: those that give awaitables, if any surely does."""
        sure = tuple(v for v in values if self.is_coroutine_function(v))
        return sure or tuple(v for v in values if self._gives_awaitable(v, call, frame)) or values

    def _gives_awaitable(self, value: Value, call: CallTerm, frame: Frame) -> bool:
        return any(isinstance(v, Awaitable) for v in self.resolver.results.of(value, call, frame))

    def may_be_coroutine(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether one of several things that a call may call gives a coroutine."""
        return any(self.is_coroutine_function(v) for v in self.callees(fact, frame))

    def is_coroutine_function(self, value: Value) -> bool:
        name = getattr(value, "name", "")
        if not is_first_party(name):
            declared = self.resolver.library.declaration(name) if name else None
            return declared is not None and declared.is_async
        frame = self.resolver.project.frame(name)
        return frame is not None and frame.function.kind == "coroutine"

    # calls ------------------------------------------------------------------------------------------------------------

    def called(self, value: Value, awaited: bool = False) -> Iterator[Target]:
        match value:
            case Symbol():
                yield from self._called_symbol(value.name)
            case Method():
                yield from self._called_method(value)
            case Partial():
                for inner in value.target:
                    yield from (replace(t, bound=None) for t in self.called(inner, awaited))
            case Wrapped() if value.wrapper:
                yield from self._wrapped(value, awaited)
            case Wrapped():
                runs_here = value.handover is not None and value.handover.place is Place.HERE
                if runs_here or (value.handover is None and not awaited):
                    yield from self._under_decorator(value)
                for made in self.resolver.attributes.made_by(value.maker):
                    yield from self.special(made, "__call__")
            case Instance():
                called = self.special(value, "__call__")
                yield from (replace(t, bound=1) if t.is_function else t for t in called)

    def _wrapped(self, value: Wrapped, awaited: bool) -> Iterator[Target]:
        """A plain wrapper runs at once; one that is a coroutine runs when it is awaited, and is looked at by itself."""
        wrapper = self.resolver.project.frame(value.wrapper)
        runs = wrapper is not None and (awaited or wrapper.function.kind == "function")
        if runs:
            yield from self._function(value.wrapper)
        if runs and value.passes:
            yield from self._under_decorator(value)

    def _under_decorator(self, value: Wrapped) -> Iterator[Target]:
        name, receiver = value.function, value.receiver
        yield from self._function(name, receiver, None if receiver is None else self._bound_by_object(name))

    def _called_symbol(self, name: str) -> Iterator[Target]:
        if not is_first_party(name):
            yield Target(name, False, self._constructed(name))
            return
        module, _, key = name.partition(":")
        facts = self.resolver.project.module(module)
        if facts is None or not key:
            return  # a module is no function
        if not facts.is_class(key):
            kind = self.resolver.attributes.binding_kind(facts, key)
            yield from self._function(name, None, 1 if kind == "classmethod" else 0)
            return
        for special in CONSTRUCTORS:
            made = self.special(Instance(name), special, constructing=True)
            yield from (replace(t, bound=1) if t.is_function else t for t in made)
        yield from self.specials.making(name)

    def _constructed(self, name: str) -> tuple[str, ...]:
        """A library class without an entry of its own waits as its bases do when they are made."""
        return self.resolver.library.mro(name)[1:]

    def _called_method(self, method: Method) -> Iterator[Target]:
        if is_first_party(method.name):
            yield from self._function(method.name, method.receiver, self._bound_by_object(method.name))
            return
        yield Target(method.name, False, tuple(self.spellings(method)), method.receiver)

    def _bound_by_object(self, name: str) -> int:
        """Return how many parameters of a method the object fills that it is called on."""
        module, _, key = name.partition(":")
        facts = self.resolver.project.module(module)
        return 0 if facts is not None and self.resolver.attributes.binding_kind(facts, key) == "staticmethod" else 1

    def spellings(self, method: Method) -> list[str]:
        """Return the names of a library's method, on the class of its receiver and along its bases."""
        names = [f"{cls}.{method.attribute}" for cls in self._ancestry(method.receiver.cls)]
        if method.receiver.variable:
            names.insert(0, f"{method.receiver.variable}.{method.attribute}")
        return names

    def _ancestry(self, cls: str) -> Iterator[str]:
        for name in self.resolver.attributes.mro(cls):
            if not is_first_party(name):
                yield from self.resolver.library.mro(name) or (name,)

    def _function(self, name: str, receiver: Instance | None = None, bound: int | None = None) -> Iterator[Target]:
        """Calling a first-party function runs it, unless it is a coroutine or generator function."""
        frame = self.resolver.project.frame(name)
        if frame is not None and frame.function.kind == "function":
            yield Target(name, True, (), receiver, bound=bound)

    # implicit calls ---------------------------------------------------------------------------------------------------

    def _read(self, value: Value, name: str) -> Iterator[Target]:
        """Reading an attribute runs a property, of the project or of a library."""
        if not isinstance(value, Instance):
            return
        for cls in self.resolver.attributes.mro(value.cls):
            if not is_first_party(cls):
                declared = self.resolver.library.member(cls, name)
                if declared is not None and (declared.is_property or declared.kind == "either"):
                    names = tuple(f"{c}.{name}" for c in self._ancestry(cls))
                    yield Target(declared.name, False, names, value)
                if declared is not None:
                    return
                continue
            found = self.resolver.attributes.body_function(cls, name)
            if found is not None:
                if self.resolver.attributes.is_property(*found):
                    yield Target(f"{found[0].name}:{found[1]}", True, (), value)
                return

    def special(self, value: Value, name: str, constructing: bool = False) -> Iterator[Target]:
        if isinstance(value, Method):
            for read in self.resolver.attributes.read(value):
                yield from self.special(read, name)
        if not isinstance(value, Instance):
            return
        for method in self.resolver.attributes.of_instance(value, name):
            if not isinstance(method, Method):
                continue
            if is_first_party(method.name):
                yield from self._function(method.name, method.receiver)
            elif constructing:
                owner = method.name.rpartition(".")[0]
                yield Target(owner, False, self._constructed(owner), value)
            else:
                yield from self._called_method(method)

    def _entered(self, value: Value) -> Iterator[Target]:
        if isinstance(value, Frozen):
            if value.kind == "contextmanager":
                yield Target(value.function, True, bound=self._bound_by(value.function))
        else:
            yield from self.special(value, "__enter__")

    def _bound_by(self, name: str) -> int:
        """Return how many parameters of a function the object it is called on fills."""
        frame = self.resolver.project.frame(name)
        return 1 if frame is not None and frame.function.owner else 0

    def _iterated(self, value: Value) -> Iterator[Target]:
        if isinstance(value, Frozen):
            if value.kind == "generator":
                yield Target(value.function, True)
            return
        yield from self.special(value, "__iter__")
        for iterator in self.resolver.results.special(value, "__iter__"):
            if isinstance(iterator, Frozen):
                yield Target(iterator.function, True)
            elif iterator != value or (isinstance(value, Instance) and is_first_party(value.cls)):
                yield from self.special(iterator, "__next__")

    def _run_here(self, call: CallTerm, frame: Frame) -> Iterator[Target]:
        """An argument that the callee calls at once, such as `key=` of `sorted`, runs here."""
        for value in self.resolver.resolve(call.callee, frame):
            name = getattr(value, "name", "")
            if is_first_party(name):
                yield from self._handed_on(name, call, frame)
                continue
            if name in BY_BUILTIN and call.arguments:
                for handed in self.resolver.resolve(call.arguments[0], frame):
                    yield from self.specials.asked_by(name, handed)
            for handover in self.resolver.catalogue.handovers(name) if name else ():
                term = argument(call, handover)
                for handed in self.resolver.resolve(term, frame) if term is not None else ():
                    if handover.place is Place.ITERATED:
                        yield from self._iterated(handed)
                    elif handover.place is Place.ENTERED:
                        yield from self._entered(handed)
                        yield from self.special(handed, "__exit__")
                    elif handover.place is Place.HERE and handover.result != "callable":
                        yield from self.called(handed)

    def _handed_on(self, name: str, call: CallTerm, frame: Frame) -> Iterator[Target]:
        """An argument that a first-party function calls, in its own body or in a coroutine inside it."""
        callee = self.resolver.project.frame(name)
        if callee is None:
            return
        shift = 1 if callee.function.owner and isinstance(call.callee, AttributeTerm) else 0
        offloaded = [h for h in self.resolver.catalogue.handovers(name) if h.place is Place.WORKER]
        for index in self.called_parameters(callee):
            parameter = callee.function.parameters[index]
            if any(h.keyword == parameter.name or h.position == index - shift for h in offloaded):
                continue
            place = Handover(parameter.name, index - shift if index >= shift else None, Place.HERE)
            term = argument(call, place) if parameter.kind in ("positional", "keyword") else None
            for value in self.resolver.resolve(term, frame) if term is not None else ():
                if isinstance(value, (Symbol, Method, Partial, Wrapped)):
                    yield from (replace(t, handed=True, bound=None) for t in self.called(value))

    def called_parameters(self, frame: Frame) -> tuple[int, ...]:
        """Return the parameters that a function calls on the thread that it runs on, by number."""
        found = self._called_parameters.get(frame.name)
        if found is None:
            scopes = [frame, *self._coroutines_inside(frame)]
            numbers = {n for scope in scopes for n in parameters_called(scope, frame)}
            found = self._called_parameters[frame.name] = tuple(sorted(numbers))
        return found

    def _coroutines_inside(self, frame: Frame) -> Iterator[Frame]:
        for binding in frame.function.bindings:
            if isinstance(binding.term, FunctionTerm):
                inner = frame.sibling(binding.term.key)
                if inner.function.kind == "coroutine":
                    yield inner


def _is_override(value: Value) -> bool:
    return isinstance(value, Method) and value.receiver.variable == OVERRIDE


def is_awaited(fact: CallFact, function: FunctionFacts) -> bool:
    """Tell whether the result of a call is awaited: at once, or bound to a name that is awaited."""
    return fact.use == "awaited" or (fact.use == "bound" and any(name in function.awaited for name in fact.targets))
