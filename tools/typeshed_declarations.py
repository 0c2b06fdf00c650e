"""Writes the declarations of functions, classes and values in the shape that flake8-bookmark reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from typeshed_names import Names
from typeshed_stubs import Scope, Stubs, Symbol
from typeshed_types import TypeWriter, Variables, alias_value, type_variable, variables_in

from flake8_bookmark.effects.type_text import join_union, split_union

Function = ast.FunctionDef | ast.AsyncFunctionDef

_PROPERTIES = {"property", "cached_property", "abstractproperty", "_magic_enum_attr", "_builtins_property"}
_MANAGERS = {
    "contextmanager": "contextlib._GeneratorContextManager",
    "asynccontextmanager": "contextlib._AsyncGeneratorContextManager",
}
_ENUMS = {"Enum", "IntEnum", "IntFlag", "Flag", "StrEnum", "ReprEnum"}
_SELF = re.compile(r"(?<![\w.])Self(?![\w.])")
_NUMBERED = re.compile(r"(?<![\w.])_\d+(?![\w.])")

# Special methods whose result says nothing about a receiver.
_SILENT = {
    *("__init__", "__new__", "__init_subclass__", "__class_getitem__", "__subclasshook__", "__prepare__"),
    *(
        "__repr__",
        "__str__",
        "__format__",
        "__hash__",
        "__bool__",
        "__len__",
        "__sizeof__",
        "__length_hint__",
    ),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__int__", "__float__"),
    *("__index__", "__complex__", "__bytes__", "__trunc__", "__ceil__", "__floor__", "__round__", "__del__"),
    *(
        "__setattr__",
        "__delattr__",
        "__getattribute__",
        "__getattr__",
        "__setitem__",
        "__delitem__",
        "__dir__",
    ),
    *("__set__", "__delete__", "__set_name__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__"),
    *("__getnewargs__", "__getnewargs_ex__", "__copy__", "__deepcopy__", "__replace__", "__buffer__"),
    *("__release_buffer__", "__slots__", "__match_args__", "__module__", "__qualname__", "__annotations__"),
    *(
        "__instancecheck__",
        "__subclasscheck__",
        "__hash__",
        "__text_signature__",
        "__type_params__",
        "__pos__",
    ),
}


class Declarations:
    """Writes entries (see `effects/typeshed_data.py`)."""

    def __init__(self, stubs: Stubs, names: Names) -> None:
        self._stubs = stubs
        self._names = names
        self._writer = TypeWriter(stubs, names.canonical)

    def of_class(self, name: str, symbol: Symbol) -> dict[str, Any]:
        """Return a class: its bases, type variables, members and the arguments that bind its variables."""
        node = symbol.nodes[0]
        assert isinstance(node, ast.ClassDef)
        found = self._class_variables(node, symbol.scope)
        own = Variables(frozenset(found))
        record = {
            "bases": list(self._bases(node, symbol.scope, own)),
            "variables": [self._variable(variable) for variable in found.values()],
            "members": dict(self._members(symbol, own)),
            "new": self._constructor(name, symbol, tuple(found)) if found else "",
        }
        return {key: value for key, value in record.items() if value}

    def of_name(self, symbol: Symbol) -> str:
        """Return the entry of a function or a value of a module; the empty text for what only stubs have."""
        if symbol.is_function:
            return self._function(symbol, Variables())
        if type_variable(symbol) is not None:
            return ""
        value = alias_value(symbol)
        if value is not None:
            return self._bound_method(value, symbol.scope)
        return self._value(symbol, Variables())

    def _bound_method(self, value: ast.expr, scope: Scope) -> str:
        """Return the entry of `random = _inst.random`: that of the method of the class of `_inst`."""
        if not isinstance(value, ast.Attribute):
            return ""
        owner = self._stubs.look_up(value.value, scope)
        if isinstance(owner, Symbol) and owner.nodes and isinstance(owner.nodes[0], ast.AnnAssign):
            owner = self._stubs.look_up(owner.nodes[0].annotation, owner.scope)
        while isinstance(owner, Symbol) and owner.is_class:
            method = owner.body().symbols.get(value.attr)
            if method is not None:
                entry = self._function(method, Variables()) if method.is_function else ""
                return _SELF.sub(self._writer.class_name(owner), entry)
            node = owner.nodes[0]
            assert isinstance(node, ast.ClassDef)
            owner = self._stubs.look_up(node.bases[0], owner.scope) if node.bases else None
        return ""

    # classes ------------------------------------------------------------------------------------------------

    def _class_variables(self, node: ast.ClassDef, scope: Scope) -> dict[str, Symbol]:
        declaring = [
            base
            for base in node.bases
            if isinstance(base, ast.Subscript) and _last_name(base.value) in ("Generic", "Protocol")
        ]
        return variables_in(declaring or node.bases, scope, self._stubs)

    def _variable(self, symbol: Symbol) -> str:
        call = type_variable(symbol)
        fallback = self._writer.fallback(call, symbol) if call is not None else ""
        return f"{symbol.name} = {fallback}" if fallback else symbol.name

    def _bases(self, node: ast.ClassDef, scope: Scope, own: Variables) -> Iterator[str]:
        for base in node.bases:
            last = _last_name(base.value if isinstance(base, ast.Subscript) else base)
            if last == "NamedTuple":
                yield "tuple"
            elif last == "TypedDict":
                yield "dict[str, Any]"
            elif last not in ("Generic", "Protocol", "structseq"):
                text = self._writer.write(base, scope, own)
                if text:
                    yield text

    def _members(self, symbol: Symbol, own: Variables) -> Iterator[tuple[str, str]]:
        for name, member in symbol.body().symbols.items():
            if name in _SILENT or member.is_class or (name.startswith("_") and not name.endswith("__")):
                continue
            entry = self._member(symbol, member, own)
            if entry:
                yield name, entry

    def _member(self, owner: Symbol, member: Symbol, own: Variables) -> str:
        if member.is_function:
            return self._function(member, own)
        node = member.nodes[0] if member.nodes else None
        if isinstance(node, ast.Assign):
            if isinstance(node.value, (ast.Name, ast.Attribute)):
                target = self._stubs.look_up(node.value, member.scope)
                return (
                    self._function(target, own) if isinstance(target, Symbol) and target.is_function else ""
                )
            bases = {_last_name(base) for base in owner.nodes[0].bases}  # type: ignore[attr-defined]
            if bases & _ENUMS:
                return "var Self"
        return self._value(member, own)

    def _value(self, symbol: Symbol, own: Variables) -> str:
        node = symbol.nodes[0] if symbol.nodes else None
        if isinstance(node, ast.AnnAssign):
            text = self._writer.write(node.annotation, symbol.scope, own)
            if not text and isinstance(node.value, ast.Constant):
                text = type(node.value.value).__name__
            return f"var {text}".rstrip()
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and node.value.value is not ...
        ):
            return f"var {type(node.value.value).__name__}"
        return "var" if isinstance(node, ast.Assign) else ""

    def _constructor(self, name: str, symbol: Symbol, variables: tuple[str, ...]) -> str:
        """Return the alternatives of a generic class's constructor that tell what its variables stand for."""
        itself = f"{name.removeprefix('builtins.')}[{', '.join(variables)}]"
        alternatives = []
        for method in ("__new__", "__init__"):
            found = symbol.body().symbols.get(method)
            for node in _overloads(found) if found is not None else ():
                given = node.returns if method == "__new__" else _first_annotation(node)
                plain = given is None or _last_name(given) in ("Self", "None")
                alternative = self._alternative(node, symbol.body(), None if plain else given, itself, ())
                if " <- " in alternative:
                    alternatives.append(alternative)
        return " || ".join(dict.fromkeys(alternatives))

    # functions ----------------------------------------------------------------------------------------------

    def _function(self, symbol: Symbol, own: Variables) -> str:
        nodes = _overloads(symbol)
        decorators = {_last_name(d) for node in nodes for d in node.decorator_list}
        if decorators & _PROPERTIES:
            return f"property {self._result(nodes[0], symbol.scope, own)}".rstrip()
        results = [self._result(node, symbol.scope, own) for node in nodes]
        coroutine = any(_is_coroutine(node) for node in nodes)
        plain = _union(results)
        alternatives = list(
            dict.fromkeys(
                self._alternative(node, symbol.scope, _coroutine_result(node), "", tuple(own.own))
                for node in nodes
            )
        )
        entry = f"{'async' if coroutine else 'def'} {plain}".rstrip()
        if any(" <- " in alternative for alternative in alternatives):
            return " || ".join([entry, *alternatives])
        return entry

    def _result(self, node: Function, scope: Scope, own: Variables) -> str:
        receiver = _self_variable(node) if scope.parent is not None else None
        numbers = {receiver: "Self"} if receiver and receiver not in own.own else {}
        variables = Variables(own.own, numbers)
        for decorator in node.decorator_list:
            manager = _MANAGERS.get(_last_name(decorator))
            if manager and isinstance(node.returns, ast.Subscript):
                inner = node.returns.slice
                first = inner.elts[0] if isinstance(inner, ast.Tuple) else inner
                return f"{manager}[{self._writer.write(first, scope, variables) or 'Any'}]"
        return self._writer.write(_coroutine_result(node), scope, variables)

    def _alternative(
        self, node: Function, scope: Scope, result: ast.expr | None, otherwise: str, own: tuple[str, ...]
    ) -> str:
        """Return `least/most result <- inputs` for one overload, its own type variables numbered.

        Without a result expression, the result is the type `otherwise`.
        """
        receiver = _self_variable(node) if scope.parent is not None else None
        expression = result if result is not None else ast.parse(otherwise or "None", mode="eval").body
        wanted = variables_in([expression], scope, self._stubs)
        numbers = {receiver: "Self"} if receiver and receiver not in own else {}
        numbered = [n for n, s in wanted.items() if n not in own and n != receiver and _is_bindable(s)]
        numbers.update((name, f"_{index}") for index, name in enumerate(numbered, 1))
        variables = Variables(frozenset(own), numbers)
        inputs = list(self._inputs(node, scope, variables))
        bound = {found for text in inputs for found in _NUMBERED.findall(text)}
        variables = Variables(frozenset(own), {n: v for n, v in numbers.items() if v == "Self" or v in bound})
        written = (
            self._writer.write(expression, scope, variables)
            if result is not None
            else _replace(otherwise, numbers)
        )
        inputs = [text for text in inputs if set(_NUMBERED.findall(text)) & set(_NUMBERED.findall(written))]
        head = f"{_arity(node, scope)} {written}"
        return f"{head} <- {'; '.join(inputs)}" if inputs else head.rstrip()

    def _inputs(self, node: Function, scope: Scope, variables: Variables) -> Iterator[str]:
        for place, argument in _parameters(node, scope):
            text = self._writer.write(argument.annotation, scope, variables)
            if _NUMBERED.search(text):
                yield f"{place} {argument.arg}: {text}"


