"""What the arguments of a call decide about the callee: `get(name, sync=True)`, `fetch("s3://…")`.

A function tests its parameters, or passes them on to one that does. Of the constants that a call passes only the
answers to these tests are kept, so two calls whose constants decide alike are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.facts.model import CallFact, FunctionFacts, ParameterTest
from flake8_bookmark.facts.parameter_tests import OWN
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    ConstantTerm,
    EnteredTerm,
    FunctionTerm,
    NameTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.alternatives import Tests, options
from flake8_bookmark.project.arguments import parameter_of, passed
from flake8_bookmark.project.fields import FieldReader, is_own
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.readiness import BUFFERS
from flake8_bookmark.project.values import Instance, Method, Symbol, Value, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver
    from flake8_bookmark.project.targets import Target, TargetReader

Question: TypeAlias = tuple[int, str, tuple[str, ...]]
"""The number of a parameter, and the word and texts of a ParameterTest."""
Known: TypeAlias = tuple[tuple[Question, bool], ...]
BUFFER = "buffer"
"""Asks whether a parameter is a file in memory."""
OBJECT = "builtins.object"
SIZES = ("__len__", "__bool__")
MOST_QUESTIONS = 12
DEEPEST = 3


def rules_out(known: Known, tests: Tests) -> bool:
    """Tell whether arguments of which so much is known never take the branch in which a call, or its callee, stands."""
    if not known:
        return False
    # A text that holds another one may still be none that begins with it: that rules nothing out.
    asked = (test for test in tests if test.wanted or test.word != "holds")
    return any((question_of(test), not test.wanted) in known for test in asked)


def undecided(known: Known, fact: CallFact) -> int:
    """Return how many tests for a certain text there are around a call that the arguments don't decide."""
    return sum((question_of(test), True) not in known for test in fact.when if test.picks)


def is_in_memory(known: Known, fact: CallFact, facts: FunctionFacts) -> bool:
    """Tell whether a call works on a parameter for which a buffer was passed: `parse(BytesIO(content))`."""
    if not known:
        return False
    return any(((n, BUFFER, ()), True) in known for n in passed_on(fact, facts) | worked_on_by(fact, facts))


def worked_on_by(fact: CallFact, facts: FunctionFacts) -> set[int]:
    """Return the parameters that an object was made from which is worked on: `archive = ZipFile(source)`.

    By a method, or by entering and leaving it.
    """
    callee = fact.term.callee if isinstance(fact.term, CallTerm) and fact.form == "call" else None
    made: Term = callee.value if isinstance(callee, AttributeTerm) else fact.term
    if isinstance(made, NameTerm) and made.owner == facts.key and len(made.bindings) == 1:
        made = unannotated(facts.bindings[made.bindings[0]].term)
    made = made.manager if isinstance(made, EnteredTerm) else made
    found = {parameter_of(term, facts) for term in made.arguments} if isinstance(made, CallTerm) else set()
    return {number for number in found if number is not None}


def question_of(test: ParameterTest) -> Question:
    return test.index, test.word, test.texts


