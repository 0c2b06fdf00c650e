"""Binds names, attributes of the own object, and items of containers, to terms."""

from __future__ import annotations

import ast

from flake8_bookmark.facts import branches, specials
from flake8_bookmark.facts.expressions import Definer, ExpressionReader, Hidden
from flake8_bookmark.facts.model import AttributeFact, BindingFact, PlacedFact
from flake8_bookmark.names.scopes import Scope
from flake8_bookmark.names.terms import (
    AttributeTerm,
    AwaitTerm,
    CallTerm,
    ChoiceTerm,
    CollectedTerm,
    ConstantTerm,
    ElementTerm,
    FunctionTerm,
    NameTerm,
    SubscriptTerm,
    Term,
    UnpackedTerm,
    unannotated,
)

ITEMS = (AttributeTerm, AwaitTerm, CallTerm, ChoiceTerm, FunctionTerm, NameTerm)
"""What may be an object worth knowing when it is put into a container."""
OWNERS = (AttributeTerm, CallTerm, NameTerm, SubscriptTerm)
"""What may be an object that others look at, too."""


class BindingReader(ExpressionReader):
    """Reads expressions, and notes what they are bound to."""

    def __init__(self, scope: Scope, definer: Definer, self_name: tuple[str, str] | None) -> None:
        super().__init__(scope, definer)
        self.self_name = self_name
        self.bindings: list[BindingFact] = []
        self.global_bindings: list[BindingFact] = []
        self.attributes: list[AttributeFact] = []
        self.placed: list[PlacedFact] = []

    # binding ------------------------------------------------------------------------------------------------------

    def bind(self, name: str, term: Term, line: int) -> None:
        outer = self.scope.kind != "module" and name in self.scope.names[1]
        if outer:
            self.global_bindings.append(BindingFact(name, term, line))
            return
        self.bindings.append(BindingFact(name, term, line, self.under.when))
        self.env[name] = (len(self.bindings) - 1,)

    def bind_target(self, target: ast.expr, term: Term) -> None:
        match target:
            case ast.Name():
                self.bind(target.id, term, target.lineno)
            case ast.Tuple() | ast.List():
                self._unpack(target, term)
            case ast.Starred():
                self.bind_target(target.value, CollectedTerm("list", (ElementTerm(term),)))
            case ast.Attribute():
                base = self.read(target.value)
                specials.assignment(self, target, base)
                if self._is_self(base):
                    self.attributes.append(AttributeFact(target.attr, term, target.lineno))
                elif isinstance(unannotated(term), ITEMS) and isinstance(base, OWNERS):
                    self.placed.append(PlacedFact(AttributeTerm(base, target.attr), term, target.lineno))
            case ast.Subscript():
                found = self.read(target)
                if isinstance(found, SubscriptTerm):
                    self.fill(found.value, term, target.lineno)
                    if isinstance(term, ITEMS) and isinstance(found.value, OWNERS) and _is_key(found.index):
                        self.placed.append(PlacedFact(found, term, target.lineno))

    def fill(self, container: Term, term: Term, line: int) -> None:
        """Note what is put into a container that a name or an attribute of the own object holds."""
        if isinstance(term, ITEMS):
            if isinstance(container, NameTerm) and container.owner == self.scope.key:
                self.bindings.append(BindingFact(f"{container.id}[]", term, line))
            elif isinstance(container, NameTerm) and container.scope == "global":
                self.global_bindings.append(BindingFact(f"{container.id}[]", term, line))
            elif isinstance(container, AttributeTerm) and self._is_self(container.value):
                self.attributes.append(AttributeFact(f"{container.name}[]", term, line))

    def _is_self(self, term: Term) -> bool:
        return isinstance(term, NameTerm) and self.self_name == (term.id, term.owner)

    def is_own(self, node: ast.expr) -> bool:
        """Tell whether a name is the object whose method is read."""
        return isinstance(node, ast.Name) and self.self_name == (node.id, self.scope.key)

    def choice(self, node: ast.IfExp, use: str, targets: tuple[str, ...]) -> Term:
        self.read(node.test, "condition")
        above, options = self.under, []
        test, wanted = branches.tested(self, node.test)
        for value, part in ((True, node.body), (False, node.orelse)):
            hidden = self.narrow(node.test, value)
            self.under = branches.outcome(self, node.test, value, above)
            options.append(self.read(part, use, targets))
            self.restore(hidden)
        self.under = above
        return ChoiceTerm(tuple(options), test, wanted)

    def narrow(self, test: ast.expr, outcome: bool) -> Hidden:
        """Bind the names of which a test tells something; return what they were before."""
        found = branches.narrowings(self, test, outcome)
        hidden: Hidden = {name: self.env.get(name) for name, _ in found}
        for name, term in found:
            self.bind(name, term, test.lineno)
        return hidden

    def _unpack(self, target: ast.Tuple | ast.List, term: Term) -> None:
        starred = False
        for index, element in enumerate(target.elts):
            starred = starred or isinstance(element, ast.Starred)
            if isinstance(element, ast.Starred):
                self.bind_target(element.value, CollectedTerm("list", (ElementTerm(term),)))
            else:
                self.bind_target(element, ElementTerm(term) if starred else UnpackedTerm(term, index))

    # annotations --------------------------------------------------------------------------------------------------

    def annotation(self, node: ast.expr) -> Term:
        """Read an annotation; nothing in it runs, and strings in it are code."""
        calls, was, self.annotating = len(self.calls), self.annotating, True
        try:
            return self.read(node)
        finally:
            del self.calls[calls:]
            self.annotating = was


def _is_key(term: Term) -> bool:
    """Tell whether an index names one place for all who look there: a text, a constant of a module."""
    match term:
        case ConstantTerm(kind="str"):
            return True
        case NameTerm(scope=scope):
            return scope == "global"
    return isinstance(term, AttributeTerm)