def _parameters(node: Function, scope: Scope) -> Iterator[tuple[str, ast.arg]]:
    positional = [*node.args.posonlyargs, *node.args.args]
    if scope.parent is not None and not any(_last_name(d) == "staticmethod" for d in node.decorator_list):
        positional = positional[1:]
    for index, argument in enumerate(positional):
        yield str(index), argument
    if node.args.vararg is not None:
        yield f"{len(positional)}*", node.args.vararg
    for argument in node.args.kwonlyargs:
        yield "-", argument


def _arity(node: Function, scope: Scope) -> str:
    """Return how many arguments must have a value, and how many positional ones there can be."""
    positional = [argument for place, argument in _parameters(node, scope) if place.isdigit()]
    least = max(len(positional) - len(node.args.defaults), 0)
    return f"{least}/{'*' if node.args.vararg else len(positional)}"


def _overloads(symbol: Symbol) -> list[Function]:
    """Return the overloads of a function, or its one definition."""
    nodes = [node for node in symbol.nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    if not any(_last_name(d) == "overload" for d in nodes[0].decorator_list):
        return nodes[:1]
    nodes = [node for node in nodes if any(_last_name(d) == "overload" for d in node.decorator_list)]
    if symbol.name == "__getitem__":
        nodes = [node for node in nodes if not _takes_slice(node)] or nodes
    return nodes


def _takes_slice(node: Function) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args]
    annotation = arguments[1].annotation if len(arguments) > 1 else None
    return annotation is not None and any(
        isinstance(part, ast.Name) and part.id == "slice" for part in ast.walk(annotation)
    )


