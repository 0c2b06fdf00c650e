"""Terms: expressions reduced to what naming a callee needs, as immutable values.

A term is what one file's text says about a value, before anything is known of other files or libraries: *the result
of calling this name*, *that attribute of this parameter*, *an element of that list*. Terms are trees without cycles;
a use of a local name points at the bindings that may reach it by number, so a reader of the term needs the facts of
the function that owns them.

Structs are compared by value and take part in no garbage collection cycle, which is why `gc=False` is safe.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct


class UnknownTerm(Struct, frozen=True, gc=False, array_like=True, tag="?"):
    """An expression that no rung of the ladder can use."""


class NameTerm(Struct, frozen=True, gc=False, array_like=True, tag="name"):
    """A use of a name.

    `scope` is "local" (then `bindings` are the numbers of the bindings that reach this use), "free" (bound in the
    enclosing function or class `owner`), or "global" (module level, or a builtin).
    """

    id: str
    scope: str
    bindings: tuple[int, ...] = ()
    owner: str = ""


class AttributeTerm(Struct, frozen=True, gc=False, array_like=True, tag="attr"):
    value: Term
    name: str


class StarTerm(Struct, frozen=True, gc=False, array_like=True, tag="star"):
    """`*value` in a call or display."""

    value: Term


class CallTerm(Struct, frozen=True, gc=False, array_like=True, tag="call"):
    """A call; a `**mapping` argument has the empty keyword. `site` is the call's place, a key of CallFact."""

    callee: Term
    arguments: tuple[Term, ...]
    keywords: tuple[tuple[str, Term], ...]
    site: tuple[int, int, int, int]

    @property
    def given(self) -> tuple[Term, ...]:
        """All arguments, by position and by keyword."""
        return (*self.arguments, *(term for _, term in self.keywords))


class SubscriptTerm(Struct, frozen=True, gc=False, array_like=True, tag="item"):
    value: Term
    index: Term


class AwaitTerm(Struct, frozen=True, gc=False, array_like=True, tag="await"):
    value: Term


class BinaryTerm(Struct, frozen=True, gc=False, array_like=True, tag="binary"):
    """`left operator right`; the operator is the name of its special method, such as `__truediv__`."""

    operator: str
    left: Term
    right: Term


class ChoiceTerm(Struct, frozen=True, gc=False, array_like=True, tag="choice"):
    """One of several values: `a or b`, `a if c else b`.

    `test` is what a conditional expression asks for, if that is a name, an attribute or a call without arguments; where
    it is as `wanted`, the first value is taken.
    """

    options: tuple[Term, ...]
    test: Term | None = None
    wanted: bool = True


class ConstantTerm(Struct, frozen=True, gc=False, array_like=True, tag="const"):
    """A literal: the name of its type, and its value where that is short."""

    kind: str
    value: bool | int | float | str | None = None


class DisplayTerm(Struct, frozen=True, gc=False, array_like=True, tag="display"):
    """A list, tuple, set or dict display; `keys` is for dicts only."""

    kind: str
    items: tuple[Term, ...]
    keys: tuple[Term, ...] = ()


class CollectedTerm(Struct, frozen=True, gc=False, array_like=True, tag="collected"):
    """A list, set or dict comprehension by its element (for a dict: key and value)."""

    kind: str
    items: tuple[Term, ...]


class FunctionTerm(Struct, frozen=True, gc=False, array_like=True, tag="function"):
    """A def, lambda or generator expression of this module, by its key."""

    key: str


class ClassTerm(Struct, frozen=True, gc=False, array_like=True, tag="class"):
    key: str


class ImportTerm(Struct, frozen=True, gc=False, array_like=True, tag="import"):
    """What an import binds: a module (empty `name`), or a name out of it; `level` counts leading dots."""

    module: str
    name: str = ""
    level: int = 0


class ParameterTerm(Struct, frozen=True, gc=False, array_like=True, tag="parameter"):
    index: int


class ElementTerm(Struct, frozen=True, gc=False, array_like=True, tag="element"):
    """What one step of iterating yields."""

    iterable: Term
    is_async: bool = False


class EnteredTerm(Struct, frozen=True, gc=False, array_like=True, tag="entered"):
    """What `with manager as name` binds."""

    manager: Term
    is_async: bool = False


class UnpackedTerm(Struct, frozen=True, gc=False, array_like=True, tag="unpacked"):
    """The value at `index` of an unpacked value."""

    value: Term
    index: int


class CaughtTerm(Struct, frozen=True, gc=False, array_like=True, tag="caught"):
    """What `except exception as name` binds."""

    exception: Term


class TypedTerm(Struct, frozen=True, gc=False, array_like=True, tag="typed"):
    """A binding with an annotation, and its value if it has one."""

    annotation: Term
    value: Term | None = None


def unannotated(term: Term) -> Term:
    """Return the value of a binding, whether it has an annotation or not."""
    return term.value if isinstance(term, TypedTerm) and term.value is not None else term


class NarrowedTerm(Struct, frozen=True, gc=False, array_like=True, tag="narrowed"):
    """A value known to be an instance of `cls` here, by isinstance or a class pattern; or known not to be one."""

    value: Term
    cls: Term
    excluded: bool = False


class TypeVariableTerm(Struct, frozen=True, gc=False, array_like=True, tag="typevar"):
    """A type parameter of a `def f[T]` or `class C[T]` (PEP 695), with its bound."""

    id: str
    bound: Term | None = None


Term: TypeAlias = (
    UnknownTerm
    | NameTerm
    | AttributeTerm
    | StarTerm
    | CallTerm
    | SubscriptTerm
    | AwaitTerm
    | BinaryTerm
    | ChoiceTerm
    | ConstantTerm
    | DisplayTerm
    | CollectedTerm
    | FunctionTerm
    | ClassTerm
    | ImportTerm
    | ParameterTerm
    | ElementTerm
    | EnteredTerm
    | UnpackedTerm
    | CaughtTerm
    | TypedTerm
    | NarrowedTerm
    | TypeVariableTerm
)

UNKNOWN = UnknownTerm()
SLICE = ConstantTerm("slice")
"""The index of `value[start:stop]`."""
