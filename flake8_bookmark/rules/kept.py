"""BKM304, for attributes: a coroutine object that an object keeps where its methods expect the result."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.flow.places import INNER, Places, Role, Use
from flake8_bookmark.project.values import is_first_party
from flake8_bookmark.rules.model import Subject

BREAKS = frozenset({Role.ATTRIBUTE, Role.SUBSCRIPTED, Role.CALLED, Role.ITERATED, Role.UNPACKED, Role.COMPUTED})
"""What no coroutine object allows."""

LOOKS = frozenset({Role.TESTED, Role.IDENTITY, Role.COMPARED, Role.FORMATTED})
ASKS = frozenset({"isinstance", "type", "bool", "repr", "str", "print", "hasattr"})


def attribute_of(use: Use) -> str:
    """Return the attribute of the own object that an assignment binds to exactly this value; empty if it is none."""
    match use.node:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=bound):
            return name if bound is use.operand else ""
    return ""


def expecting_read(attribute: str, subject: Subject) -> Use | None:
    """Return a place that needs the result in an attribute, where all that read it do; None where one may await it.

    These are the methods of the class, and those of the classes above and below it.
    """
    found = None
    for use in _reads(attribute, subject):
        if use.role in BREAKS and not (use.role is Role.ATTRIBUTE and _is_own(str(use.detail))):
            found = found or use
        elif use.role not in LOOKS and not _only_asks(use):
            return None
    return found


def _is_own(name: str) -> bool:
    return name in ("close", "send", "throw") or name.startswith(("__", "cr_"))


def _only_asks(use: Use) -> bool:
    return use.role is Role.PASSED and isinstance(use.node, ast.Call) and getattr(use.node.func, "id", "") in ASKS


def _reads(attribute: str, subject: Subject) -> Iterator[Use]:
    """Yield what the methods of a class and its relatives do with an attribute of their object."""
    frame, resolver = subject.frame, subject.summaries.resolver
    owner = f"{frame.module.name}:{frame.function.owner}"
    for cls in dict.fromkeys((*resolver.attributes.mro(owner), *resolver.hierarchy.subclasses(owner))):
        known = resolver.project.class_(cls) if is_first_party(cls) else None
        for _, key in known[1].methods if known is not None else ():
            assert known is not None
            yield from _reads_in(known[0].node(key), attribute)


def _reads_in(method: ast.AST, attribute: str) -> Iterator[Use]:
    for function in (node for node in ast.walk(method) if isinstance(node, INNER)):
        places = Places(function)
        for node in places.parents:
            if isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Load):
                yield places.use_of(node)
