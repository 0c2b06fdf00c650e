"""Steps that run a special method although no call is written: indexing, comparing, unpacking, setting a property.

https://docs.python.org/3/reference/datamodel.html#special-method-names. What is known to be a constant runs no code of
anybody's; tests of truth are not noted.
"""

from __future__ import annotations

import ast
from typing import Any, Protocol

from flake8_bookmark.facts.places import written
from flake8_bookmark.names.terms import (
    AttributeTerm,
    BinaryTerm,
    ClassTerm,
    ConstantTerm,
    DisplayTerm,
    SubscriptTerm,
    Term,
    UnknownTerm,
)

OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("__add__", "+"),
    ast.Sub: ("__sub__", "-"),
    ast.Mult: ("__mul__", "*"),
    ast.MatMult: ("__matmul__", "@"),
    ast.Div: ("__truediv__", "/"),
    ast.FloorDiv: ("__floordiv__", "//"),
    ast.Mod: ("__mod__", "%"),
    ast.Pow: ("__pow__", "**"),
    ast.LShift: ("__lshift__", "<<"),
    ast.RShift: ("__rshift__", ">>"),
    ast.BitOr: ("__or__", "|"),
    ast.BitAnd: ("__and__", "&"),
    ast.BitXor: ("__xor__", "^"),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("__eq__", "=="),
    ast.NotEq: ("__ne__", "!="),
    ast.Lt: ("__lt__", "<"),
    ast.LtE: ("__le__", "<="),
    ast.Gt: ("__gt__", ">"),
    ast.GtE: ("__ge__", ">="),
}
ITEMS: dict[type[ast.expr_context], tuple[str, str]] = {
    ast.Load: ("__getitem__", "{}"),
    ast.Store: ("__setitem__", "{} = …"),
    ast.Del: ("__delitem__", "del {}"),
}
HARMLESS = (ConstantTerm, DisplayTerm, UnknownTerm)


class Reader(Protocol):
    """Whoever notes what runs code."""

    def note(
        self, form: str, term: Term, node: ast.expr | ast.stmt, named: ast.expr, use: str, text: str = "", **extra: Any
    ) -> None: ...


def item(reader: Reader, node: ast.Subscript, term: SubscriptTerm) -> None:
    """Note `value[index]`, read, assigned or deleted."""
    if not isinstance(term.value, HARMLESS):
        name, text = ITEMS[type(node.ctx)]
        special = BinaryTerm(name, term.value, term.index)
        reader.note("operator", special, node, node.value, "other", text.format(written(node)))


def comparison(reader: Reader, node: ast.Compare, left: Term, others: tuple[Term, ...]) -> None:
    """Note `left == right`, `left < right`, `left in right`, and so on."""
    before, named = left, node.left
    for operator, term, other in zip(node.ops, others, node.comparators, strict=True):
        if isinstance(operator, (ast.In, ast.NotIn)):
            if not isinstance(term, HARMLESS):
                special = BinaryTerm("__contains__", term, before)
                reader.note("operator", special, node, other, "other", f"… in {written(other)}")
        elif type(operator) in COMPARISONS and not isinstance(before, HARMLESS) and not _is_plain(term):
            name, sign = COMPARISONS[type(operator)]
            special = BinaryTerm(name, before, term)
            reader.note("operator", special, node, named, "other", f"{written(named)} {sign} …")
        before, named = term, other


def _is_plain(term: Term) -> bool:
    """Tell whether a term is what plain values are compared with: a text, None, a display."""
    if isinstance(term, ConstantTerm):
        return not isinstance(term.value, (int, float)) or isinstance(term.value, bool)
    return isinstance(term, DisplayTerm)


def operation(reader: Reader, node: ast.BinOp, left: Term, right: Term) -> BinaryTerm:
    """Note `left + right`, and return its term."""
    name, sign = OPERATORS[type(node.op)]
    term = BinaryTerm(name, left, right)
    reader.note("operator", term, node, node, "other", f"{written(node.left)} {sign} {written(node.right)}")
    return term


def change(reader: Reader, node: ast.AugAssign, before: Term, value: Term) -> BinaryTerm:
    """Note `name += value`: `__iadd__`, or `__add__` where there is none; return what the name is then."""
    name, sign = OPERATORS[type(node.op)]
    if not isinstance(before, HARMLESS) and not isinstance(value, ConstantTerm):
        in_place = BinaryTerm(f"__i{name[2:]}", before, value)
        reader.note("operator", in_place, node, node.target, "other", f"{written(node.target)} {sign}= …")
    return BinaryTerm(name, before, value)


def unpacking(reader: Reader, term: Term, node: ast.expr, named: ast.expr) -> None:
    """Note that `node` takes a value apart, or spreads it: `a, b = value`, `[*value]`."""
    if not isinstance(term, HARMLESS):
        reader.note("unpack", term, node, named, "other")


def assignment(reader: Reader, node: ast.Attribute, base: Term) -> None:
    """Note `value.name = …`, which runs the setter of a property."""
    if not isinstance(base, HARMLESS):
        term = AttributeTerm(base, node.attr)
        reader.note("set", term, node, node, "other", f"{written(node)} = …")


def class_body(reader: Reader, node: ast.ClassDef, term: Term) -> None:
    """Note that the body of a class runs where the class is defined."""
    if isinstance(term, ClassTerm):
        place = ast.Name(
            node.name,
            ast.Load(),
            lineno=node.lineno,
            col_offset=node.col_offset + len("class "),
            end_lineno=node.lineno,
            end_col_offset=node.col_offset + len("class ") + len(node.name),
        )
        reader.note("class", term, node, place, "other")