class DecisionReader:
    """Answers for a resolver; what a function asks is worked out once."""

    def __init__(self, resolver: Resolver, targets: TargetReader, fields: FieldReader) -> None:
        self.resolver = resolver
        self.targets = targets
        self.fields = fields
        self._questions: dict[tuple[str, int], tuple[Question, ...]] = {}
        self._answers: dict[tuple[int, str, int], tuple[CallFact, tuple[tuple[Question, Question | bool], ...]]] = {}

    def given(self, fact: CallFact, target: Target, callee: Frame, caller: Frame, known: Known) -> Known:
        """Return the answers that the arguments of a call give, passed or by default."""
        call, shift = fact.term, target.bound
        if shift is None or not isinstance(call, CallTerm):
            return ()
        key = (id(fact), callee.name, shift)
        if key not in self._answers:
            self._answers[key] = (fact, tuple(self._answered(call, shift, callee, caller)))
        out: list[tuple[Question, bool]] = []
        for question, answer in self._answers[key][1]:
            found = answer if isinstance(answer, bool) else next((yes for asked, yes in known if asked == answer), None)
            if found is not None:
                out.append((question, found))
        return tuple(out)

    def _answered(
        self, call: CallTerm, shift: int, callee: Frame, caller: Frame
    ) -> Iterator[tuple[Question, Question | bool]]:
        """Yield the answer to each question of the callee, or the question of the caller that has the same answer."""
        for question in self.questions(callee):
            if question[0] == OWN:
                told = self._of_field(question, call, callee, caller)
                if told is not None:
                    yield question, told
                continue
            term = passed(call, callee.function, question[0], shift)
            number = parameter_of(term, caller.function) if term is not None else None
            constant = self._constant(term, caller) if term is not None and number is None else None
            if number is not None:
                yield question, (number, *question[1:])
            elif constant is not None:
                if (answer := answer_of(question, constant)) is not None:
                    yield question, answer
            elif term is not None and self._is_so(question, term, caller):
                yield question, True

    def _of_field(self, question: Question, call: CallTerm, target: Frame, caller: Frame) -> Question | bool | None:
        """Return whether an attribute of the object is true whose method is called; of its own object, the same."""
        callee = call.callee
        if target.function.name == "__init__" and not (isinstance(callee, AttributeTerm) and callee.name == "__init__"):
            return self.fields.is_set(call, caller, question[2][0])
        if not isinstance(callee, AttributeTerm):
            return None
        if is_own(callee.value, caller):
            return question
        return self.fields.is_set(callee.value, caller, question[2][0])

    def _constant(self, term: Term, frame: Frame) -> ConstantTerm | None:
        """Return the constant that a term is: written there, or bound once to a name."""
        term = self._bound_once(term, frame)
        if isinstance(term, NameTerm) and term.scope == "global":
            found = self.resolver.definition(term, frame)
            is_only = found is not None and not found[1].module.global_bindings(term.id)
            term = unannotated(found[0]) if found is not None and is_only else term
        return term if isinstance(term, ConstantTerm) else None

    def _is_so(self, question: Question, term: Term, frame: Frame) -> bool:
        if question[1] == BUFFER:
            return self._is_buffer(term, frame)
        return question[1] == "true" and self._is_something(term, frame)

    def _opens(self, name: str) -> bool:
        """Tell whether a library's function works on a file, so that it waits for nothing where that is in memory."""
        return any(effect.kind is Kind.FILE for effect in self.resolver.catalogue.effects(name))

    def _is_buffer(self, term: Term, frame: Frame) -> bool:
        values = self.resolver.resolve(term, frame)
        return bool(values) and all(isinstance(value, Instance) and value.cls in BUFFERS for value in values)

    def _bound_once(self, term: Term, frame: Frame) -> Term:
        """Return what a local name is bound to, if it is bound once; anything else as it is."""
        is_once = isinstance(term, NameTerm) and term.scope == "local" and len(term.bindings) == 1
        if not is_once or not isinstance(term, NameTerm) or term.owner != frame.function.key:
            return term
        return unannotated(frame.function.bindings[term.bindings[0]].term)

    def _is_something(self, term: Term, frame: Frame) -> bool:
        """Tell whether a term is a function, a class, or a new object of a class that can't be empty: never false."""
        term = self._bound_once(term, frame)
        if isinstance(term, NameTerm) and term.scope == "global":
            return self.resolver.definition(term, frame) is not None and self._are(term, frame, Symbol)
        if isinstance(term, AttributeTerm):
            return self._are(term, frame, Method)
        if isinstance(term, CallTerm) and self._are(term.callee, frame, Symbol):
            return self._are(term, frame, Instance) and not self._may_be_empty(term, frame)
        return isinstance(term, FunctionTerm)

    def _are(self, term: Term, frame: Frame, kind: type[Value]) -> bool:
        values = self.resolver.resolve(term, frame)
        return bool(values) and all(isinstance(value, kind) for value in values)

    def _may_be_empty(self, call: CallTerm, frame: Frame) -> bool:
        """Tell whether a call may give another object than a new one of the class that it calls, or one with a size.

        A class below one of a library may have a size by that.
        """
        made = {v.cls for v in self.resolver.resolve(call, frame) if isinstance(v, Instance)}
        called = {v.name for v in self.resolver.resolve(call.callee, frame) if isinstance(v, Symbol)}
        lines = [list(self.resolver.attributes.mro(cls)) for cls in made]
        if made != called or not all(is_first_party(cls) or cls == OBJECT for line in lines for cls in line):
            return True
        sized = (self.resolver.attributes.of_instance(Instance(c), name) for c in made for name in SIZES)
        return any(sized)

    def questions(self, frame: Frame, depth: int = 0) -> tuple[Question, ...]:
        """Return what a function asks about its parameters, by itself or where it passes them on."""
        known = self._questions.get((frame.name, depth))
        if known is None:
            found = dict.fromkeys(self._asked(frame, depth))
            known = self._questions[(frame.name, depth)] = tuple(sorted(found))[:MOST_QUESTIONS]
        return known

    def _asked(self, frame: Frame, depth: int) -> Iterator[Question]:
        facts = frame.function
        if not facts.parameters:
            return  # nor is it a method
        for fact in facts.calls:
            yield from map(question_of, fact.when)
            yield from (question_of(test) for _, tests in options(fact, facts) for test in tests)
            on_own = _is_on_own(fact, frame) and depth < DEEPEST
            given = passed_on(fact, facts) if depth < DEEPEST else set()
            worked_on = given | worked_on_by(fact, facts) if depth < DEEPEST else set()
            for target in self.targets.of(fact, frame) if worked_on or on_own else ():
                if not target.is_function and self._opens(target.name):
                    yield from ((number, BUFFER, ()) for number in sorted(worked_on))
                callee = self.resolver.project.frame(target.name) if target.is_function else None
                if callee is None or target.bound is None or not isinstance(fact.term, CallTerm):
                    continue
                for index, word, texts in self.questions(callee, depth + 1):
                    if index == OWN:
                        yield from [(index, word, texts)] if on_own else []
                        continue
                    term = passed(fact.term, callee.function, index, target.bound)
                    if term is not None and (number := parameter_of(term, facts)) is not None:
                        yield number, word, texts


def _is_on_own(fact: CallFact, frame: Frame) -> bool:
    """Tell whether a call is one of a method of the own object."""
    callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
    return isinstance(callee, AttributeTerm) and is_own(callee.value, frame)


def passed_on(fact: CallFact, facts: FunctionFacts) -> set[int]:
    """Return the parameters that a call passes on as they are, by number."""
    if fact.form != "call" or not isinstance(fact.term, CallTerm):
        return set()
    found = {parameter_of(term, facts) for term in fact.term.given}
    return {number for number in found if number is not None}


def answer_of(question: Question, constant: ConstantTerm) -> bool | None:
    """Return what a constant answers; None where that is not known."""
    _, word, texts = question
    value = constant.value
    if word == "true":
        return bool(value) if value is not None or constant.kind == "NoneType" else None
    if not isinstance(value, str):
        return False if constant.kind != "str" else None
    if word == "holds":
        return any(text.casefold() in value.casefold() for text in texts)
    if word == "equals":
        return value in texts
    if word == "contains":
        return any(text in value for text in texts)
    return value.startswith(texts) if word == "begins" else value.endswith(texts)
