"""Which calls surely give a coroutine object, and which callables are surely coroutine functions.

A coroutine object is an obligation: somebody has to await it, once. The obligation moves with the object, so a plain
function that returns what a coroutine function gave hands it on to its own caller. "Surely" means on every way: each
function that may be called, each of its returns, with no decorator in between that may have changed what it gives and
no assignment that puts something else in the place of a method.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, SubscriptTerm, Term
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import (
    Awaitable,
    Instance,
    Method,
    Partial,
    Symbol,
    Value,
    Values,
    Wrapped,
    is_first_party,
)

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

DEEPEST = 5
COROUTINES = frozenset({"typing.Coroutine", "collections.abc.Coroutine", "types.CoroutineType"})
SPELT = frozenset(name.rpartition(".")[2] for name in COROUTINES)
SETTERS = frozenset({"setattr", "object"})
"""`setattr(x, "name", …)`, `monkeypatch.setattr(…)` and `patch.object(…)` replace an attribute by its name."""

QUESTIONS = frozenset({"inspect.iscoroutinefunction", "asyncio.iscoroutinefunction", "inspect.isasyncgenfunction"})
"""What is asked of a function that may be of several kinds."""


@dataclass(frozen=True, slots=True)
class Made:
    """A coroutine object: of which function; `is_own` says that it is the project's, `is_stub` that it has no body."""

    callee: str
    is_own: bool
    is_stub: bool


