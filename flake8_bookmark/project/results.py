"""What comes back: from a call, an await, a step of a loop, entering a `with`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Handover, Place
from flake8_bookmark.facts.model import FunctionFacts
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import CallTerm, Term
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.builtin_calls import BuiltinCallReader
from flake8_bookmark.project.call_types import EMPTY_CALL, call_values
from flake8_bookmark.project.containers import are_bare, with_items
from flake8_bookmark.project.decorators import DecoratorReader
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.overloads import OverloadReader
from flake8_bookmark.project.parameters import provided
from flake8_bookmark.project.values import (
    UNKNOWN,
    Awaitable,
    Frozen,
    Instance,
    Method,
    Origin,
    Partial,
    Symbol,
    Value,
    Values,
    Wrapped,
    is_first_party,
    union,
)

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

CONTEXT_MANAGERS = {
    "contextlib.contextmanager": "contextmanager",
    "contextlib.asynccontextmanager": "asynccontextmanager",
}
TRANSPARENT = frozenset(
    {"builtins.staticmethod", "builtins.classmethod", "abc.abstractmethod"}
    | {f"{module}.{name}" for module in ("typing", "typing_extensions") for name in ("overload", "override", "final")}
)
AWAITED_CLASSES = frozenset({"asyncio.Task", "asyncio.Future"})
GENERATORS = frozenset({"typing.Generator", "collections.abc.Generator"})
ITERATED = {False: ("__iter__", "__next__"), True: ("__aiter__", "__anext__")}


class ResultReader:
    """Evaluates results for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.decorators = DecoratorReader(resolver)
        self.overloads = OverloadReader(resolver)
        self.builtin_calls = BuiltinCallReader(resolver)

    # definitions ------------------------------------------------------------------------------------------------------

    def defined(self, module: ModuleFacts, key: str) -> Values:
        """Return what the name of a def is bound to, its decorators applied."""
        name = f"{module.name}:{key}"
        facts = module.function(key)
        if not facts.decorators:
            return (Symbol(name),)
        if self.overloads.is_overload(module, key):
            return UNKNOWN
        frame = Frame(module, module.function(facts.parent))
        for decorator in facts.decorators:
            callee = decorator.callee if isinstance(decorator, CallTerm) else decorator
            wrapped = self._decorated(name, callee, decorator, frame)
            if wrapped is not None:
                return (wrapped,)
        return (Symbol(name),)

    def _decorated(self, name: str, callee: Term, decorator: Term, frame: Frame) -> Value | None:
        """Return what a decorator makes of a function, or None where it leaves it as it is."""
        values = self.resolver.resolve(callee, frame)
        if not values:
            return Wrapped(name)
        for value in values:
            if isinstance(value, (Symbol, Method)) and not is_first_party(value.name):
                if value.name in TRANSPARENT or value.name in CONTEXT_MANAGERS:
                    return None
                handover = self.resolver.catalogue.decorator(value.name)
                passes = handover is not None and handover.result == "value"
                return None if passes else Wrapped(name, handover, maker=value.name)
        return self.decorators.made(name, decorator, frame)

    def context_kind(self, module: ModuleFacts, facts: FunctionFacts) -> str:
        """Return "contextmanager" or "asynccontextmanager" for a generator under that decorator, else ""."""
        for name in self.resolver.attributes.decorator_names(module, facts):
            if name in CONTEXT_MANAGERS:
                return CONTEXT_MANAGERS[name]
        return ""

    # calls ------------------------------------------------------------------------------------------------------------

    def of(self, value: Value, call: CallTerm, frame: Frame) -> Values:
        """Return what calling `value` gives."""
        match value:
            case Symbol():
                if is_first_party(value.name):
                    return self._of_first_party(value.name, None, call, frame)
                return self._of_library(value.name, call, frame)
            case Method():
                if is_first_party(value.name):
                    return self._of_first_party(value.name, value.receiver, call, frame)
                return self._of_library_method(value, call, frame)
            case Wrapped():
                return self._of_wrapped(value, frame)
            case Partial():
                return union(*(self.of(v, call, frame) for v in value.target))
            case Instance():
                return self.method_result(value, "__call__", frame)
        return UNKNOWN

    def _of_wrapped(self, value: Wrapped, frame: Frame) -> Values:
        target = self.resolver.project.frame(value.function)
        if value.wrapper and target is not None:
            return self._of_wrapper(value, target)
        if target is None:
            return UNKNOWN
        if value.handover is None:
            return self.returned(target, value.receiver) if value.receiver is not None else UNKNOWN
        results = self.returned(target, value.receiver)
        return (Awaitable("", results),) if value.handover.result == "awaitable" else UNKNOWN

    def _of_wrapper(self, value: Wrapped, target: Frame) -> Values:
        """A wrapper that is a coroutine function gives an awaitable of what the function gives in the end."""
        wrapper = self.resolver.project.frame(value.wrapper)
        if wrapper is None or wrapper.function.kind != "coroutine":
            return self.decorators.result(value)
        is_coroutine = target.function.kind == "coroutine"
        return (Awaitable(value.function if is_coroutine else value.wrapper, self._declared(target, None)),)

    def _of_first_party(self, name: str, receiver: Instance | None, call: CallTerm, frame: Frame) -> Values:
        module, _, key = name.partition(":")
        facts = self.resolver.project.module(module)
        if facts is None or not key:  # a module can't be called
            return UNKNOWN
        if facts.is_class(key):
            return (Instance(name, (), (frame.module.name, frame.function.key, call.site)),)
        target = Frame(facts, facts.function(key))
        stated = self.overloads.choose(facts, key, call, 0 if receiver is None else 1)
        if stated is not None:
            found = self._declared(stated, receiver)
            return (Awaitable(name, found),) if target.function.kind == "coroutine" else found
        return self.returned(target, receiver)

    def returned(self, target: Frame, receiver: Instance | None) -> Values:
        """Return what calling a first-party function gives."""
        facts = target.function
        name = target.name
        if facts.kind == "coroutine":
            return (Awaitable(name, self._declared(target, receiver)),)
        if facts.kind in ("generator", "asyncgenerator"):
            yields = self._yielded(target) or union(*(self.resolver.resolve(y, target) for y in facts.yields))
            kind = self.context_kind(target.module, facts) or facts.kind
            return (Frozen(name, kind, yields),)
        return self._declared(target, receiver)

    def _yielded(self, target: Frame) -> Values:
        """Return what the annotation of a generator says that it yields: the `T` of `Iterator[T]`."""
        facts = target.function
        if facts.annotation is None:
            return UNKNOWN
        outer = Frame(target.module, target.module.function(facts.parent))
        annotated = self.resolver.types.annotated(facts.annotation, outer)
        return union(*(v.arguments[0] for v in annotated if isinstance(v, Instance) and v.arguments))

    def _declared(self, target: Frame, receiver: Instance | None) -> Values:
        facts, stated = target.function, UNKNOWN
        if facts.annotation is not None:
            frame = Frame(target.module, target.module.function(facts.parent))
            if getattr(facts.annotation, "id", "") == "Self" and receiver is not None:
                return (receiver,)
            given = self.resolver.generics.variables(receiver, target)
            stated = self.resolver.types.annotated(facts.annotation, frame, given)
            if stated and not are_bare(stated):
                return stated
        return with_items(stated, union(*(self.resolver.resolve(r, target) for r in facts.returns)))

    def _of_library(self, name: str, call: CallTerm, frame: Frame) -> Values:
        handed = self._handed_back(name, call, frame)
        if handed is not None:
            return handed
        told = self.builtin_calls.of(name, call, frame)
        if told is not None:
            return told
        declared = self.resolver.library.declaration(name)
        if declared is None:
            return (Instance(name),) if self.resolver.catalogue.has_declared_methods(name) else UNKNOWN
        origin = (frame.module.name, frame.function.key, call.site)
        found = call_values(self.resolver, name, call, frame, None) if declared.alternatives else UNKNOWN
        if declared.kind == "class":
            return self._with_origin(found or (Instance(declared.name),), origin)
        values = self._with_origin(found or self.resolver.types.expression(declared.type), origin, name)
        return (Awaitable(name, values),) if declared.is_async else values

    def _with_origin(self, values: Values, origin: Origin, maker: str = "") -> Values:
        """Note where values were made, and by which library function.

        No library makes an object of a class of the project: it was in a container, and may be of a class below that.
        """
        return tuple(
            Instance(v.cls, v.arguments, origin, maker or v.variable)
            if isinstance(v, Instance) and not is_first_party(v.cls)
            else v
            for v in values
        )

    def _of_library_method(self, method: Method, call: CallTerm, frame: Frame) -> Values:
        handed = self._handed_back(method.name, call, frame)
        if handed is not None:
            return handed
        declared = self.resolver.library.member(method.receiver.cls, method.attribute)
        if declared is None:
            declared = self.resolver.library.declaration(method.name)
        if declared is None:
            return UNKNOWN
        owner = method.name.rpartition(".")[0]
        receiver = method.receiver
        values = call_values(self.resolver, method.name, call, frame, receiver) if declared.alternatives else UNKNOWN
        values = values or self.resolver.attributes.member_values(
            receiver.cls if not is_first_party(receiver.cls) else owner, method.attribute, receiver
        )
        values = self._with_origin(values, (frame.module.name, frame.function.key, call.site))
        return (Awaitable(method.name, values),) if declared.is_async else values

    def method_result(self, value: Value, name: str, frame: Frame) -> Values:
        """Return what calling a special method of a value gives."""
        if isinstance(value, Method):
            read = self.resolver.attributes.read(value)
            return union(*(self.method_result(v, name, frame) for v in read))
        if not isinstance(value, Instance):
            return UNKNOWN
        out: list[Values] = []
        for method in self.resolver.attributes.of_instance(value, name):
            if isinstance(method, Method):
                out.append(self.of(method, EMPTY_CALL, frame))
        return union(*out)

    # callables that are handed over -----------------------------------------------------------------------------------

    def _handed_back(self, name: str, call: CallTerm, frame: Frame) -> Values | None:
        """Return what a call gives back of what it was handed; None if it hands nothing back."""
        given = self.resolver.catalogue.returned(name)
        term = argument(call, given) if given is not None else None
        if term is not None:
            return self.resolver.resolve(term, frame)
        for handover in self.resolver.catalogue.handovers(name):
            if not handover.result:
                continue
            term = argument(call, handover)
            if term is None:
                continue
            target = self.resolver.resolve(term, frame)
            if handover.result == "callable":
                return (Partial(target),) if handover.place is Place.HERE else self._worker(target, handover)
            if handover.place is Place.ENTERED:
                return union(*(self.entered(v, False) for v in target)) or None
            results = union(*(self.of(v, EMPTY_CALL, frame) for v in target))
            if handover.place is Place.ENDPOINT:
                return provided(results)
            if handover.place is Place.TASK:
                results = union(*(self.awaited(v) for v in (*target, *results)))
                made = self._made_task(name, results)
                if made:
                    return made
            if handover.result == "value":
                return results
            if handover.result == "future":
                return (Instance("concurrent.futures.Future", (results,), variable=name),)
            declared = self.resolver.library.declaration(name)
            return (Awaitable(name if declared is not None and declared.is_async else "", results),)
        return None

    def _made_task(self, name: str, results: Values) -> Values:
        """Return the task that a call starts, if it gives one: its result is what the coroutine gives."""
        declared = self.resolver.library.declaration(name)
        if declared is None or declared.is_async:
            return UNKNOWN
        kind = (declared.name,) if declared.kind == "class" else ()
        kinds = kind or [v.cls for v in self.resolver.types.expression(declared.type) if isinstance(v, Instance)]
        return tuple(Instance(cls, (results,), variable=name) for cls in kinds if cls in AWAITED_CLASSES)

    def _worker(self, target: Values, handover: Handover) -> Values:
        return tuple(Wrapped(v.name, handover) for v in target if isinstance(v, (Symbol, Method)))

    # await, loops, with -----------------------------------------------------------------------------------------------

    def awaited(self, value: Value) -> Values:
        if isinstance(value, Awaitable):
            return value.results
        if isinstance(value, Method):
            return union(*(self.awaited(v) for v in self.resolver.attributes.read(value)))
        if not isinstance(value, Instance):
            return UNKNOWN
        if value.cls in AWAITED_CLASSES:
            return value.arguments[0] if value.arguments else UNKNOWN
        return union(*(_sent(v) for v in self._special(value, "__await__")))

    def may_be_awaited(self, value: Value) -> bool:
        """Tell whether a value may be a coroutine object or another awaitable; only a plain object is surely none."""
        return not isinstance(value, Instance) or self.is_awaitable(value)

    def is_awaitable(self, value: Value) -> bool:
        """Tell whether a value is a coroutine object, a task or another awaitable for sure."""
        if isinstance(value, Instance):
            return value.cls in AWAITED_CLASSES or bool(self.resolver.attributes.of_instance(value, "__await__"))
        return isinstance(value, Awaitable)

    def element(self, value: Value, is_async: bool) -> Values:
        """Return what one step of iterating over a value yields."""
        if isinstance(value, Frozen):
            return value.yields
        if isinstance(value, Method):
            return union(*(self.element(v, is_async) for v in self.resolver.attributes.read(value)))
        if not isinstance(value, Instance):
            return UNKNOWN
        if value.cls == "builtins.tuple":
            return union(*value.arguments)
        start, step = ITERATED[is_async]
        if self._is_stated(value, start):
            return self._special(value, start)
        out: list[Values] = []
        for iterator in self._special(value, start) or (value,):
            if isinstance(iterator, Frozen):
                out.append(iterator.yields)
            elif isinstance(iterator, Instance):
                found = self._special(iterator, step)
                out.append(union(*(self.awaited(v) for v in found)) if is_async else found)
        return union(*out)

    def _is_stated(self, value: Instance, name: str) -> bool:
        """The catalogue states the element itself for `__iter__`, where typeshed states an iterator."""
        found = self.resolver.library.member(value.cls, name) if not is_first_party(value.cls) else None
        return found is not None and self.resolver.catalogue.type_of(found.name) is not None

    def entered(self, value: Value, is_async: bool) -> Values:
        """Return what entering a context manager binds."""
        if isinstance(value, Frozen):
            return value.yields
        if isinstance(value, Method):
            return union(*(self.entered(v, is_async) for v in self.resolver.attributes.read(value)))
        if not isinstance(value, Instance):
            return UNKNOWN
        found = self._special(value, "__aenter__" if is_async else "__enter__")
        if is_async:  # of a library's `__aenter__`, the catalogue may give what comes out of the await
            found = union(*(self.awaited(v) or self._plain(v) for v in found))
        return tuple(
            Instance(v.cls, v.arguments, v.origin or value.origin) if isinstance(v, Instance) else v for v in found
        )

    def _plain(self, value: Value) -> Values:
        is_plain = isinstance(value, Instance) and not self.resolver.attributes.of_instance(value, "__await__")
        return (value,) if is_plain and isinstance(value, Instance) and not is_first_party(value.cls) else UNKNOWN

    def special(self, value: Value, name: str) -> Values:
        """Return what calling a special method without arguments gives."""
        return self._special(value, name) if isinstance(value, Instance) else UNKNOWN

    def _special(self, value: Instance, name: str) -> Values:
        out: list[Values] = []
        for method in self.resolver.attributes.of_instance(value, name):
            if isinstance(method, Method):
                if is_first_party(method.name):
                    target = self.resolver.project.frame(method.name)
                    out.append(self.returned(target, value) if target is not None else UNKNOWN)
                else:
                    out.append(self._declared_special(method, value))
        return union(*out)

    def _declared_special(self, method: Method, value: Instance) -> Values:
        declared = self.resolver.library.declaration(method.name)
        owner = value.cls if not is_first_party(value.cls) else method.name.rpartition(".")[0]
        values = self.resolver.attributes.member_values(owner, method.attribute, value)
        return (Awaitable(method.name, values),) if declared is not None and declared.is_async else values


def _sent(value: Value) -> Values:
    """`__await__` returns a generator; what awaiting gives is what that generator returns."""
    if isinstance(value, Instance) and value.cls in GENERATORS:
        return value.arguments[2] if len(value.arguments) > 2 else UNKNOWN
    return (value,)
