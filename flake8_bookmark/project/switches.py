"""What only somebody's environment turns on: `LOG_FILE = os.environ.get("APP_LOG")`, and then `if LOG_FILE: …`.

A variable without a default, or with one that is empty, is not set where nobody asks for what it turns on. One that has
another default chooses between things, and tells nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.parameter_tests import IN_ORDER
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ConstantTerm, NameTerm, Term, unannotated
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Method, Value

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

ENVIRONMENT = "os.environ"
READERS = frozenset({"os.getenv", f"{ENVIRONMENT}.get"})
CONVERTERS = frozenset({"builtins.bool", "builtins.int", "pathlib.Path"})
OFF = frozenset({"", "0", "false", "no", "off", "none"})
DEEPEST = 4


class SwitchReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def is_switched_on(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call only runs where an environment variable is set that nothing sets by default."""
        return any(answer and self._is_switch(term, frame, 0) for term, answer in fact.asked)

    def _is_switch(self, term: Term, frame: Frame, depth: int) -> bool:
        """Tell whether a term is true only where an environment variable is set."""
        if isinstance(term, (NameTerm, AttributeTerm)):
            found = self.resolver.definition(term, frame)
            if found is None or isinstance(found[0], (NameTerm, AttributeTerm)):
                return False
            term, frame = unannotated(found[0]), found[1]
        if not isinstance(term, CallTerm) or depth > DEEPEST:
            return False
        if isinstance(term.callee, AttributeTerm) and term.callee.name in IN_ORDER:
            return isinstance(term.callee.value, CallTerm) and self._is_switch(term.callee.value, frame, depth + 1)
        names = {_name(value) for value in self.resolver.resolve(term.callee, frame)}
        if names and names <= CONVERTERS and len(term.arguments) == 1:
            return self._is_switch(term.arguments[0], frame, depth + 1)
        return bool(names) and names <= READERS and all(_is_off(default) for default in term.given[1:])


def _name(value: Value) -> str:
    """Return the name of a function; of a method of a library's variable, by that variable."""
    if isinstance(value, Method) and value.receiver.variable:
        return f"{value.receiver.variable}.{value.attribute}"
    return getattr(value, "name", "")


def _is_off(term: Term) -> bool:
    if not isinstance(term, ConstantTerm):
        return False
    if isinstance(term.value, str):
        return term.value.lower() in OFF
    return term.kind == "NoneType" or term.value in (False, 0)
