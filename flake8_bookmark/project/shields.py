"""Whether a cancellation leaves what a coroutine awaits alone: all of it is shielded, also inside helpers.

A scope with `shield=True` keeps the cancellations of the scopes around it out, and so does one that is told so later
(`scope.shield = True`), or the scope of a task group (`tasks.cancel_scope.shield = True`). `aclose()` needs no shield:
in trio and anyio it closes by force when it is cancelled (https://trio.readthedocs.io/en/stable/reference-io.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ConstantTerm, EnteredTerm, NameTerm, Term
from flake8_bookmark.project.arguments import parameter_of, passed
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Frozen, Instance, Method, Value, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.suspension import SuspensionReader
    from flake8_bookmark.project.targets import TargetReader

CLOSING = "aclose"
SHIELD = "shield"
OWN_SCOPE = "cancel_scope"
ENTRANCES = ("__enter__", "__aenter__")
DEEPEST = 6
"""Coroutines inside one another that are followed."""


class ShieldReader:
    """Answers for one resolver."""

    def __init__(self, targets: TargetReader, suspension: SuspensionReader) -> None:
        self.targets = targets
        self.resolver = targets.resolver
        self.suspension = suspension

    def covers(self, fact: CallFact, frame: Frame, above: tuple[str, ...] = ()) -> bool:
        """Tell whether what is awaited goes on to its end although its awaiter is cancelled."""
        if self.suspension.of_fact(fact, frame) is Suspends.NEVER:
            return True
        if not isinstance(fact.term, CallTerm) or fact.form != "call":
            return False
        if _closes(fact.term):
            return True
        callees = self.targets.callees(fact, frame)
        return bool(callees) and all(self._covers(c, fact.term, above) for c in callees)

    def _covers(self, callee: object, call: CallTerm, above: tuple[str, ...]) -> bool:
        name = getattr(callee, "name", "")
        if not name or not is_first_party(name):
            return bool(name) and self.resolver.catalogue.is_shielded(name)
        inner = self.resolver.project.frame(name)
        if inner is None or inner.function.kind != "coroutine" or inner.name in above or len(above) >= DEEPEST:
            return False
        return self._is_covered(inner, call, isinstance(callee, Method), (*above, name))

    def _is_covered(self, frame: Frame, call: CallTerm, is_method: bool, above: tuple[str, ...]) -> bool:
        """Tell whether every suspension of a coroutine that `call` makes is shielded. Facts stand in their order."""
        awaited = {id(f) for f in self.suspension.awaits(frame)}
        shields: set[Site] = set()
        for fact in frame.function.calls:
            if fact.form == "enter" and self._shields(fact.term, frame, call, is_method):
                shields.add(fact.site)
            elif fact.form == "exit" and fact.site in shields:
                shields.remove(fact.site)
            elif id(fact) in awaited and not shields and not self.covers(fact, frame, above):
                return False
        return True

    def keeps_out(self, entered: CallFact, frame: Frame) -> bool:
        """Tell whether what a `with` enters keeps cancellations out: a shielded scope, or what enters one."""
        if self._shields(entered.term, frame, None, False):
            return True
        resolve = self.resolver.resolve
        return any(self._enters_shield(value) for value in resolve(entered.term, frame))

    def may_keep_out(self, entered: CallFact, frame: Frame) -> bool:
        """Tell whether what a `with` enters keeps cancellations out, or is unknown."""
        return not self.resolver.resolve(entered.term, frame) or self.keeps_out(entered, frame)

    def _enters_shield(self, manager: Value) -> bool:
        """Tell whether a context manager of the project enters a shielded scope of its own."""
        return any(
            fact.form == "enter" and self._shields(fact.term, inner, None, False)
            for inner in self._entrances(manager)
            for fact in inner.function.calls
        )

    def _entrances(self, manager: Value) -> Iterator[Frame]:
        """Yield the functions of the project that run when a manager is entered."""
        if isinstance(manager, Frozen):
            inner = self.resolver.project.frame(manager.function)
            if inner is not None:
                yield inner
        elif isinstance(manager, Instance) and is_first_party(manager.cls):
            for name in ENTRANCES:
                found = self.resolver.attributes.body_function(manager.cls, name)
                if found is not None:
                    yield Frame(found[0], found[0].function(found[1]))

    def _shields(self, entered: Term, frame: Frame, call: CallTerm | None, is_method: bool) -> bool:
        """Tell whether a scope is shielded; what its flag is made from may be true."""
        scope = _made(entered, frame)
        flag = dict(scope.keywords).get(SHIELD) if isinstance(scope, CallTerm) else None
        index = parameter_of(flag, frame.function) if flag is not None and call is not None else None
        if index is not None and call is not None:
            flag = passed(call, frame.function, index, int(is_method))
        if flag is not None and not (isinstance(flag, ConstantTerm) and not flag.value):
            return True
        return any(_made(told, frame) == scope for told in _told_to_shield(frame))


def _told_to_shield(frame: Frame) -> Iterator[Term]:
    """Yield what `.shield = …` is written on: a scope, or for `tasks.cancel_scope.shield` the group that has it."""
    for fact in frame.function.calls:
        if fact.form == "set" and isinstance(fact.term, AttributeTerm) and fact.term.name == SHIELD:
            scope = fact.term.value
            yield scope.value if isinstance(scope, AttributeTerm) and scope.name == OWN_SCOPE else scope


def _made(term: Term, frame: Frame) -> Term:
    """Follow a name to what was entered, or made, under it: `with CancelScope() as scope:`."""
    for _ in range(DEEPEST):
        if isinstance(term, EnteredTerm):
            term = term.manager
        elif isinstance(term, NameTerm) and len(term.bindings) == 1 and term.owner == frame.function.key:
            term = frame.function.bindings[term.bindings[0]].term
        else:
            break
    return term


def _closes(call: CallTerm) -> bool:
    return isinstance(call.callee, AttributeTerm) and call.callee.name == CLOSING and not call.arguments
