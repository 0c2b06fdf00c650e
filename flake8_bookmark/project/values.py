"""What a term may be: the answers of the ladder.

A *qualified name* of a library is dotted (`pathlib.Path.read_text`); one of the project is `module:key`
(`app.db:Store.load`), so that the two can never be confused. An empty tuple of values means unknown.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from flake8_bookmark.effects.model import Handover

Origin: TypeAlias = tuple[str, str, tuple[int, int, int, int]]
"""Where a value was made: module, function key, place of the call."""


class Symbol(Struct, frozen=True, gc=False):
    """A function, class or module itself."""

    name: str


class Instance(Struct, frozen=True, gc=False, eq=False):
    """An object of a class; `arguments` are the values of the class's type parameters.

    `variable` is the qualified name of the library variable that holds it, such as `sys.stdout`, or of the library
    function that made it, such as `asyncio.run_coroutine_threadsafe`: the catalogue may know more of that one object
    than of its class. `excluded` are classes below its own that it is known not to be one of, by isinstance.
    """

    cls: str
    arguments: tuple[Values, ...] = ()
    origin: Origin | None = None
    variable: str = ""
    excluded: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        """Compare what kind of object it is, wherever it comes from."""
        if not isinstance(other, Instance):
            return NotImplemented
        return (self.cls, self.arguments, self.excluded) == (other.cls, other.arguments, other.excluded)

    def __ne__(self, other: object) -> bool:
        return not self == other  # a Struct has its own, which would compare everything

    def __hash__(self) -> int:
        return hash((self.cls, self.arguments))


class Method(Struct, frozen=True, gc=False):
    """A function looked up on an object: `attribute` of `receiver`; `name` is where it was found."""

    name: str
    attribute: str
    receiver: Instance


class Awaitable(Struct, frozen=True, gc=False):
    """What calling a coroutine function gives; `callee` is the function, `results` what awaiting gives."""

    callee: str
    results: Values = ()


class Frozen(Struct, frozen=True, gc=False):
    """A first-party generator that has not run yet: calling it ran nothing, iterating or entering runs its body.

    `kind` is "generator", "asyncgenerator", "contextmanager" or "asynccontextmanager".
    """

    function: str
    kind: str
    yields: Values = ()


class Partial(Struct, frozen=True, gc=False):
    """`functools.partial(target, …)`, or any callable that calls `target` when called."""

    target: Values


class Wrapped(Struct, frozen=True, gc=False):
    """A first-party function behind a decorator: one of a library (`handover`), or an unknown one (None).

    Of a decorator of the project, `maker` is the function that made the `wrapper`; `passes` says whether the wrapper
    calls the function on its own thread. Of a library's, `maker` is the decorator: what it gives may have methods of
    its own, as a task of Celery has `delay`. A method has its object as `receiver`.
    """

    function: str
    handover: Handover | None = None
    wrapper: str = ""
    passes: bool = False
    maker: str = ""
    receiver: Instance | None = None


Value: TypeAlias = Symbol | Instance | Method | Awaitable | Frozen | Partial | Wrapped
Values: TypeAlias = tuple[Value, ...]

UNKNOWN: Values = ()
WIDEST = 8


def union(*parts: Values) -> Values:
    """Join alternatives, in order, without repeats; too many of them count as unknown."""
    if len(parts) == 1 and len(parts[0]) < 2:
        return parts[0]  # as most are
    seen: dict[Value, None] = {}
    for part in parts:
        for value in part:
            seen.setdefault(value)
    return tuple(seen) if len(seen) <= WIDEST else UNKNOWN


def is_first_party(name: str) -> bool:
    return ":" in name


def shallow(values: Values, levels: int = 2) -> Values:
    """Cut the arguments of generic classes below some levels, so that `x = [x]` does not grow for ever."""
    out: dict[Value, None] = {}
    for value in values:
        if isinstance(value, Instance) and value.arguments:
            inner = tuple(shallow(a, levels - 1) for a in value.arguments) if levels else ()
            value = replace(value, arguments=inner)
        elif isinstance(value, (Awaitable, Frozen, Partial)) and not levels:
            continue
        out.setdefault(value)
    return tuple(out)
