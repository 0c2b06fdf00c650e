"""From annotations and library type expressions to values.

An annotation `T` stands for an instance of `T`. Unions stand for each of their members without None; `Annotated`,
`ClassVar`, `Final` and the like stand for what they wrap (PEP 484, PEP 593). Type variables of library classes are
replaced by the receiver's arguments.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from flake8_bookmark.names.terms import (
    AttributeTerm,
    BinaryTerm,
    CallTerm,
    DisplayTerm,
    NameTerm,
    SubscriptTerm,
    Term,
    TypedTerm,
    TypeVariableTerm,
)
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import UNKNOWN, Awaitable, Instance, Symbol, Values, is_first_party, union

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

Variables = Mapping[str, Values]
NO_VARIABLES: Variables = {}
WRAPPERS = frozenset(
    {"Optional", "Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar"}
)
NOTHING = frozenset({"Literal", "TypeVar", "Any", "NoReturn", "Never", "Callable", "Concatenate", "TypeGuard"})
AWAITABLE = frozenset({"Awaitable", "Coroutine", "CoroutineType"})
TYPING = ("typing.", "typing_extensions.", "collections.abc.", "types.", "dataclasses.", "builtins.")
GENERIC_NAMES = {
    "List": "builtins.list",
    "Dict": "builtins.dict",
    "Set": "builtins.set",
    "FrozenSet": "builtins.frozenset",
    "Tuple": "builtins.tuple",
    "Type": "builtins.type",
    "DefaultDict": "collections.defaultdict",
    "OrderedDict": "collections.OrderedDict",
    "Deque": "collections.deque",
    "Counter": "collections.Counter",
    "ChainMap": "collections.ChainMap",
}


class TypeReader:
    """Evaluates type expressions for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    # annotations of the project ----------------------------------------------------------------------------------

    def annotated(self, term: Term, frame: Frame, given: Variables = NO_VARIABLES) -> Values:
        """Return what a value annotated with `term` is; `given` says what type variables stand for."""
        match term:
            case BinaryTerm(operator="__or__"):
                return union(self.annotated(term.left, frame, given), self.annotated(term.right, frame, given))
            case SubscriptTerm():
                return self._subscripted(term, frame, given)
            case NameTerm() if term.id in given:
                return given[term.id]
            case NameTerm() | AttributeTerm():
                return self._named(term, frame)
            case TypeVariableTerm():
                known = given.get(term.id, UNKNOWN)
                return known or (self.annotated(term.bound, frame) if term.bound is not None else UNKNOWN)
        return UNKNOWN

    def _named(self, term: NameTerm | AttributeTerm, frame: Frame) -> Values:
        alias = self._alias(term, frame)
        if alias is not None:
            return alias
        symbols = (v.name for v in self.resolver.resolve(term, frame) if isinstance(v, Symbol))
        return union(*(self.instance_of(name, frame) for name in symbols))

    def _alias(self, term: NameTerm | AttributeTerm, frame: Frame) -> Values | None:
        """Return what an alias of a type stands for, such as `Name = X | Y`; None if the name is none."""
        found = self.resolver.definition(term, frame)
        if found is None:
            return None
        meant, where = found
        match meant:
            case SubscriptTerm() | BinaryTerm():
                return self.resolver.once(meant, where, self.annotated)
            case TypedTerm(value=value) if value is not None and self._is_alias(meant.annotation, where):
                return self.resolver.once(value, where, self.annotated)
            case CallTerm():
                return self._made(meant, where)
        return None

    def _is_alias(self, annotation: Term, frame: Frame) -> bool:
        return any(
            isinstance(v, Symbol) and v.name.endswith(".TypeAlias") for v in self.resolver.resolve(annotation, frame)
        )

    def _made(self, call: CallTerm, frame: Frame) -> Values | None:
        """Return what `NewType("Name", type)` stands for, and `TypeVar("T", bound=type)` where nothing is given."""
        made = {v.name for v in self.resolver.resolve(call.callee, frame) if isinstance(v, Symbol)}
        if made & {"typing.NewType", "typing_extensions.NewType"} and len(call.arguments) == 2:
            return self.resolver.once(call.arguments[1], frame, self.annotated)
        if not made & {"typing.TypeVar", "typing_extensions.TypeVar"}:
            return None
        bounds = [term for keyword, term in call.keywords if keyword == "bound"] or call.arguments[1:]
        return union(*(self.resolver.once(bound, frame, self.annotated) for bound in bounds))

    def instance_of(self, name: str, frame: Frame | None = None) -> Values:
        """Return the value that a bare class name stands for in an annotation."""
        short = _typing_name(name)
        if short in NOTHING or name in ("builtins.object", "builtins.None"):
            return UNKNOWN
        if short == "Self":
            return self._self(frame)
        if short in GENERIC_NAMES:
            return (Instance(GENERIC_NAMES[short]),)
        if short in AWAITABLE:
            return (Awaitable(""),)
        if is_first_party(name):
            module, _, key = name.partition(":")
            facts = self.resolver.project.module(module)
            return (Instance(name),) if facts is not None and facts.is_class(key) else UNKNOWN
        return (Instance(self._class_meant(name)),)

    def _class_meant(self, name: str) -> str:
        """Return the class that an annotation means: who writes a module, means its class of the same name.

        `from PIL import Image` and then `image: Image`, which checkers of types refuse, and Python doesn't notice.
        """
        inner = f"{name}.{name.rpartition('.')[2]}"
        return inner if self.resolver.library.mro(inner) else name

    def _self(self, frame: Frame | None) -> Values:
        if frame is None or not frame.function.owner:
            return UNKNOWN
        return (Instance(f"{frame.module.name}:{frame.function.owner}"),)

    def _subscripted(self, term: SubscriptTerm, frame: Frame, given: Variables) -> Values:
        arguments = term.index.items if isinstance(term.index, DisplayTerm) else (term.index,)
        out: list[Values] = []
        for value in self.resolver.resolve(term.value, frame):
            if isinstance(value, Symbol):
                out.append(self._generic(value.name, arguments, frame, given))
        return union(*out)

    def _generic(self, name: str, arguments: tuple[Term, ...], frame: Frame, given: Variables) -> Values:
        short = _typing_name(name)
        if short in WRAPPERS:
            found = self.annotated(arguments[0], frame, given)
            injected = (self.resolver.parameters.injected(a, frame) for a in arguments[1:])
            return found or union(*injected)
        if short == "Union":
            return union(*(self.annotated(a, frame, given) for a in arguments))
        if short in NOTHING:
            return UNKNOWN
        if short == "Type" or name == "builtins.type":
            return union(*(self.resolver.resolve(a, frame) for a in arguments))
        return self.generic(name, tuple(self.annotated(a, frame, given) for a in arguments))

    def generic(self, name: str, arguments: tuple[Values, ...]) -> Values:
        """Return an instance of a generic class with the given arguments."""
        short = _typing_name(name)
        if short in AWAITABLE:
            return (Awaitable("", arguments[-1] if arguments else UNKNOWN),)
        if short in GENERIC_NAMES:
            name = GENERIC_NAMES[short]
        return tuple(
            Instance(v.cls, arguments) if isinstance(v, Instance) else v for v in self.instance_of(name)
        )

    # type expressions of libraries -------------------------------------------------------------------------------

    def expression(self, text: str, receiver: Values = UNKNOWN, variables: Variables | None = None) -> Values:
        """Return what a library's type expression stands for; `Self` is the receiver."""
        tree = _parsed(text)
        return self._library(tree, receiver, variables or {}) if tree is not None else UNKNOWN

    def _library(self, node: ast.expr, receiver: Values, variables: Variables) -> Values:
        match node:
            case ast.BinOp(op=ast.BitOr()):
                left = self._library(node.left, receiver, variables)
                return union(left, self._library(node.right, receiver, variables))
            case ast.Name(id="Self"):
                return receiver
            case ast.Name() if node.id in variables:
                return variables[node.id]
            case ast.Subscript():
                return self._library_generic(node, receiver, variables)
            case ast.Name() | ast.Attribute():
                return self._library_name(_dotted(node))
        return UNKNOWN

    def _library_generic(self, node: ast.Subscript, receiver: Values, variables: Variables) -> Values:
        name = _dotted(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if _typing_name(name) in ("Union", "Optional", "Annotated"):
            return union(*(self._library(i, receiver, variables) for i in inner))
        if _typing_name(name) in ("Type", "type"):
            classes = self._library(inner[0], receiver, variables)
            return tuple(Symbol(v.cls) for v in classes if isinstance(v, Instance))
        full = self._qualified(name)
        arguments = tuple(self._library(i, receiver, variables) for i in inner if not _is_ellipsis(i))
        if full == "builtins.tuple" and any(_is_ellipsis(i) for i in inner):
            return (Instance("typing.Sequence", arguments),)
        return self.generic(full, arguments)

    def _library_name(self, name: str) -> Values:
        return self.instance_of(self._qualified(name)) if name and name != "None" else UNKNOWN

    def _qualified(self, name: str) -> str:
        return name if "." in name else f"builtins.{name}"


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr | None:
    if not text:
        return None
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _typing_name(name: str) -> str:
    """Return the last part of a name of the typing machinery, or an empty string."""
    return name.rpartition(".")[2] if name.startswith(TYPING) else ""
