"""Functions for both worlds: code that asks whether it runs on an event loop, and waits only where it does not.

Three spellings: a branch (`if in_event_loop(): … else: wait()`), a failed question (`try: get_running_loop()`,
`except RuntimeError: wait()`), and a function that gives an awaitable on one way and waits on another.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ChoiceTerm, ConstantTerm, NameTerm, Term, unannotated
from flake8_bookmark.project.constants import ConstantReader
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

LOOP_QUESTIONS = frozenset(
    {
        "asyncio.get_running_loop",
        "asyncio._get_running_loop",
        "asyncio.events.get_running_loop",
        "asyncio.events._get_running_loop",
        "asyncio.current_task",
        "asyncio.tasks.current_task",
        "sniffio.current_async_library",
        "trio.lowlevel.current_task",
        "trio.lowlevel.current_trio_token",
        "trio.lowlevel.in_trio_run",
        "anyio.get_current_task",
    }
)
"""Their answer is true on an event loop; elsewhere they raise, or give None or False, or a loop that does not run.

https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.get_running_loop
"""
FORKS = frozenset({"os.fork", "posix.fork", "pty.fork"})
LOOP_GIVERS = frozenset({"asyncio.get_event_loop", "asyncio.events.get_event_loop"})
"""They give the running loop where one runs; elsewhere another one, or they raise."""
LOOPS = frozenset({"asyncio.AbstractEventLoop", "asyncio.BaseEventLoop"})
LOOP_STATES = frozenset({"asyncio.AbstractEventLoop.is_running", "asyncio.BaseEventLoop.is_running"})
CLOCKS = (".time", ".slow_callback_duration")
"""What is asked of a running loop by somebody who wants to know something else than whether it runs."""
MOST_CALLS = 6
DEEPEST = 4


class WorldReader:
    """Answers which calls can't happen on an event loop."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.constants = ConstantReader(resolver)
        self._questions: dict[str, bool] = {}
        self._facades: dict[str, bool] = {}
        self._forks: dict[str, int] = {}

    def is_elsewhere(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call only runs where there is no running loop, or perhaps in another process, or nowhere."""
        if fact.line > self._fork(frame):
            return True
        if any(self._denies(t, frame) if answer else self._asks(t, frame) for t, answer in fact.asked):
            return True
        return any(self.constants.contradicts(term, answer, frame) for term, answer in fact.asked)

    def _fork(self, frame: Frame) -> int:
        """Return the line of a function below which it may be the new process that runs."""
        known = self._forks.get(frame.name)
        if known is None:
            spelt = ((c.line, c.term) for c in frame.function.calls if c.form == "call" and c.text.endswith("fork"))
            named = ((line, self._called(term, frame)) for line, term in spelt if isinstance(term, CallTerm))
            lines = (line for line, names in named if not FORKS.isdisjoint(names))
            known = self._forks[frame.name] = min(lines, default=sys.maxsize)
        return known

    def _denies(self, term: Term, frame: Frame) -> bool:
        """Tell whether a term is true only where no loop runs: `idle = None if in_event_loop() else find_loop()`."""
        if not isinstance(term, NameTerm) or not term.bindings or term.owner != frame.function.key:
            return False
        bound = [unannotated(frame.function.bindings[n].term) for n in term.bindings]
        return all(_is_false(b) or (isinstance(b, ChoiceTerm) and self._is_none_on_loop(b, frame)) for b in bound)

    def _is_none_on_loop(self, term: ChoiceTerm, frame: Frame) -> bool:
        on_loop = unannotated(term.options[0 if term.wanted else -1])
        return term.test is not None and _is_false(on_loop) and self._asks(term.test, frame)

    def _asks(self, term: Term, frame: Frame, depth: int = 0) -> bool:
        """Tell whether a term is true exactly where a loop runs."""
        if depth > DEEPEST:
            return False
        match term:
            case CallTerm(arguments=()):
                names = self._called(term, frame)
                return self._is_asked(names) or (bool(names) and all(self._gives_loop(name) for name in names))
            case AttributeTerm(value=owner, name=name):
                return self._is_asked(self._properties(owner, name, frame))
            case NameTerm(owner=owner, bindings=bindings) if bindings and owner == frame.function.key:
                bound = [unannotated(frame.function.bindings[n].term) for n in bindings]
                asking = [b for b in bound if self._asks(b, frame, depth + 1)]
                return bool(asking) and all(b in asking or _is_false(b) for b in bound)
        return False

    def _called(self, term: CallTerm, frame: Frame) -> list[str]:
        return [getattr(v, "name", "") for v in self.resolver.resolve(term.callee, frame)]

    def _properties(self, owner: Term, name: str, frame: Frame) -> list[str]:
        attributes = self.resolver.attributes
        out = []
        for value in self.resolver.resolve(owner, frame):
            classes = attributes.mro(value.cls) if isinstance(value, Instance) else ()
            found = (attributes.body_function(c, name) for c in classes if is_first_party(c))
            first = next((f for f in found if f is not None), None)
            if first is not None and attributes.is_property(*first):
                out.append(f"{first[0].name}:{first[1]}")
        return out

    def _is_asked(self, names: list[str]) -> bool:
        return bool(names) and all(self._is_question(name) for name in names)

    def _is_question(self, name: str) -> bool:
        """Tell whether a function does little more than ask for the running loop, and say what it heard."""
        known = self._questions.get(name)
        if known is None:
            known = self._questions[name] = self._reaches_question(name)
        return known

    def _reaches_question(self, name: str, questions: frozenset[str] = LOOP_QUESTIONS) -> bool:
        """Walk the small functions below one, breadth first."""
        seen, level = {name}, [name]
        for _ in range(DEEPEST):
            if any(n in questions for n in level):
                return True
            level = sorted({c for n in level for c in self._calls_of_small(n)} - seen)
            seen.update(level)
        return any(n in questions for n in level)

    def _gives_loop(self, name: str) -> bool:
        """Tell whether a function says whether the running loop runs, or gives that loop, or nothing in its place."""
        if name in LOOP_GIVERS or name in LOOP_STATES:
            return True
        target = self.resolver.project.frame(name) if is_first_party(name) else None
        if target is None or not self._reaches_question(name, LOOP_GIVERS):
            return False
        values = self.resolver.results.returned(target, None)
        return bool(values) and all(isinstance(v, Instance) and v.cls in LOOPS for v in values)

    def _calls_of_small(self, name: str) -> list[str]:
        target = self.resolver.project.frame(name) if is_first_party(name) else None
        if target is None or target.function.kind != "function" or not target.function.returns:
            return []
        if any(c.text.endswith(CLOCKS) for c in target.function.calls):
            return []
        calls = [c.term for c in target.function.calls if isinstance(c.term, CallTerm)]
        return [n for c in calls for n in self._called(c, target)] if len(calls) <= MOST_CALLS else []

    # functions that give an awaitable, or wait ------------------------------------------------------------------------

    def is_facade(self, frame: Frame) -> bool:
        """Tell whether a plain function gives an awaitable on some way, so that it need not wait on a loop."""
        known = self._facades.get(frame.name)
        if known is None:
            self._facades[frame.name] = False
            known = self._facades[frame.name] = self._gives_awaitable(frame)
        return known

    def _gives_awaitable(self, frame: Frame) -> bool:
        if frame.function.kind != "function" or len(frame.function.returns) < 2:
            return False
        return any(
            self.resolver.results.is_awaitable(value)
            for term in frame.function.returns
            for value in self.resolver.resolve(term, frame)
        )


def _is_false(term: Term) -> bool:
    return isinstance(term, ConstantTerm) and (term.kind == "NoneType" or term.value in (False, 0))
