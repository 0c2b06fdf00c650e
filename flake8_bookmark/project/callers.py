"""Who calls a function: all calls of its name that are found and may be calls of it.

In packages of up to a thousand files, the whole text is searched. In larger ones that takes long, so that only who is
content with the calls in the function's own module is told of those elsewhere, too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import CallTerm, FunctionTerm
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.passed import COMMON, MOST_CALLS, MOST_FILES
from flake8_bookmark.project.values import is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

LOCALS = ".<locals>."
Call: TypeAlias = tuple[CallFact, Frame]


class CallerReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def all_are(self, frame: Frame, holds: Callable[[CallFact, Frame, Frame], bool]) -> bool:
        """Tell whether something is true of every call of a function that is found, and one is found."""
        calls, is_part = self._near(frame)
        if not calls or not all(holds(fact, caller, frame) for fact, caller in calls):
            return False
        elsewhere = self._elsewhere(frame) if is_part else []
        return elsewhere is not None and all(holds(fact, caller, frame) for fact, caller in elsewhere)

    def are_known(self, frame: Frame) -> bool:
        """Tell whether any call of a function is found in its module or, in packages of a moderate size, around it."""
        return bool(self._near(frame)[0])

    def _near(self, frame: Frame) -> tuple[list[Call], bool]:
        """Return the calls of a function, and whether these are only those in its module, as too much is around it."""
        if LOCALS in frame.function.key:
            return list(_of_inner(frame)), False
        names = self._names(frame)
        modules = self.resolver.project.that_call(frame.module, sorted(names)) if names else []
        if modules is None:
            return self._that_may([frame.module], frame), not frame.function.name.startswith("_")
        found = self._that_may(modules, frame) if len(modules) <= MOST_FILES else []
        if not found and frame.function.name.startswith("_"):
            found = self._that_may([frame.module], frame)
        return (found, False) if len(found) <= MOST_CALLS else ([], False)

    def _elsewhere(self, frame: Frame) -> list[Call] | None:
        """Return the calls of a function in other modules of a large package; None where the name is too common."""
        project = self.resolver.project
        found = {place for name in self._names(frame) for place in project.anywhere_called(frame.module, name)}
        found.discard(frame.module.name)
        if len(found) > MOST_FILES:
            return None
        modules = (project.module(name) for name in sorted(found))
        return self._that_may([m for m in modules if m is not None], frame)

    def _that_may(self, modules: Iterable[ModuleFacts], frame: Frame) -> list[Call]:
        """Return the calls in some modules that run a function, and those that may."""
        passed = self.resolver.passed
        calls = passed.calls_in(modules, self._names(frame))
        return [(fact, maker) for fact, maker in calls if passed.may_call(fact, maker, frame)]

    def _names(self, frame: Frame) -> set[str]:
        """Return the names by which a function is called, decorators of the project that stand above it or not."""
        names, function = self.resolver.passed.names(frame), frame.function
        if names or function.is_lambda or function.name in COMMON or function.name.startswith("__"):
            return names
        known = self.resolver.attributes.decorator_names(frame.module, function)
        is_own = len(known) == len(function.decorators) and all(map(is_first_party, known))
        return {function.name} if is_own else set()


def _of_inner(frame: Frame) -> Iterator[Call]:
    """Yield the calls of an inner function; none if it is also handed to somebody, or its name is bound twice."""
    function = frame.function
    outer = frame.sibling(function.parent)
    if function.is_lambda or function.decorators or not _is_only_called(frame, outer):
        return
    for key in (function.parent, *frame.module.keys_of("function")):
        if key == function.parent or key.startswith(f"{function.parent}{LOCALS}"):
            caller = frame.sibling(key)
            for fact in caller.function.calls:
                if fact.form == "call" and fact.text == function.name and isinstance(fact.term, CallTerm):
                    yield fact, caller


def _is_only_called(frame: Frame, outer: Frame) -> bool:
    name = frame.function.name
    bound = [outer.function.bindings[number].term for number in outer.function.named(name)]
    if len(bound) != 1 or not isinstance(bound[0], FunctionTerm):
        return False
    nodes = list(ast.walk(frame.module.node(outer.function.key)))
    called = {node.func for node in nodes if isinstance(node, ast.Call)}
    return all(node in called for node in nodes if isinstance(node, ast.Name) and node.id == name)