class CoroutineReader:
    """Answers for a resolver, each question once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._made: dict[tuple[int, str], tuple[CallFact, Made | None]] = {}
        self._properties: dict[str, frozenset[str]] = {}
        self._replaced: dict[str, frozenset[str]] = {}

    def made_by(self, fact: CallFact, frame: Frame) -> Made | None:
        """Return the coroutine object that a call surely gives; None if it may give something else."""
        if fact.form != "call" or not isinstance(fact.term, CallTerm):
            return None
        key = (id(fact), frame.name)
        known = self._made.get(key)
        if known is None:
            known = self._made[key] = (fact, self._made_by(fact.term, frame))
        return known[1]

    def _made_by(self, term: CallTerm, frame: Frame) -> Made | None:
        callees = self.resolver.resolve(term.callee, frame)
        if not callees or not all(self._gives(callee) for callee in callees):
            return None
        values = self.resolver.resolve(term, frame)
        if not values or not all(isinstance(v, Awaitable) for v in values):
            return None
        if not self.resolver.certainty.is_complete(term.callee, frame) or not all(map(self._gives_below, callees)):
            return None
        makers = [v.callee for v in values if isinstance(v, Awaitable) and v.callee]
        name = makers[0] if makers else getattr(callees[0], "name", "")
        is_stub = not makers or (any(map(self.is_stub, makers)) and not all(map(self._is_done_below, callees)))
        return Made(name, is_first_party(name), is_stub)

    def _is_done_below(self, callee: Value) -> bool:
        """Tell whether classes below give a method a body: what it gives is then known from these."""
        below = self.resolver.hierarchy.redefined(callee) if isinstance(callee, Method) else ()
        return any(not self.is_stub(name) for name in below or ())

    # callees ----------------------------------------------------------------------------------------------------------

    def _gives(self, callee: Value, depth: int = 0) -> bool:
        """Tell whether a callee gives a coroutine on every way, and no decorator may have changed what it gives."""
        if isinstance(callee, Partial):
            return bool(callee.target) and all(self._gives(v, depth) for v in callee.target)
        if isinstance(callee, Instance):
            called = self.resolver.attributes.of_instance(callee, "__call__") if depth <= DEEPEST else ()
            return bool(called) and all(self._gives(method, depth + 1) for method in called)
        if isinstance(callee, Wrapped):
            return depth <= DEEPEST and self._gives_wrapped(callee, depth)
        if not isinstance(callee, (Symbol, Method)) or depth > DEEPEST:
            return False
        if not is_first_party(callee.name):
            declared = self.resolver.library.declaration(callee.name)
            return declared is not None and declared.is_async
        target = self.resolver.project.frame(callee.name)
        if target is None or target.function.kind == "coroutine":
            return target is not None
        if target.function.kind != "function":
            return False
        outer = Frame(target.module, target.module.function(target.function.parent))
        return self.names_coroutine(target.function.annotation, outer) or self._returns_coroutine(target, depth)

    def _gives_below(self, callee: Value) -> bool:
        """Tell whether what overrides a method in the classes below gives a coroutine as well."""
        below = self.resolver.hierarchy.redefined(callee) if isinstance(callee, Method) else ()
        return all(self._gives(Symbol(name)) for name in below or ())

    def _gives_wrapped(self, callee: Wrapped, depth: int) -> bool:
        """Tell whether a wrapper is a coroutine function, or gives back what the function under it gives."""
        wrapper = self.resolver.project.frame(callee.wrapper) if callee.wrapper else None
        if wrapper is None or wrapper.function.kind == "coroutine":
            return wrapper is not None
        passes = self.resolver.results.decorators.passes_result(callee)
        return passes and self._gives(Symbol(callee.function), depth + 1)

    def names_coroutine(self, annotation: Term | None, frame: Frame) -> bool:
        """Tell whether an annotation stands for coroutine objects and nothing else."""
        head = annotation.value if isinstance(annotation, SubscriptTerm) else annotation
        if getattr(head, "id", "") not in SPELT and getattr(head, "name", "") not in SPELT:
            return False
        names = {getattr(v, "name", "") for v in self.resolver.resolve(head, frame)} if head is not None else set()
        return bool(names) and names <= COROUTINES

    def _returns_coroutine(self, target: Frame, depth: int) -> bool:
        if target.function.may_return_none or not target.function.returns:
            return False
        return all(self._is_coroutine(term, target, depth) for term in target.function.returns)

    def gives_another(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether awaiting a call surely gives one more coroutine object, which is to be awaited as well."""
        if not isinstance(fact.term, CallTerm):
            return False
        callees = self.resolver.resolve(fact.term.callee, frame)
        if not callees or not all(isinstance(c, (Symbol, Method)) and is_first_party(c.name) for c in callees):
            return False
        targets = [self.resolver.project.frame(c.name) for c in callees if isinstance(c, (Symbol, Method))]
        known = [t for t in targets if t is not None and t.function.kind == "coroutine"]
        if len(known) < len(callees) or not all(self._returns_coroutine(t, 0) for t in known):
            return False
        return self.resolver.certainty.is_complete(fact.term.callee, frame) and not self.may_be_replaced(callees, frame)

    def _is_coroutine(self, term: Term, frame: Frame, depth: int) -> bool:
        callees = self.resolver.resolve(term.callee, frame) if isinstance(term, CallTerm) else ()
        return bool(callees) and all(self._gives(callee, depth + 1) for callee in callees)

    def is_coroutine_function(self, value: Value) -> bool:
        """Tell whether a callable is an `async def` function, maybe with some arguments already filled in."""
        if isinstance(value, Partial):
            return bool(value.target) and all(self.is_coroutine_function(v) for v in value.target)
        if not isinstance(value, (Symbol, Method)):
            return False
        if is_first_party(value.name):
            target = self.resolver.project.frame(value.name)
            return target is not None and target.function.kind == "coroutine"
        declared = self.resolver.library.declaration(value.name)
        return declared is not None and declared.is_async

    # properties -------------------------------------------------------------------------------------------------------

    def properties(self, module: ModuleFacts) -> frozenset[str]:
        """Return the names of the asynchronous properties that the classes of a module define."""
        found = self._properties.get(module.name)
        if found is None:
            methods = [f for f in module.functions() if f.kind == "coroutine" and f.owner and f.decorators]
            is_property = self.resolver.attributes.is_property
            found = self._properties[module.name] = frozenset(f.name for f in methods if is_property(module, f.key))
        return found

    def read_by(self, term: AttributeTerm, frame: Frame) -> Made | None:
        """Return the coroutine object that reading an attribute surely gives; None if it may give something else."""
        values = self.resolver.resolve(term, frame)
        if not values or not all(isinstance(v, Awaitable) and v.callee for v in values):
            return None
        names = [v.callee for v in values if isinstance(v, Awaitable)]
        if not self.resolver.certainty.is_complete(term.value, frame) or term.name in self.replaced(frame.module):
            return None
        return Made(names[0], is_first_party(names[0]), any(self.is_stub(n) for n in names))

    # doubts -----------------------------------------------------------------------------------------------------------

    def is_stub(self, name: str) -> bool:
        """Tell whether a first-party method has no body of its own, or only refuses: overrides may differ."""
        target = self.resolver.project.frame(name) if is_first_party(name) else None
        if target is not None and not target.function.owner:
            return False
        node = target.module.node(target.function.key) if target is not None else None
        body = node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
        return bool(body) and (all(_does_nothing(statement) for statement in body) or _only_refuses(body))

    def is_replaced(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a module puts something else in the place of a method that is called, as tests do.

        A function that asks of its callee, or of another method of the same object, whether it is a coroutine function
        expects both.
        """
        callee = fact.term.callee if isinstance(fact.term, CallTerm) else fact.term
        calls = (f.term for f in frame.function.calls if f.form == "call" and isinstance(f.term, CallTerm))
        beside = (c for c in calls if any(_is_beside(callee, other) for other in c.arguments))
        if any(getattr(v, "name", "") in QUESTIONS for c in beside for v in self.resolver.resolve(c.callee, frame)):
            return True
        return self.may_be_replaced(self.resolver.resolve(callee, frame), frame)

    def may_be_replaced(self, callees: Values, frame: Frame) -> bool:
        """Tell whether a module puts something else in the place of a method, as tests do with their mocks."""
        for callee in callees:
            if isinstance(callee, Method):
                if callee.attribute in self.replaced(frame.module):
                    return True
                owner = self.resolver.project.module(callee.name.partition(":")[0])
                if owner is not None and callee.attribute in self.replaced(owner):
                    return True
            elif isinstance(callee, (Symbol, Wrapped)):
                name = callee.name if isinstance(callee, Symbol) else callee.function
                if name.rpartition(":")[2].rpartition(".")[2] in self.replaced(frame.module):
                    return True
        return False

    def replaced(self, module: ModuleFacts) -> frozenset[str]:
        """Return the names of all attributes that a module assigns, on whatever object."""
        found = self._replaced.get(module.name)
        if found is None:
            found = self._replaced[module.name] = frozenset(_assigned(module.node(MODULE_KEY)))
        return found


def _is_beside(callee: Term, other: Term) -> bool:
    """Tell whether two terms are the same, or attributes of the same object."""
    if isinstance(callee, AttributeTerm) and isinstance(other, AttributeTerm):
        return callee.value == other.value
    return callee == other


def _does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
    return False


def _only_refuses(body: list[ast.stmt]) -> bool:
    """Tell whether a body comes to nothing but an error: `logger.critical("not set")`, then `raise ValueError`."""
    rest = [s for s in body if not isinstance(s, ast.Expr) or not isinstance(s.value, (ast.Constant, ast.Call))]
    return len(rest) == 1 and isinstance(rest[0], ast.Raise)


def _assigned(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.Call(func=ast.Name(id=setter) | ast.Attribute(attr=setter), args=args):
                if setter in SETTERS or setter == "patch":
                    strings = (a.value for a in args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str))
                    found.update(text.rpartition(".")[2] for text in strings)
    return found
