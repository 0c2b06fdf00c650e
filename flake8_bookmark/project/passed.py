"""What a parameter without annotation is given: the arguments at the calls of its function in the project.

A caller is looked for by the function's name in the text of the packages, and by what the name means there. Only where
every call that is found passes something known, and all of them the same, does it say what the parameter is: a helper
that is given a file here and a buffer there is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ImportTerm, NameTerm, Term, unannotated
from flake8_bookmark.project.arguments import passed
from flake8_bookmark.project.attributes import SUPER
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import UNKNOWN, Instance, Method, Symbol, Values, is_first_party, union

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MOST_FILES = 12
"""Files whose text has a call of that name; a name that more of them call is too common to be followed."""
COMMON = frozenset(name for cls in (str, bytes, list, dict, set) for name in dir(cls))
"""Methods of builtin types: a call of that name is mostly theirs, and a file that has one would count as a caller."""
MOST_CALLS = 30
MOST_KINDS = 2
INIT = "__init__"
HARMLESS = frozenset(
    {
        *("builtins.staticmethod", "builtins.classmethod"),
        *("contextlib.contextmanager", "contextlib.asynccontextmanager"),
    }
)
"""Decorators below which a function is still called by its own name, with its own arguments."""


class PassedReader:
    """Answers for a resolver; the calls that may be those of a function are looked for once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._candidates: dict[str, tuple[tuple[CallFact, Frame], ...]] = {}
        self._by_name: dict[str, dict[str, list[tuple[int, CallFact, Frame]]]] = {}

    def of(self, frame: Frame, index: int) -> Values:
        """Return what all known calls of a function pass for a parameter; empty where one is unknown or they differ."""
        found: list[Values] = []
        for fact, maker in self._candidates_for(frame):
            call = fact.term
            assert isinstance(call, CallTerm)
            shift = self.shift(call, maker, frame) if maker.name != frame.name else None
            if shift is None:
                continue
            term = passed(call, frame.function, index, shift)
            values = self.resolver.resolve(term, maker) if term is not None else UNKNOWN
            if not values or not all(isinstance(v, Instance) for v in values):
                return UNKNOWN  # what a callable does that is passed is asked at each call
            found.append(values)
        values = union(*found)
        return values if len(values) <= MOST_KINDS else UNKNOWN

    def callers(self, frame: Frame) -> list[tuple[CallFact, Frame]]:
        """Return the calls that run a function, and those that may, each with the function that makes it.

        A call by its name counts unless it is known to be of something else. Where there are too many packages to be
        searched, the module of a private function has all of its callers.
        """
        found = self._candidates_for(frame)
        if not found and frame.function.name.startswith("_"):
            found = tuple(self.calls_in([frame.module], self.names(frame)))
        return [(fact, maker) for fact, maker in found if self.may_call(fact, maker, frame)]

    def calls_in(self, modules: Iterable[ModuleFacts], names: set[str]) -> Iterator[tuple[CallFact, Frame]]:
        """Yield the calls of some names in some modules."""
        for module in modules:
            yield from self._in_module(module, names)

    def may_call(self, fact: CallFact, maker: Frame, callee: Frame) -> bool:
        """Tell whether a call may run a function: it is one of it, of a method that is left to others, or unknown."""
        term = fact.term
        if not isinstance(term, CallTerm):
            return True
        values = self.resolver.resolve(term.callee, maker)
        if not values:
            return bool(callee.function.owner) or not _is_of_object(term.callee, maker)
        names = {getattr(v, "name", "") for v in values}
        return not names.isdisjoint(("", callee.name)) or any(self._is_left_open(name, callee) for name in names)

    def _is_left_open(self, name: str, callee: Frame) -> bool:
        """Tell whether a function only says what others have to do: the method of a protocol, an abstract one."""
        frame = self.resolver.project.frame(name) if is_first_party(name) and callee.function.owner else None
        return frame is not None and frame.function.is_stub

    def _candidates_for(self, frame: Frame) -> tuple[tuple[CallFact, Frame], ...]:
        """Return the calls that may run a function, by its name: which of them do may hang on what is asked."""
        if frame.name not in self._candidates:
            names = self.names(frame)
            modules = self.resolver.project.that_call(frame.module, sorted(names)) if names else None
            near = modules if modules is not None and len(modules) <= MOST_FILES else []
            shown = names | {INIT} if frame.function.name == INIT else names
            found = tuple(call for module in near for call in self._in_module(module, shown))
            self._candidates[frame.name] = found if len(found) <= MOST_CALLS else ()
        return self._candidates[frame.name]

    def _in_module(self, module: ModuleFacts, names: set[str]) -> Iterator[tuple[CallFact, Frame]]:
        """Yield the calls of some names in a module, in the order in which its functions are read."""
        if module.name not in self._by_name:
            found = self._by_name[module.name] = {}
            facts = ((fact, function) for function in module.functions() for fact in function.calls)
            for number, (fact, function) in enumerate(facts):
                if fact.form == "call" and isinstance(fact.term, CallTerm):
                    entry = (number, fact, Frame(module, function))
                    found.setdefault(fact.text.rpartition(".")[2], []).append(entry)
        known = self._by_name[module.name]
        for _, fact, frame in sorted((entry for name in names for entry in known.get(name, ())), key=itemgetter(0)):
            yield fact, frame

    def names(self, frame: Frame) -> set[str]:
        """Return the names by which a function is called; none for one that others call than the project's code."""
        function = frame.function
        known = self.resolver.attributes.decorator_names(frame.module, function)
        is_own = HARMLESS.issuperset(known) and len(known) == len(function.decorators)
        if function.is_lambda or "<locals>" in function.key or not is_own:
            return set()
        if function.name == INIT and function.owner:
            owner = _owner(frame)
            return {_short(cls) for cls in (owner, *self.resolver.hierarchy.subclasses(owner))}
        is_common = function.name.startswith("__") or function.name in COMMON
        return set() if is_common else {function.name}

    def shift(self, call: CallTerm, frame: Frame, callee: Frame) -> int | None:
        """Return how many parameters the object fills if a call runs the function; None if it runs another one."""
        if isinstance(call.callee, AttributeTerm) and call.callee.name == INIT:
            return 1 if self._is_from_below(call.callee, frame, callee) else None
        kind = self.resolver.attributes.binding_kind(callee.module, callee.function.key)
        for value in self.resolver.resolve(call.callee, frame):
            if isinstance(value, Method) and value.name == callee.name:
                return 0 if kind == "staticmethod" else 1
            if isinstance(value, Symbol) and value.name == callee.name:
                return 1 if kind == "classmethod" else 0
            if isinstance(value, Symbol) and self._makes(value.name, callee):
                return 1
        return None

    def _is_from_below(self, term: AttributeTerm, frame: Frame, callee: Frame) -> bool:
        """Tell whether `super().__init__` runs the `__init__` of a class above."""
        parents = self.resolver.resolve(term.value, frame)
        below = [v.cls for v in parents if isinstance(v, Instance) and v.variable == SUPER]
        return any(_owner(callee) in list(self.resolver.attributes.mro(name))[1:] for name in below)

    def _makes(self, cls: str, callee: Frame) -> bool:
        if callee.function.name != INIT or not is_first_party(cls):
            return False
        return self.resolver.attributes.method_of_class(cls, INIT) == callee.name


def _is_of_object(term: Term, frame: Frame) -> bool:
    """Tell whether a callee is a method of something that a local name holds, and so no function of a module."""
    while isinstance(term, AttributeTerm):
        term = term.value
        if isinstance(term, NameTerm) and term.scope == "local":
            bound = [unannotated(frame.function.bindings[n].term) for n in frame.function.named(term.id)]
            return bool(bound) and not any(isinstance(b, ImportTerm) for b in bound)
    return False


def _owner(frame: Frame) -> str:
    return f"{frame.module.name}:{frame.function.owner}"


def _short(cls: str) -> str:
    return cls.rpartition(":")[2].rpartition(".")[2]
