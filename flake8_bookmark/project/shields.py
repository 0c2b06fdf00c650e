"""Whether a cancellation leaves what a coroutine awaits alone: all of it is shielded, also inside helpers.

A scope with `shield=True` keeps the cancellations of the scopes around it out. `aclose()` needs no shield: in trio and
anyio it closes by force when it is cancelled (https://trio.readthedocs.io/en/stable/reference-io.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ConstantTerm, Term
from flake8_bookmark.project.arguments import parameter_of, passed
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Method, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.suspension import SuspensionReader
    from flake8_bookmark.project.targets import TargetReader

CLOSING = "aclose"
SHIELD = "shield"
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

    def _shields(self, entered: Term, frame: Frame, call: CallTerm, is_method: bool) -> bool:
        """Tell whether a scope keeps cancellations out; what its flag is made from may be true."""
        flag = dict(entered.keywords).get(SHIELD) if isinstance(entered, CallTerm) else None
        index = parameter_of(flag, frame.function) if flag is not None else None
        if index is not None:
            flag = passed(call, frame.function, index, int(is_method))
        return flag is not None and not (isinstance(flag, ConstantTerm) and not flag.value)


def _closes(call: CallTerm) -> bool:
    return isinstance(call.callee, AttributeTerm) and call.callee.name == CLOSING and not call.arguments
