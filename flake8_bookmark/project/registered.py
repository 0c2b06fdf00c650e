"""What a registry is filled with: the classes and functions that a function or a decorator of it is given.

`@register("mail") class Mail: …` with `def register(name)` whose inner function says `registry[name] = cls`, and
`register("mail", Mail)`. Only what is put into a container is looked for in this way: what such a function calls is
asked at each of its calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import CallTerm, FunctionTerm, Term
from flake8_bookmark.project.arguments import passed
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.questions import DECORATED
from flake8_bookmark.project.values import UNKNOWN, WIDEST, Method, Symbol, Value, Values, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MOST_FILES = 60
"""Files that use a decorator of that name."""


class RegisteredReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._decorated: dict[str, Values] = {}

    def of(self, frame: Frame, number: int) -> Values:
        """Return the first classes and functions of the project that a parameter of a function is given."""
        found: dict[Value, None] = dict.fromkeys(self._passed(frame, number))
        kind = self.resolver.attributes.binding_kind(frame.module, frame.function.key)
        if number == (1 if kind in ("method", "classmethod") else 0):
            if frame.name not in self._decorated:
                self._decorated[frame.name] = tuple(self._find_decorated(frame))
            found.update(dict.fromkeys(self._decorated[frame.name]))
        return tuple(found)[:WIDEST]

    def _passed(self, frame: Frame, number: int) -> Iterator[Value]:
        for fact, maker in self.resolver.passed.callers(frame):
            assert isinstance(fact.term, CallTerm)
            shift = self.resolver.passed.shift(fact.term, maker, frame)
            term = passed(fact.term, frame.function, number, shift) if shift is not None else None
            for value in self.resolver.resolve(term, maker) if term is not None else UNKNOWN:
                if isinstance(value, Symbol) and is_first_party(value.name):
                    yield value

    def _find_decorated(self, frame: Frame) -> Iterator[Symbol]:
        outer = frame.sibling(frame.function.parent)
        inner = FunctionTerm(frame.function.key)
        is_made = outer.function.kind == "function" and self._gives(outer, inner)
        decorator = outer if is_made else frame
        if decorator.function.name.startswith("__") or (outer.function.kind == "function" and not is_made):
            return
        modules = self.resolver.project.that_call(frame.module, [f"{DECORATED}{decorator.function.name}"])
        for module in modules if modules is not None and len(modules) <= MOST_FILES else ():
            for key, term, where in _decorators(module):
                if isinstance(term, CallTerm) == is_made and self._is(getattr(term, "callee", term), where, decorator):
                    yield Symbol(f"{module.name}:{key}")

    def _gives(self, maker: Frame, inner: FunctionTerm) -> bool:
        """Tell whether a function returns the decorator inside it."""
        wanted = Symbol(f"{maker.module.name}:{inner.key}")
        return any(wanted in self.resolver.resolve(term, maker) for term in maker.function.returns)

    def _is(self, term: Term, frame: Frame, decorator: Frame) -> bool:
        values = self.resolver.resolve(term, frame)
        return any(isinstance(v, (Symbol, Method)) and v.name == decorator.name for v in values)


def _decorators(module: ModuleFacts) -> Iterator[tuple[str, Term, Frame]]:
    """Yield each decorator of a module's classes and functions, with what stands under it and where it is read."""
    for kind in ("class", "function"):
        for key in module.keys_of(kind):
            facts = module.class_(key) if kind == "class" else module.function(key)
            for term in facts.decorators:
                yield key, term, Frame(module, module.function(facts.parent))
