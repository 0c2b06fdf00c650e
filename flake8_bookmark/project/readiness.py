"""Whether the object of a method was made ready beforehand, so that the method waits for nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Effect, Kind, Place
from flake8_bookmark.facts.model import CallFact, FunctionFacts
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    CollectedTerm,
    ConstantTerm,
    ElementTerm,
    EnteredTerm,
    NameTerm,
    StarTerm,
    Term,
    UnpackedTerm,
    unannotated,
)
from flake8_bookmark.project.conditions import ConditionReader
from flake8_bookmark.project.descriptors import DESCRIPTOR_CALLS, DescriptorReader, expects_error, flags
from flake8_bookmark.project.handled import is_left_to_others
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.signals import was_signalled
from flake8_bookmark.project.values import Instance, Method, Origin

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

ANY_FILE = frozenset(
    {"typing.IO", "typing.BinaryIO", "typing.TextIO"}
    | {f"io.{name}" for name in ("IOBase", "RawIOBase", "BufferedIOBase", "TextIOBase")}
)
BUFFERS = frozenset({"io.BytesIO", "io.StringIO"})
READY_SOCKETS = frozenset(
    f"socket.{owner}{name}" for name in ("SOCK_DGRAM", "SOCK_NONBLOCK") for owner in ("", "SocketKind.")
)
"""Types and flags of sockets that make nobody wait when they connect."""
NONBLOCKING = ("setblocking", "settimeout")
SOCKETS = ("socket.", "ssl.")
EXECUTORS = "concurrent.futures."
JOINS = ("threading.Thread.join", "multiprocessing.Process.join")
ENDED = (*JOINS, "concurrent.futures.Future.result", "concurrent.futures.Future.exception")
SIGNALS = frozenset({"threading.Event.set", "multiprocessing.Event.set", "multiprocessing.synchronize.Event.set"}) | {
    f"{owner}.{name}"
    for owner in ("queue.Queue", "queue.SimpleQueue", "multiprocessing.queues.Queue", "multiprocessing.Queue")
    for name in ("put", "put_nowait")
}
"""A thread is told to end by an event, or by a word in the queue that it works through."""
ANSWERS = ("threading.Event.wait", "multiprocessing.Event.wait", "multiprocessing.synchronize.Event.wait")
CONDITION = "threading.Condition.wait"
STARTS = frozenset({"threading.Thread.start", "multiprocessing.Process.start"})
DEEP = 8
"""Names that stand for one another."""
SHORTLY = 8
"""Lines between telling a thread to end and waiting until it has."""


class ReadinessReader:
    """Looks at what else is done with the receiver of a call."""

    def __init__(self, resolver: Resolver, conditions: ConditionReader) -> None:
        self.resolver = resolver
        self.conditions = conditions
        self.descriptors = DescriptorReader(resolver)

    def is_ready(self, effect: Effect, fact: CallFact, frame: Frame) -> bool:
        """Tell whether the object of a method was made ready: `done()` was asked, or `setblocking(False)` said."""
        if effect.kind in (Kind.FILE, Kind.PATH) and self._is_in_memory(fact, frame):
            return True
        if effect.kind is Kind.NETWORK and self._is_of_data(fact, frame):
            return True
        if fact.form == "exit" and effect.name.startswith(EXECUTORS) and self._is_idle(fact, frame):
            return True
        if effect.name in DESCRIPTOR_CALLS and self.descriptors.are_ready(fact, frame):
            return True
        if effect.lazy and fact.use == "argument" and self._is_stepped_in_worker(fact, frame):
            return True
        if effect.lazy and fact.use == "bound" and is_left_to_others(fact, frame):
            return True
        if effect.name in ENDED and was_signalled(fact, frame):
            return True
        if effect.unless_from and self._is_given_by(effect.unless_from, fact, frame):
            return True
        if effect.unless_zero and self._is_told_not_to_wait(effect.unless_zero, fact, frame):
            return True
        is_socket = effect.kind is Kind.NETWORK and effect.name.startswith(SOCKETS)
        if not is_socket and not effect.unless_called:
            return False
        if is_socket and (self._is_made_ready(fact, frame) or expects_error(fact, frame)):
            return True
        receiver = fact.text if fact.form == "exit" else fact.text.rpartition(".")[0]
        asked = {f"{receiver}.{name}" for name in effect.unless_called}
        freed = {f"{receiver}.{name}" for name in NONBLOCKING} if is_socket else set()
        calls = (c for f in self._around(receiver, frame) for c in f.calls if c.form == "call")
        return any(c.text in asked or (c.text in freed and _is_zero(c.term)) for c in calls)

    def is_told(self, effect: Effect, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a thread was told to end just before it is waited for, or to begin before it says that it has.

        It is told to end by an event that is set, or by a word in its queue; it says by an event that it has begun. A
        lock that is made of a condition is mostly free, as any other.
        """
        if effect.name == CONDITION:
            return self._takes_lock(fact, frame)
        if effect.name in JOINS:
            return self._was_called(SIGNALS, fact, frame)
        return effect.name in ANSWERS and self._was_called(STARTS, fact, frame)

    def _is_stepped_in_worker(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether an iterable is made for a function that runs in a worker: `to_thread(list, folder.glob())`."""
        around = (c.term for c in frame.function.calls if isinstance(c.term, CallTerm) and c.term is not fact.term)
        taking = (t for t in around if any(isinstance(a, CallTerm) and a.site == fact.site for a in t.given))
        names = (getattr(v, "name", "") for t in taking for v in self.resolver.resolve(t.callee, frame))
        handovers = (h for name in names if name for h in self.resolver.catalogue.handovers(name))
        return any(handover.place is Place.WORKER for handover in handovers)

    def _takes_lock(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a method waits until something of its object is free, takes it and gives nothing back.

        Another method of the class gives it back, and notifies the same condition.
        """
        function = frame.function
        notifying = {f"{fact.text.rpartition('.')[0]}.{name}" for name in ("notify", "notify_all")}
        takes = any(attribute.line > fact.line for attribute in function.attributes) and not function.returns
        others = (m for m in self._around(fact.text, frame) if m.key != function.key and m.attributes)
        return takes and any(call.text in notifying for method in others for call in method.calls)

    def _was_called(self, names: frozenset[str], fact: CallFact, frame: Frame) -> bool:
        """Tell whether a function of some names was called just before a call."""
        last = {f".{name.rpartition('.')[2]}" for name in names}
        near = (c for c in frame.function.calls if 0 <= fact.line - c.line <= SHORTLY and c.text.endswith(tuple(last)))
        values = (v for c in near if isinstance(c.term, CallTerm) for v in self.resolver.resolve(c.term.callee, frame))
        return any(getattr(v, "name", "") in names for v in values)

    def _is_idle(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether an executor has nothing left to do when its `with` is left: all that it got was awaited there.

        Leaving it waits for its workers, and they have none to wait for.
        """
        bound = ((b.name, b.term) for b in frame.function.bindings)
        entered = [name for name, term in bound if isinstance(term, EnteredTerm) and term.manager == fact.term]
        if len(entered) != 1:
            return False
        body = _between(fact, frame.function)
        used = [
            (call, term)
            for call in body
            if call.form == "call" and isinstance(call.term, CallTerm)
            for term in (call.term.callee, *call.term.arguments, *(value for _, value in call.term.keywords))
            if _is_of(term, entered[0])
        ]
        inside = [call.term for call in body if call.use == "awaited"]
        return bool(used) and all(
            (
                isinstance(term, NameTerm)
                and call.text.endswith(".run_in_executor")
                and (call.use == "awaited" or _is_gathered(call, inside, frame.function))
            )
            or (call.text == f"{entered[0]}.submit" and _is_future_awaited(call, inside))
            for call, term in used
        )

    def _is_given_by(self, names: tuple[str, ...], fact: CallFact, frame: Frame) -> bool:
        """Tell whether the receiver of a method is one of what a function of some names gives one after the other."""
        callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
        receiver = callee.value if isinstance(callee, AttributeTerm) else None
        sources = list(_sources(receiver, frame)) if isinstance(receiver, NameTerm) else []
        return bool(sources) and all(
            isinstance(source, CallTerm)
            and any(getattr(v, "name", "") in names for v in self.resolver.resolve(source.callee, frame))
            for source in sources
        )

    def _is_told_not_to_wait(self, words: tuple[str, ...], fact: CallFact, frame: Frame) -> bool:
        """Tell whether an object is made with a timeout of 0, or one is set: `port.timeout = 0`."""
        for module, key, site in self._origins(fact, frame):
            maker = self.resolver.project.frame(f"{module}:{key}")
            made = (c.term for c in maker.function.calls if c.site == site) if maker is not None else ()
            given = (pair for call in made if isinstance(call, CallTerm) for pair in call.keywords)
            if any(word in words and _is_nothing(term) for word, term in given):
                return True
        receiver = fact.text.rpartition(".")[0]
        nodes = (frame.module.node(f.key) for f in self._around(receiver, frame))
        return any(
            isinstance(n, ast.Assign) and _sets_zero(n, receiver, words) for node in nodes for n in ast.walk(node)
        )

    def _is_in_memory(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether the "file" is a buffer: an argument here, or of the call that made the object."""
        if self._has_buffer(fact, frame):
            return True
        callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
        owner = callee.value if isinstance(callee, AttributeTerm) else None
        if isinstance(owner, NameTerm) and owner.owner == frame.function.key:
            made_here = [c for c in frame.function.calls if owner.id in c.targets]
            if made_here and all(self._has_buffer(c, frame) for c in made_here):
                return True
        for origin in self._origins(fact, frame):
            maker = self.resolver.project.frame(f"{origin[0]}:{origin[1]}")
            for made in maker.function.calls if maker is not None else ():
                if maker is not None and made.site == origin[2] and self._has_buffer(made, maker):
                    return True
        return False

    def _is_of_data(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether the receiver was made by a call that waits for nothing, by how its address begins."""
        for module, key, site in self._origins(fact, frame):
            maker = self.resolver.project.frame(f"{module}:{key}")
            for made in maker.function.calls if maker is not None else ():
                if maker is not None and made.site == site and isinstance(made.term, CallTerm):
                    names = (getattr(v, "name", "") for v in self.resolver.resolve(made.term.callee, maker))
                    effects = (e for name in names if name for e in self.resolver.catalogue.effects(name))
                    asked = [e for e in effects if any(c.begins for c in e.unless)]
                    return bool(asked) and not any(self.conditions.speak(e, made, maker) for e in asked)
        return False

    def _has_buffer(self, fact: CallFact, frame: Frame) -> bool:
        if not isinstance(fact.term, CallTerm):
            return False
        terms = (*fact.term.arguments, *(term for _, term in fact.term.keywords))
        given = (self.resolver.resolve(made_of(term, frame.function), frame) for term in terms)
        return any(vs and all(isinstance(v, Instance) and v.cls in BUFFERS for v in vs) for vs in given)

    def _origins(self, fact: CallFact, frame: Frame) -> Iterator[Origin]:
        """Yield where the receiver of a method, or the object that is entered or left, was made."""
        term = fact.term.callee if isinstance(fact.term, CallTerm) else fact.term
        for value in self.resolver.resolve(term, frame):
            made = value.receiver if isinstance(value, Method) else value
            if isinstance(made, Instance) and made.origin is not None:
                yield made.origin

    def _is_made_ready(self, fact: CallFact, frame: Frame) -> bool:
        """Connecting or sending on a UDP socket waits for nothing; such a socket is made with `SOCK_DGRAM`.

        Nor does anything on one that is made with `SOCK_NONBLOCK`.
        """
        callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
        for value in self.resolver.resolve(callee, frame) if callee is not None else ():
            origin = value.receiver.origin if isinstance(value, Method) else None
            maker = self.resolver.project.frame(f"{origin[0]}:{origin[1]}") if origin is not None else None
            for made in maker.function.calls if maker is not None else ():
                if maker is not None and origin is not None and made.site == origin[2]:
                    return bool(self._argument_names(made, maker) & READY_SOCKETS)
        return False

    def _argument_names(self, fact: CallFact, frame: Frame) -> set[str]:
        arguments = fact.term.given if isinstance(fact.term, CallTerm) else ()
        values = (v for a in arguments for flag in flags(a) for v in self.resolver.resolve(flag, frame))
        return {getattr(v, "variable", "") or getattr(v, "name", "") for v in values}

    def _around(self, receiver: str, frame: Frame) -> list[FunctionFacts]:
        """Return the functions that may prepare an object: all methods for an attribute of self."""
        if not receiver.startswith("self.") or not frame.function.owner:
            return [frame.function]
        methods = frame.module.class_(frame.function.owner).methods
        return [frame.module.function(key) for _, key in methods]


def _sets_zero(node: ast.Assign, receiver: str, words: tuple[str, ...]) -> bool:
    """Tell whether an assignment sets one of some attributes of an object to 0."""
    is_zero = isinstance(node.value, ast.Constant) and node.value.value in (0, False) and node.value.value is not None
    return is_zero and any(ast.unparse(target) in {f"{receiver}.{word}" for word in words} for target in node.targets)


def _is_nothing(term: Term) -> bool:
    return isinstance(term, ConstantTerm) and term.value in (0, False) and term.value is not None


def is_any_file(receiver: Instance | None) -> bool:
    """An annotation such as `BinaryIO` may also stand for a buffer in memory."""
    return receiver is not None and receiver.cls in ANY_FILE and receiver.origin is None


def _sources(term: Term, frame: Frame, depth: int = 0) -> Iterator[Term]:
    """Yield what a loop steps through of which a name is an element; the name itself where it isn't one."""
    if isinstance(term, NameTerm) and term.owner in ("", frame.function.key) and term.bindings and depth < DEEP:
        for number in term.bindings:
            yield from _sources(frame.function.bindings[number].term, frame, depth + 1)
    elif isinstance(term, ElementTerm):
        yield from _sources(term.iterable, frame, depth + 1)
    elif isinstance(term, UnpackedTerm):
        yield from _sources(term.value, frame, depth + 1)
    else:
        yield term


def _between(left: CallFact, function: FunctionFacts) -> list[CallFact]:
    """Return the calls between entering a manager and leaving it."""
    before = list(takewhile(lambda call: call is not left, function.calls))
    starts = [number for number, call in enumerate(before) if call.form == "enter" and call.term == left.term]
    return before[starts[-1] :] if starts else before


def _is_future_awaited(made: CallFact, awaited: list[Term]) -> bool:
    """Tell whether the future that a call gives is among what is awaited: `await asyncio.wrap_future(future)`."""
    given = [term for call in _named(awaited, "wrap_future") for term in call.arguments]
    return any(t == made.term or (isinstance(t, NameTerm) and t.id in made.targets) for t in given)


def _is_gathered(made: CallFact, awaited: list[Term], function: FunctionFacts) -> bool:
    """Tell whether all results of a comprehension are awaited together: `await asyncio.gather(*tasks)`."""
    given = [term for call in _named(awaited, "gather") for term in call.arguments]
    stars = (made_of(term.value, function) for term in given if isinstance(term, StarTerm))
    return any(isinstance(star, CollectedTerm) and made.term in star.items for star in stars)


def _named(terms: list[Term], name: str) -> Iterator[CallTerm]:
    """Yield the calls of functions of a name."""
    for term in terms:
        callee = term.callee if isinstance(term, CallTerm) else None
        word = callee.name if isinstance(callee, AttributeTerm) else callee.id if isinstance(callee, NameTerm) else ""
        if word == name and isinstance(term, CallTerm):
            yield term


def made_of(term: Term, function: FunctionFacts) -> Term:
    """Return what a local name is bound to once, whatever its annotation says."""
    if isinstance(term, NameTerm) and term.owner == function.key and len(term.bindings) == 1:
        return unannotated(function.bindings[term.bindings[0]].term)
    return term


def _is_of(term: Term, name: str) -> bool:
    """Tell whether a term is a name, or an attribute of it."""
    inner = term.value if isinstance(term, AttributeTerm) else term
    return isinstance(inner, NameTerm) and inner.id == name


def _is_zero(term: object) -> bool:
    if not isinstance(term, CallTerm) or not term.arguments:
        return False
    first = term.arguments[0]
    return isinstance(first, ConstantTerm) and first.value in (False, 0) and first.value is not None
