"""From expressions to terms, noting every call on the way, in the order in which Python evaluates them.

Evaluation order: https://docs.python.org/3/reference/expressions.html#evaluation-order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Protocol

from flake8_bookmark.facts import specials
from flake8_bookmark.facts.circumstances import Circumstances
from flake8_bookmark.facts.loops import LoopNotes
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.places import name_place, written_name
from flake8_bookmark.facts.places import site_of as site_of
from flake8_bookmark.facts.places import written as written
from flake8_bookmark.names.scopes import Scope
from flake8_bookmark.names.terms import (
    SLICE,
    UNKNOWN,
    AttributeTerm,
    AwaitTerm,
    CallTerm,
    ChoiceTerm,
    CollectedTerm,
    ConstantTerm,
    DisplayTerm,
    ElementTerm,
    FunctionTerm,
    NameTerm,
    StarTerm,
    SubscriptTerm,
    Term,
)
from flake8_bookmark.source.module import CHILD_FIELDS

LONGEST_TEXT = 80
Hidden = dict[str, tuple[int, ...] | None]
FILLERS = frozenset({"append", "appendleft", "add", "insert", "setdefault", "put", "put_nowait"})
"""Methods of containers whose last argument becomes an item."""
TYPE_ARGUMENTS = {"cast": (0, "typ"), "NewType": (1, "tp"), "TypeVar": (-1, "bound")}
"""Where functions of the typing module take a type: position and keyword."""


class Definer(Protocol):
    """Whoever keeps track of the functions found inside expressions."""

    def define(self, node: ast.Lambda | ast.GeneratorExp, parent: Scope) -> str: ...


class ExpressionReader:
    """Reads the expressions of one scope; `env` maps a local name to the numbers of the bindings that reach here."""

    def __init__(self, scope: Scope, definer: Definer) -> None:
        self.scope = scope
        self.definer = definer
        self.env: dict[str, tuple[int, ...]] = {}
        # Equal names and attributes of one scope are one term, which is then resolved once.
        self._names: dict[tuple[str, tuple[int, ...] | None], NameTerm] = {}
        self._attributes: dict[tuple[int, str], AttributeTerm] = {}
        self.calls: list[CallFact] = []
        self.yields: list[Term] = []
        self.handles = 0
        self.under = Circumstances()
        self.loops = 0
        self.looping = LoopNotes([])
        self.yielding = False
        self.annotating = False
        self.type_parameters: dict[str, Term] = {}

    # bindings -----------------------------------------------------------------------------------------------------

    def bind(self, name: str, term: Term, line: int) -> None:
        raise NotImplementedError

    def bind_target(self, target: ast.expr, term: Term) -> None:
        raise NotImplementedError

    def fill(self, container: Term, term: Term, line: int) -> None:
        raise NotImplementedError

    def narrow(self, test: ast.expr, outcome: bool) -> Hidden:
        raise NotImplementedError

    def annotation(self, node: ast.expr) -> Term:
        raise NotImplementedError

    def restore(self, hidden: Hidden) -> None:
        """Give names back the bindings that something hid for a while."""
        for name, before in hidden.items():
            if before is None:
                self.env.pop(name, None)
            else:
                self.env[name] = before

    def note(
        self, form: str, term: Term, node: ast.expr | ast.stmt, named: ast.expr, use: str, text: str = "", **extra: Any
    ) -> None:
        line, column = name_place(named)
        self.calls.append(
            CallFact(
                form,
                term,
                site_of(node),
                line,
                column,
                (text or written(named))[-LONGEST_TEXT:],
                use,
                self.handles,
                loops=self.loops,
                guarded=self.under.guarded,
                when=self.under.when,
                choices=self.under.choices,
                asked=self.under.asked,
                picks=self.under.picks,
                loop=self.looping.inner,
                conditional=self.looping.choices > self.looping.base,
                **extra,
            )
        )

    # reading ------------------------------------------------------------------------------------------------------

    def read(self, node: ast.expr | None, use: str = "other", targets: tuple[str, ...] = ()) -> Term:
        """Return the term of an expression, after noting the calls inside it."""
        if node is None:
            return UNKNOWN
        reader = _READERS.get(type(node))
        if reader is not None:
            return reader(self, node)
        return _USED[type(node)](self, node, use, targets) if type(node) in _USED else self.read_children(node)

    def read_children(self, node: ast.AST) -> Term:
        for name in CHILD_FIELDS.get(type(node), ()):
            found = getattr(node, name, None)
            for child in found if isinstance(found, list) else (found,):
                if isinstance(child, ast.expr):
                    self.read(child)
                elif isinstance(child, ast.AST):
                    self.read_children(child)
        return UNKNOWN

    def read_all(self, nodes: Sequence[ast.expr], use: str = "other") -> tuple[Term, ...]:
        return tuple(self.read(n, use) for n in nodes)

    def name(self, node: ast.Name) -> Term:
        if node.id in self.type_parameters:
            return self.type_parameters[node.id]
        name = node.id
        key = (name, self.env.get(name))
        known = self._names.get(key)
        if known is None:
            kind, owner = self.scope.locate(name)
            here = kind == "local" or key[1] is not None
            known = NameTerm(name, "local", key[1] or (), self.scope.key) if here else NameTerm(name, kind, (), owner)
            self._names[key] = known
        return known

    def constant(self, node: ast.Constant) -> Term:
        value = node.value
        if value is None or isinstance(value, bool):
            return ConstantTerm(type(value).__name__, value)
        if isinstance(value, int):
            return ConstantTerm("int", value if abs(value) < 2**60 else None)
        if isinstance(value, float):
            return ConstantTerm("float", value)
        if isinstance(value, str):
            if self.annotating:
                return self.forward_reference(value)
            return ConstantTerm("str", value if len(value) <= 40 and value.isprintable() else None)
        return ConstantTerm(type(value).__name__)

    def forward_reference(self, text: str) -> Term:
        """A string in an annotation is an expression (PEP 484)."""
        try:
            return self.read(ast.parse(text, mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return UNKNOWN

    def attribute(self, node: ast.Attribute, called: bool = False) -> Term:
        value = self.read(node.value)
        key = (id(value), node.attr)
        term = self._attributes.get(key)
        if term is None:
            term = self._attributes[key] = AttributeTerm(value, node.attr)
        if not called and isinstance(node.ctx, ast.Load):
            self.note("attribute", term, node, node, "other")
        return term

    def call(self, node: ast.Call, use: str, targets: tuple[str, ...]) -> Term:
        func = node.func
        callee = self.attribute(func, called=True) if isinstance(func, ast.Attribute) else self.read(func)
        arguments = self.read_all(node.args, "argument")
        keywords = tuple((k.arg or "", self.read(k.value, "argument")) for k in node.keywords)
        name = written_name(func)
        if name in TYPE_ARGUMENTS:
            arguments, keywords = self._with_types(node, name, arguments, keywords)
        elif name in FILLERS and arguments and isinstance(callee, AttributeTerm):
            self.fill(callee.value, arguments[-1], node.lineno)
        term = CallTerm(callee, arguments, keywords, site_of(node))
        self.note("call", term, node, func, use, targets=targets)
        return term

    def _with_types(
        self, node: ast.Call, name: str, arguments: tuple[Term, ...], keywords: tuple[tuple[str, Term], ...]
    ) -> tuple[tuple[Term, ...], tuple[tuple[str, Term], ...]]:
        """Read the strings that stand for types: `cast("Client", x)`, `TypeVar("T", bound="Client")`."""
        place, keyword = TYPE_ARGUMENTS[name]
        typed = list(arguments)
        if place < len(node.args) and isinstance(node.args[place], ast.Constant):
            typed[place] = self.annotation(node.args[place])
        named = {k.arg: k.value for k in node.keywords if isinstance(k.value, ast.Constant)}
        return tuple(typed), tuple(
            (k, self.annotation(named[k]) if k == keyword and k in named else term) for k, term in keywords
        )

    def subscript(self, node: ast.Subscript) -> Term:
        term = SubscriptTerm(self.read(node.value), self.read(node.slice))
        specials.item(self, node, term)
        return term

    def awaited(self, node: ast.Await) -> Term:
        term = self.read(node.value, "awaited")
        if not isinstance(node.value, ast.Call):  # a call's own fact says that it is awaited
            self.note("await", term, node.value, node.value, "awaited")
        return AwaitTerm(term)

    def binary(self, node: ast.BinOp) -> Term:
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):  # `a + b + …` nests to the left, thousands deep in generated code
            chain.append(left)
            left = left.left
        term = self.read(left)
        for link in reversed(chain):
            term = specials.operation(self, link, term, self.read(link.right))
        return term

    def choice(self, node: ast.IfExp, use: str, targets: tuple[str, ...]) -> Term:
        """Read `a if test else b`."""
        raise NotImplementedError

    def boolean(self, node: ast.BoolOp, use: str, targets: tuple[str, ...]) -> Term:
        *first, last = node.values
        tested = "condition" if use in ("dropped", "condition") else use
        heads: list[Term] = []
        hidden: Hidden = {}
        for value in first:
            heads.append(self.read(value, tested))
            hidden = {**self.narrow(value, isinstance(node.op, ast.And)), **hidden}
        tail = self.read(last, use, targets)
        self.restore(hidden)
        return ChoiceTerm((*heads, tail)) if isinstance(node.op, ast.Or) else tail

    def inverted(self, node: ast.UnaryOp, use: str, targets: tuple[str, ...]) -> Term:
        is_not = isinstance(node.op, ast.Not)
        value = self.read(node.operand, "condition" if is_not else "other")
        if isinstance(node.op, ast.USub) and isinstance(value, ConstantTerm) and isinstance(value.value, int):
            return ConstantTerm("int", -value.value)
        return ConstantTerm("bool") if is_not else UNKNOWN

    def walrus(self, node: ast.NamedExpr, use: str, targets: tuple[str, ...]) -> Term:
        term = self.read(node.value, "bound", (node.target.id,))
        self.bind(node.target.id, term, node.lineno)
        return term

    def display(self, node: ast.List | ast.Tuple | ast.Set) -> Term:
        return DisplayTerm(type(node).__name__.lower(), self.read_all(node.elts, "stored"))

    def mapping(self, node: ast.Dict) -> Term:
        keys, values = [], []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self.read(value, "stored")
                continue
            keys.append(self.read(key))
            values.append(self.read(value, "stored"))
        return DisplayTerm("dict", tuple(values), tuple(keys))

    def slice(self, node: ast.Slice) -> Term:
        self.read_children(node)
        return SLICE

    def starred(self, node: ast.Starred) -> Term:
        term = self.read(node.value)
        if isinstance(node.ctx, ast.Load):
            specials.unpacking(self, term, node.value, node.value)
        return StarTerm(term)

    def text(self, node: ast.JoinedStr) -> Term:
        self.read_children(node)
        return ConstantTerm("str")

    def compared(self, node: ast.Compare) -> Term:
        left = self.read(node.left)
        specials.comparison(self, node, left, self.read_all(node.comparators))
        return ConstantTerm("bool")

    def function(self, node: ast.Lambda) -> Term:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.read(default)
        return FunctionTerm(self.definer.define(node, self.scope))

    def generator(self, node: ast.GeneratorExp) -> Term:
        self.read(node.generators[0].iter)  # evaluated at once, in this scope (language reference 6.2.8)
        return FunctionTerm(self.definer.define(node, self.scope))

    def yielded(self, node: ast.Yield | ast.YieldFrom) -> Term:
        self.yielding = True
        self.looping.yielded()
        term = self.read(node.value, "yielded")
        if isinstance(node, ast.YieldFrom):
            if node.value is not None:
                self.note("iterate", term, node.value, node.value, "other")
            term = ElementTerm(term)
        self.yields.append(term)
        return UNKNOWN

    # comprehensions -----------------------------------------------------------------------------------------------

    def collected(self, node: ast.ListComp | ast.SetComp) -> Term:
        kind = "list" if isinstance(node, ast.ListComp) else "set"
        return CollectedTerm(kind, self.comprehended(node.generators, (node.elt,)))

    def collected_mapping(self, node: ast.DictComp) -> Term:
        return CollectedTerm("dict", self.comprehended(node.generators, (node.key, node.value)))

    def comprehended(
        self,
        generators: list[ast.comprehension],
        elements: tuple[ast.expr, ...],
        first_read: bool = False,
        use: str = "stored",
    ) -> tuple[Term, ...]:
        """Read a comprehension; its targets hide the names around it only until its end."""
        targets = {n.id for g in generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        hidden: Hidden = {name: self.env.get(name) for name in targets}
        with ExitStack() as loops:
            for number, generator in enumerate(generators):
                is_async, place = bool(generator.is_async), generator.iter
                term = self.iterate(generator.iter, generator.target, is_async, first_read and number == 0)
                looping = self.looping.reading(generator, "comprehension", place.lineno, place.col_offset, term)
                loops.enter_context(looping)
                self.loops += 1
                for test in generator.ifs:
                    self.read(test, "condition")
                    hidden = {**self.narrow(test, True), **hidden}
                self.looping.choices += bool(generator.ifs)
            terms = self.read_all(elements, use)
            self.looping.choices -= sum(bool(g.ifs) for g in generators)
        self.loops -= len(generators)
        self.restore(hidden)
        return terms

    def iterate(self, iterable: ast.expr, target: ast.expr, is_async: bool, already_read: bool = False) -> Term:
        """Read the head of a loop and bind its target."""
        count = len(self.calls)
        term = self.read(iterable)
        if already_read:
            del self.calls[count:]
        self.note("iterate", term, iterable, iterable, "other", is_async=is_async)
        self.bind_target(target, ElementTerm(term, is_async))
        return term


_Reader = Callable[[ExpressionReader, Any], Term]
_READERS: dict[type[ast.expr], _Reader] = {
    ast.Name: ExpressionReader.name,
    ast.Constant: ExpressionReader.constant,
    ast.Attribute: ExpressionReader.attribute,
    ast.Subscript: ExpressionReader.subscript,
    ast.Await: ExpressionReader.awaited,
    ast.BinOp: ExpressionReader.binary,
    ast.List: ExpressionReader.display,
    ast.Tuple: ExpressionReader.display,
    ast.Set: ExpressionReader.display,
    ast.Dict: ExpressionReader.mapping,
    ast.Slice: ExpressionReader.slice,
    ast.Starred: ExpressionReader.starred,
    ast.JoinedStr: ExpressionReader.text,
    ast.Compare: ExpressionReader.compared,
    ast.Lambda: ExpressionReader.function,
    ast.GeneratorExp: ExpressionReader.generator,
    ast.Yield: ExpressionReader.yielded,
    ast.YieldFrom: ExpressionReader.yielded,
    ast.ListComp: ExpressionReader.collected,
    ast.SetComp: ExpressionReader.collected,
    ast.DictComp: ExpressionReader.collected_mapping,
}
_UsedReader = Callable[[ExpressionReader, Any, str, tuple[str, ...]], Term]
_USED: dict[type[ast.expr], _UsedReader] = {
    ast.Call: ExpressionReader.call,
    ast.IfExp: lambda reader, *read: reader.choice(*read),
    ast.BoolOp: ExpressionReader.boolean,
    ast.UnaryOp: ExpressionReader.inverted,
    ast.NamedExpr: ExpressionReader.walrus,
}
