"""Whether `os.read` and `os.write` find their file descriptor ready, or are told not to wait for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.names.terms import (
    AttributeTerm,
    BinaryTerm,
    CallTerm,
    ConstantTerm,
    DisplayTerm,
    NameTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Method, Symbol

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

DESCRIPTOR_CALLS = frozenset({"os.read", "os.write"})
WATCHERS = frozenset({"add_reader", "add_writer"})
NONBLOCKING = frozenset({"os.O_NONBLOCK", "os.O_NDELAY"})
WOULD_BLOCK = frozenset({"BlockingIOError", "SSLWantReadError", "SSLWantWriteError"})


class DescriptorReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def are_ready(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call on a descriptor waits for nothing.

        So it is in a callback of `add_reader`, on a descriptor that is made non-blocking by the same function or class,
        and where the code expects the error of a call that would have to wait.
        """
        return self._is_watched(frame) or self._is_freed(fact, frame) or expects_error(fact, frame)

    def _is_watched(self, frame: Frame) -> bool:
        """Tell whether the loop calls a function when its descriptor is ready, as far as its own module says."""
        for maker, call in _calls_in(frame, WATCHERS):
            for term in call.arguments[1:2]:
                for value in self.resolver.resolve(term, maker):
                    if isinstance(value, (Symbol, Method)) and value.name == frame.name:
                        return True
        return False

    def _is_freed(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether the same object, or function, makes a descriptor of that name non-blocking."""
        wanted = _spelt(fact.term.arguments[0]) if isinstance(fact.term, CallTerm) and fact.term.arguments else ""
        if not wanted:
            return False
        for maker, call in _calls_in(frame, {"set_blocking", "fcntl"}):
            is_near = maker.function.key == frame.function.key or maker.function.owner == frame.function.owner != ""
            if not is_near or not call.arguments or _spelt(call.arguments[0]) != wanted:
                continue
            if call.arguments[1:] and _is_false(call.arguments[1]):
                return True
            if self._names(call.arguments[2:], maker) & NONBLOCKING:
                return True
        return self._is_opened_so(fact, frame)

    def _is_opened_so(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a descriptor in a local name was opened with O_NONBLOCK."""
        assert isinstance(fact.term, CallTerm)
        term = fact.term.arguments[0]
        if not isinstance(term, NameTerm) or term.owner != frame.function.key or not term.bindings:
            return False
        made = [frame.function.bindings[number].term for number in term.bindings]
        return all(isinstance(m, CallTerm) and self._names(m.arguments[1:], frame) & NONBLOCKING for m in made)

    def _names(self, terms: tuple[Term, ...], frame: Frame) -> set[str]:
        values = (v for term in terms for flag in flags(term) for v in self.resolver.resolve(flag, frame))
        return {getattr(v, "variable", "") or getattr(v, "name", "") for v in values}


def flags(term: Term) -> Iterator[Term]:
    """Yield what stands between the bars of `SOCK_STREAM | SOCK_NONBLOCK`."""
    if isinstance(term, BinaryTerm) and term.operator == "__or__":
        yield from flags(term.left)
        yield from flags(term.right)
    else:
        yield term


def _calls_in(frame: Frame, names: frozenset[str] | set[str]) -> Iterator[tuple[Frame, CallTerm]]:
    """Yield the calls of some names in a function's module."""
    for function in frame.module.functions():
        for fact in function.calls:
            if fact.form == "call" and isinstance(fact.term, CallTerm) and fact.text.rpartition(".")[2] in names:
                yield frame.sibling(function.key), fact.term


def _spelt(term: Term) -> str:
    """Return a name with its dots; empty for another term."""
    if isinstance(term, AttributeTerm):
        owner = _spelt(term.value)
        return f"{owner}.{term.name}" if owner else ""
    return term.id if isinstance(term, NameTerm) else ""


def _is_false(term: Term) -> bool:
    return isinstance(term, ConstantTerm) and term.value is False


def expects_error(fact: CallFact, frame: Frame) -> bool:
    """Tell whether a call stands in a `try` that handles the error of one that would have to wait.

    https://docs.python.org/3/library/ssl.html#notes-on-non-blocking-sockets
    """
    for node in ast.walk(frame.module.node(frame.function.key)):
        if isinstance(node, ast.Try) and node.body[0].lineno <= fact.line <= (node.body[-1].end_lineno or 0):
            kinds = [h.type for h in node.handlers if h.type is not None]
            named = [e for k in kinds for e in (k.elts if isinstance(k, ast.Tuple) else [k])]
            if any(not WOULD_BLOCK.isdisjoint(_meant(n, frame)) for n in named):
                return True
    return False


def _meant(node: ast.expr, frame: Frame) -> set[str]:
    """Return the last name of an error, or those in a tuple of the module that has this name."""
    name = getattr(node, "id", getattr(node, "attr", ""))
    top = frame.module.function(MODULE_KEY)
    bound = (unannotated(top.bindings[n].term) for n in top.named(name)) if isinstance(node, ast.Name) else ()
    items = (item for term in bound if isinstance(term, DisplayTerm) for item in term.items)
    return {name, *(_spelt(item).rpartition(".")[2] for item in items)}