def _is_coroutine(node: Function) -> bool:
    return isinstance(node, ast.AsyncFunctionDef) or _coroutine_result(node) is not node.returns


def _coroutine_result(node: Function) -> ast.expr | None:
    """Return what a function returns, for `-> Coroutine[…, …, X]` the X."""
    match node.returns:
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[_, _, result])) if _last_name(value) in (
            "Coroutine",
            "CoroutineType",
        ):
            return result
    return node.returns


def _self_variable(node: Function) -> str | None:
    """Return the type variable that stands for the receiver: `_S` in `def f(self: _S) -> _S`."""
    match _first_annotation(node):
        case ast.Name(id=name):
            return name
        case ast.Subscript(value=ast.Name(id="type" | "Type"), slice=ast.Name(id=name)):
            return name
    return None


def _first_annotation(node: Function) -> ast.expr | None:
    arguments = [*node.args.posonlyargs, *node.args.args]
    return arguments[0].annotation if arguments else None


def _is_bindable(symbol: Symbol) -> bool:
    """Say whether an argument's type tells what a variable stands for: not for a ParamSpec or `AnyStr`."""
    call = type_variable(symbol)
    return call is not None and _last_name(call.func) == "TypeVar" and len(call.args) == 1


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return "None" if isinstance(node, ast.Constant) and node.value is None else ""


def _replace(text: str, numbers: dict[str, str]) -> str:
    return re.sub(r"(?<![\w.])\w+(?![\w.])", lambda found: numbers.get(found[0], found[0]), text)


def _union(results: list[str]) -> str:
    """Return the union of what overloads give; `list[str]` makes a `list` of unknown things superfluous."""
    members = [member for result in results for member in split_union(result)]
    known = {member.partition("[")[0] for member in members if "[" in member}
    return join_union([member for member in members if member not in known] or results)
