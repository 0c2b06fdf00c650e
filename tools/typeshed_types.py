"""Turns the annotations of stubs into the text of types.

Every name becomes its canonical one. What depends on a type variable of the function itself is said in two
ways: as a plain type, with the union of the variable's constraints or its bound in its place, and as an
alternative in which the variables are called `_1`, `_2` and so on, together with the parameters that tell
what they stand for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from typeshed_stubs import Scope, Stubs, Symbol

from flake8_bookmark.effects.type_text import ANY, join_union, substitute, tidy

# https://docs.python.org/3/library/typing.html: special forms, and what is left of them in a type
_TRANSPARENT = {"ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "Annotated", "Unpack"}
_SPECIAL = {
    "LiteralString": "str",
    "Self": "Self",
    "TypeGuard": "bool",
    "TypeIs": "bool",
    "Callable": "collections.abc.Callable",
    "Type": "type",
    "Tuple": "tuple",
    "NoReturn": "typing.Never",
    "Never": "typing.Never",
}
# Structural types of typeshed that have no name at run time, and a class that has the same variables
_PROTOCOLS = {
    "_typeshed.SupportsNext": "collections.abc.Iterator",
    "_typeshed.SupportsAnext": "collections.abc.AsyncIterator",
    "_typeshed.SupportsKeysAndGetItem": "collections.abc.Mapping",
    "_typeshed.SupportsItems": "collections.abc.Mapping",
    "_typeshed.SupportsContainsAndGetItem": "collections.abc.Mapping",
    "_typeshed.SupportsLenAndGetItem": "collections.abc.Sequence",
    "_typeshed.structseq": ANY,
}
_TYPE_VARIABLES = {"TypeVar", "ParamSpec", "TypeVarTuple"}


@dataclass
class Variables:
    """Type variables in reach: those of the class by their names, those of the function by their numbers."""

    own: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)


class TypeWriter:
    """Writes types with canonical names."""

    def __init__(self, stubs: Stubs, canonical: Mapping[str, str]) -> None:
        self._stubs = stubs
        self._canonical = canonical
        self._depth = 0

    def write(self, node: ast.expr | None, scope: Scope, variables: Variables) -> str:
        """Return the text of an annotation; the empty text for what is unknown."""
        text = tidy(self._write(node, scope, variables)) if node is not None else ANY
        return "" if text == ANY else text

    def _write(self, node: ast.expr, scope: Scope, variables: Variables) -> str:
        match node:
            case ast.Constant(value=None):
                return "None"
            case ast.Constant(value=str(text)):
                return self._write(ast.parse(text, mode="eval").body, scope, variables)
            case ast.BinOp(op=ast.BitOr()):
                sides = (self._write(side, scope, variables) for side in (node.left, node.right))
                return join_union(sides) or ANY
            case ast.Subscript():
                return self._subscript(node, scope, variables)
            case ast.Name() | ast.Attribute():
                return self._name(node, scope, variables)
        return ANY

    def _name(self, node: ast.expr, scope: Scope, variables: Variables) -> str:
        found = self._stubs.look_up(node, scope)
        if not isinstance(found, Symbol):
            return ANY
        if found.full_name == "typing.Any":
            return ANY
        if found.is_class:
            return self.class_name(found)
        variable = type_variable(found)
        if variable is not None:
            return self._variable(variable, found, variables)
        if found.scope.name in ("typing", "typing_extensions") and found.name in _SPECIAL:
            return _SPECIAL[found.name]
        if found.full_name in ("_typeshed.sentinel", "_typeshed.MaybeNone", "_typeshed.Incomplete"):
            return ANY
        return self._alias(found, variables)

    def class_name(self, symbol: Symbol) -> str:
        """Return the canonical name of a class, bare for a builtin, unknown for what exists in stubs only."""
        full = symbol.full_name
        if full in _PROTOCOLS:
            return _PROTOCOLS[full]
        if full.startswith("_typeshed."):
            return ANY
        return self._canonical.get(full, full).removeprefix("builtins.")

    def _alias(self, symbol: Symbol, variables: Variables) -> str:
        value = alias_value(symbol)
        if value is None or self._depth > 8:
            return ANY
        self._depth += 1
        try:
            return self._write(value, symbol.scope, variables)
        finally:
            self._depth -= 1

    def _variable(self, call: ast.Call, symbol: Symbol, variables: Variables) -> str:
        name = symbol.name
        if symbol.full_name in ("_typeshed.Self", "_typeshed.MaybeNone"):
            return "Self"
        if name in variables.own:
            return name
        if name in variables.numbers:
            return variables.numbers[name]
        return self.fallback(call, symbol) or ANY

    def fallback(self, call: ast.Call, symbol: Symbol) -> str:
        """Return what a type variable stands for when nothing is known: its default, constraints or bound."""
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        nothing = Variables()
        if "default" in keywords:
            default = self.write(keywords["default"], symbol.scope, nothing)
            return "" if default == _SPECIAL["Never"] else default
        if len(call.args) > 1:
            return join_union(self.write(arg, symbol.scope, nothing) for arg in call.args[1:])
        if "bound" in keywords:
            return self.write(keywords["bound"], symbol.scope, nothing)
        return ""

    def _subscript(self, node: ast.Subscript, scope: Scope, variables: Variables) -> str:
        found = self._stubs.look_up(node.value, scope)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(found, Symbol) and found.scope.name in ("typing", "typing_extensions"):
            special = self._special(found.name, inner, scope, variables)
            if special is not None:
                return special
        if isinstance(found, Symbol) and not found.is_class and alias_value(found) is not None:
            return self._generic_alias(found, inner, scope, variables)
        head = self._name(node.value, scope, variables)
        return ANY if head == ANY else self._generic(head, inner, scope, variables)

    def _generic_alias(self, alias: Symbol, inner: list[ast.expr], scope: Scope, variables: Variables) -> str:
        value = alias_value(alias)
        own = variables_in([value] if value else [], alias.scope, self._stubs)
        text = self._alias(alias, Variables(frozenset(own)))
        if not own:
            return text if text == ANY or "[" in text else self._generic(text, inner, scope, variables)
        given = (tidy(self._write(node, scope, variables)) for node in inner)
        return substitute(text, dict(zip(own, given, strict=False))) or ANY

    def _generic(self, head: str, inner: Iterable[ast.expr], scope: Scope, variables: Variables) -> str:
        arguments = []
        for argument in inner:
            if isinstance(argument, ast.Constant) and argument.value is Ellipsis:
                arguments.append("...")
            elif isinstance(argument, ast.Tuple):  # tuple[()]
                return head
            else:
                arguments.append(tidy(self._write(argument, scope, variables)) or ANY)
        return f"{head}[{', '.join(arguments)}]"

    def _special(self, name: str, inner: list[ast.expr], scope: Scope, variables: Variables) -> str | None:
        if name in ("Union", "Optional"):
            members = [self._write(node, scope, variables) for node in inner]
            return join_union([*members, "None"] if name == "Optional" else members) or ANY
        if name in _TRANSPARENT:
            return self._write(inner[0], scope, variables)
        if name == "Literal":
            return join_union(_literal_type(node, self, scope, variables) for node in inner) or ANY
        if name in ("TypeGuard", "TypeIs"):
            return "bool"
        if name == "Callable":
            return self._generic("collections.abc.Callable", inner[-1:], scope, variables)
        return None


def _literal_type(node: ast.expr, writer: TypeWriter, scope: Scope, variables: Variables) -> str:
    if isinstance(node, ast.UnaryOp):
        return "int"
    if isinstance(node, ast.Constant):
        return "None" if node.value is None else type(node.value).__name__
    return writer.write(node.value, scope, variables) if isinstance(node, ast.Attribute) else ANY


def type_variable(symbol: Symbol) -> ast.Call | None:
    """Return the call that makes a type variable, None for any other symbol."""
    match symbol.nodes[:1]:
        case [ast.Assign(value=ast.Call(func=ast.Name(id=maker)) as call)] if maker in _TYPE_VARIABLES:
            return call
    return None


def variables_in(nodes: Iterable[ast.AST], scope: Scope, stubs: Stubs) -> dict[str, Symbol]:
    """Return the type variables that some annotations mention, in their order."""
    found: dict[str, Symbol] = {}
    for name in (inner for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Name)):
        symbol = stubs.look_up(name, scope)
        if isinstance(symbol, Symbol) and type_variable(symbol) is not None:
            found.setdefault(name.id, symbol)
    return found


def alias_value(symbol: Symbol) -> ast.expr | None:
    """Return the type that a type alias stands for, None for any other symbol."""
    match symbol.nodes[:1]:
        case [ast.Assign(value=ast.Name() | ast.Attribute() | ast.Subscript() | ast.BinOp() as value)]:
            return value
        case [ast.AnnAssign(annotation=ast.Name(id="TypeAlias"), value=value)]:
            return value
    return None
