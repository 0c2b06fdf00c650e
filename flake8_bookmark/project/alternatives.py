"""Under which tests of parameters a name means what: `if send is None: send = requests.post`, and then `send(url)`.

A name that is bound in branches, and the options of `send or requests.post` and of `a if flag else b`, mean something
only where the tests around them hold. Whoever knows what a call passes knows which of them is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.facts.model import CallFact, FunctionFacts, ParameterTest
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ChoiceTerm, NameTerm, Term, unannotated
from flake8_bookmark.project.arguments import parameter_of
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Value, Values

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

Tests: TypeAlias = tuple[ParameterTest, ...]


def options(fact: CallFact, facts: FunctionFacts) -> list[tuple[Term, Tests]]:
    """Return what the callee of a call may be, or the object whose method it is, each with the tests that must hold.

    Empty where no test tells anything.
    """
    callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
    named = callee.value if isinstance(callee, AttributeTerm) else callee
    if not isinstance(named, NameTerm) or named.scope != "local" or named.owner != facts.key:
        return []
    bound = [facts.bindings[number] for number in named.bindings]
    found = [option for b in bound for option in _split(unannotated(b.term), b.when, facts)]
    return found if len(found) > 1 and any(tests for _, tests in found) else []


def _split(term: Term, tests: Tests, facts: FunctionFacts) -> Iterator[tuple[Term, Tests]]:
    """Yield the options of a choice, each with what must be so of a parameter for it to be taken."""
    if not isinstance(term, ChoiceTerm):
        yield term, tests
        return
    asked = parameter_of(term.test, facts) if term.test is not None else None
    for number, option in enumerate(term.options):
        if term.test is not None:
            more = [ParameterTest(asked, "true", (), (number == 0) == term.wanted)] if asked is not None else []
        else:
            before = (parameter_of(other, facts) for other in term.options[:number])
            more = [ParameterTest(index, "true", (), False) for index in before if index is not None]
        yield unannotated(option), (*tests, *more)


class AlternativeReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def conditions(self, fact: CallFact, frame: Frame) -> dict[Value, Tests]:
        """Return the tests that must hold for a call to run one of several callees; one that two ways give has none."""
        found: dict[Value, Tests] = {}
        for term, tests in options(fact, frame.function):
            for value in self._callees(term, fact, frame):
                found[value] = () if value in found else tests
        return found

    def _callees(self, term: Term, fact: CallFact, frame: Frame) -> Values:
        values = self.resolver.resolve(term, frame)
        callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
        if not isinstance(callee, AttributeTerm):
            return values
        return tuple(found for v in values for found in self.resolver.attributes.of(v, callee.name, frame))
