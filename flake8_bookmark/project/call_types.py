"""What a library call gives where that depends on the types of its arguments: `sorted(paths)` is a list of paths.

The library's types speak in text, the resolver in values. A value that has no name in that text (something of the
project, a function) goes in under a made-up name and is put back into the answer. What can be awaited, stepped
through, entered or called goes in as such where the library asks for it, by what that gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.effects.library_types import Declaration
from flake8_bookmark.names.terms import UNKNOWN as NO_TERM
from flake8_bookmark.names.terms import CallTerm, StarTerm, Term
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import (
    UNKNOWN,
    Awaitable,
    Frozen,
    Instance,
    Method,
    Partial,
    Symbol,
    Value,
    Values,
    is_first_party,
    union,
)

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MOST_ARGUMENTS = 8
DEEPEST = 4
ANY = "typing.Any"
EMPTY_CALL = CallTerm(NO_TERM, (), (), (0, 0, 0, 0))
SEEN_AS = {
    "generator": "collections.abc.Generator",
    "asyncgenerator": "collections.abc.AsyncGenerator",
    "contextmanager": "contextlib.AbstractContextManager",
    "asynccontextmanager": "contextlib.AbstractAsyncContextManager",
}


class TypeWriter:
    """Writes values as type text, and remembers what its made-up names stand for."""

    def __init__(self, resolver: Resolver, frame: Frame) -> None:
        self.resolver = resolver
        self.frame = frame
        self.names: dict[str, Values] = {}
        self.lazy: list[Awaitable | Frozen] = []

    def write(self, values: Values, wanted: str = "", depth: int = 0) -> str:
        """Return the text of a union of values, as arguments of a parameter of some type; empty for unknown."""
        if depth > DEEPEST:
            return ""
        return " | ".join(dict.fromkeys(self._write_one(v, wanted, depth) for v in values))

    def _write_one(self, value: Value, wanted: str, depth: int) -> str:
        if isinstance(value, Instance) and not is_first_party(value.cls):
            return self._generic(value.cls.removeprefix("builtins."), value.arguments, depth)
        if isinstance(value, Awaitable):
            self.lazy.append(value)
            result = self.write(value.results, "", depth + 1) or ANY
            return f"types.CoroutineType[{ANY}, {ANY}, {result}]"
        if isinstance(value, Frozen):
            self.lazy.append(value)
            return self._generic(SEEN_AS[value.kind], (value.yields,), depth)
        if "Callable" in wanted and isinstance(value, (Symbol, Method, Partial)):
            given = self.write(self.resolver.results.of(value, EMPTY_CALL, self.frame), "", depth + 1)
            if given:
                return f"collections.abc.Callable[{given}]"
        name = f"_given{len(self.names)}"
        self.names[name] = (value,)
        return name

    def _generic(self, head: str, arguments: tuple[Values, ...], depth: int) -> str:
        if not any(arguments):
            return head
        return f"{head}[{', '.join(self.write(a, '', depth + 1) or ANY for a in arguments)}]"

    def read(self, text: str, receiver: Values) -> Values:
        """Return the values of the answer, with what went in by what it gives put back."""
        found = self.resolver.types.expression(text, receiver, self.names) if text else UNKNOWN
        return union(*(self._put_back(v) for v in found)) if self.lazy else found

    def _put_back(self, value: Value) -> Values:
        """Return the coroutine or generator itself where the answer is no more than its type."""
        for given in self.lazy:
            if isinstance(given, Awaitable) and value == Awaitable("", given.results):
                return (given,)
            if isinstance(value, Instance) and isinstance(given, Frozen) and value.cls == SEEN_AS[given.kind]:
                return (given,)
        return (value,)


def call_values(resolver: Resolver, name: str, call: CallTerm, frame: Frame, receiver: Instance | None) -> Values:
    """Return what a library call gives, by the types of its arguments; unknown where they don't tell."""
    if len(call.arguments) > MOST_ARGUMENTS or any(isinstance(a, StarTerm) for a in call.arguments[:-1]):
        return UNKNOWN
    declared = resolver.library.declaration(name)
    writer = TypeWriter(resolver, frame)
    positional: list[str] = []
    for index, term in enumerate(call.arguments):
        positional.extend(_argument(writer, term, _wanted(declared, index, "")))
    keywords = {
        k: writer.write(resolver.resolve(t, frame), _wanted(declared, None, k)) for k, t in call.keywords if k
    }
    owner = writer.write((receiver,)) if receiver is not None and not is_first_party(receiver.cls) else ""
    text = resolver.library.call_type(name, tuple(positional), keywords, owner)
    return writer.read(text, (receiver,) if receiver else UNKNOWN)


def _argument(writer: TypeWriter, term: Term, wanted: str) -> Iterator[str]:
    """Yield an argument's type; `*value` may be any number of them, more than any fixed list of parameters takes."""
    if not isinstance(term, StarTerm):
        yield writer.write(writer.resolver.resolve(term, writer.frame), wanted)
        return
    values = writer.resolver.resolve(term.value, writer.frame)
    element = writer.write(union(*(writer.resolver.results.element(v, False) for v in values)), wanted)
    yield from (element for _ in range(MOST_ARGUMENTS + 1))


def _wanted(declared: Declaration | None, index: int | None, keyword: str) -> str:
    """Return what the alternatives of a function want for one argument."""
    found = []
    for alternative in declared.alternatives if declared is not None else ():
        for part in alternative.inputs:
            if (part.position is not None and part.position == index) or (keyword and part.keyword == keyword):
                found.append(part.type)
    return " ".join(found)
