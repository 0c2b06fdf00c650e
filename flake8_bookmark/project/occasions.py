"""On which occasion a function runs: once while the program starts or ends, or in a command that runs one thing.

A start-up hook, a lifespan and the `main` of `asyncio.run(main())` run once. So does a function that is called only
there, or in functions that run once, and neither in a loop nor as a task beside others. A command of a command-line
program runs once, too. Somebody must be known to call it; a call by its name that can't be resolved counts as one of
it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Place
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.project.callbacks import CallbackReader
from flake8_bookmark.project.callers import LOCALS
from flake8_bookmark.project.entries import EntryReader
from flake8_bookmark.project.modules import Frame

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

CONTEXT = "contextlib.asynccontextmanager"


class OccasionReader:
    """Answers per function, each question once."""

    def __init__(self, resolver: Resolver, callbacks: CallbackReader, entries: EntryReader) -> None:
        self.resolver = resolver
        self.callbacks = callbacks
        self.entries = entries
        self._once: dict[tuple[str, bool], bool] = {}
        self._commands: dict[str, bool] = {}

    # once -------------------------------------------------------------------------------------------------------------

    def is_start_up(self, frame: Frame) -> bool:
        """Tell whether a framework runs a function before it serves anybody."""
        return self._is_lifespan(frame) or self.callbacks.handing(frame, Place.STARTUP) is not None

    def _is_lifespan(self, frame: Frame) -> bool:
        """Tell whether a function is a lifespan by its name: a server runs it before it serves, and after."""
        if not frame.function.name.endswith("lifespan"):
            return False
        return CONTEXT in self.resolver.attributes.decorator_names(frame.module, frame.function)

    def is_once(self, frame: Frame, hooks: bool = False) -> bool:
        """Tell whether a function runs once in the life of its program, as far as its callers are found.

        With `hooks`, only what a framework runs before it serves anybody, or after, is meant, and no `main`.
        """
        known = self._once.get((frame.name, hooks))
        if known is None:
            runs = not hooks and (frame.function.kind == "module" or self.entries.is_command(frame))
            if runs or self.is_start_up(frame):
                known = True
            else:
                self._once[frame.name, hooks] = False  # who calls itself in the end runs again
                holds = self._is_call_of_hook if hooks else self._is_call_once
                known = self._by_callers(frame, holds) or (not hooks and self._is_only_handed(frame))
            self._once[frame.name, hooks] = known
        return known

    def _is_only_handed(self, frame: Frame) -> bool:
        """Tell whether a coroutine function is handed to a runner, as in `anyio.run(main)`, and called by nobody."""
        is_handed = LOCALS not in frame.function.key and frame.name in self.entries.run_at_once(frame.module)
        return is_handed and not self.resolver.callers.are_known(frame)

    def _is_call_once(self, fact: CallFact, caller: Frame, callee: Frame) -> bool:
        if fact.loops:
            return False
        if not _is_set_going(fact, callee):
            return self.is_once(caller)
        # An inner coroutine is often no more than the face that a plain function gives to others.
        is_face = LOCALS in callee.function.key and not self.is_once(caller) and not self.is_of_command(caller)
        return callee.name in self.entries.run_at_once(caller.module) and not is_face

    def _is_call_of_hook(self, fact: CallFact, caller: Frame, callee: Frame) -> bool:
        """Tell whether a call is made before or after anybody is served, or where nobody ever is."""
        if fact.loops:
            return False
        if _is_set_going(fact, callee):
            return callee.name in self.entries.run_at_once(caller.module) and self.is_of_command(caller)
        return self.is_once(caller, hooks=True) or self.is_of_command(caller)

    # commands ---------------------------------------------------------------------------------------------------------

    def is_of_command(self, frame: Frame) -> bool:
        """Tell whether only commands of a command-line program run a function, with no other task beside it."""
        known = self._commands.get(frame.name)
        if known is None:
            self._commands[frame.name] = False
            known = self._commands[frame.name] = self._is_of_command(frame)
        return known

    def _is_of_command(self, frame: Frame) -> bool:
        known = self.entries.is_command(frame) or self.entries.is_of_program(frame.module)
        if not known and not self._by_callers(frame, self._is_call_of_command):
            return False
        return not self.entries.starts_tasks(frame.module)  # asked last: every call of the module is looked at

    def _is_call_of_command(self, fact: CallFact, caller: Frame, _: Frame) -> bool:
        return not _is_in_while(fact, caller) and self.is_of_command(caller)

    # callers ----------------------------------------------------------------------------------------------------------

    def _by_callers(self, frame: Frame, holds: Callable[[CallFact, Frame, Frame], bool]) -> bool:
        """Tell whether something is true of every call of a function that is found, and one is found."""
        if self._overrides(frame):
            return False
        return self.resolver.callers.all_are(frame, holds)

    def _overrides(self, frame: Frame) -> bool:
        """Tell whether a class above has a method of the same name, so that other calls may run this one."""
        owner = frame.function.owner
        if not owner:
            return False
        cls = f"{frame.module.name}:{owner}"
        attributes = self.resolver.attributes
        above = list(attributes.mro(cls))[1:]
        return any(attributes.method_of_class(name, frame.function.name) for name in above)


def _is_set_going(fact: CallFact, callee: Frame) -> bool:
    """Tell whether a coroutine is called and not awaited at once, so that it may run beside others of its kind."""
    return callee.function.kind == "coroutine" and fact.use not in ("awaited", "returned")


def _is_in_while(fact: CallFact, frame: Frame) -> bool:
    number = fact.loop
    while number >= 0:
        loop = frame.function.loops[number]
        if loop.form == "while":
            return True
        number = loop.parent
    return False
