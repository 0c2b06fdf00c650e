"""How a module's coroutines come to run: what it hands to a runner, and whether anything runs beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Place
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import AttributeTerm, CallTerm
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Awaitable

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

RUNNERS = frozenset({"asyncio.run", "asyncio.Runner.run", "anyio.run", "trio.run", "uvloop.run"})
PROGRAMS = frozenset({"asyncio.AbstractEventLoop.run_until_complete", "tornado.ioloop.IOLoop.run_sync"})
"""In a function these may be a plain face of async code; in the module's body they run a program, and in the `run` of a
thread all that it does."""
THREADS = frozenset({"threading.Thread", "multiprocessing.Process"})
LAST_NAMES = frozenset(name.rpartition(".")[2] for name in RUNNERS | PROGRAMS)
PROGRAM_PARTS = frozenset({"cli", "_cli", "__main__"})
GATHERERS = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed", "asyncio.start_server"})


class EntryReader:
    """Answers per module, each question once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._run: dict[str, frozenset[str]] = {}
        self._scripts: dict[str, frozenset[str]] = {}
        self._tasks: dict[str, bool] = {}

    def run_at_once(self, module: ModuleFacts) -> frozenset[str]:
        """Return the coroutine functions that a module hands to a runner such as `asyncio.run`."""
        found = self._run.get(module.name)
        if found is None:
            found = self._run[module.name] = frozenset(self._handed_to_runners(module))
        return found

    def _handed_to_runners(self, module: ModuleFacts) -> Iterator[str]:
        for frame, term in calls(module):
            if isinstance(term.callee, AttributeTerm) and term.callee.name not in LAST_NAMES:
                continue  # asked before anything is resolved: most calls are of methods
            names = {getattr(v, "name", "") for v in self.resolver.resolve(term.callee, frame)}
            if names & RUNNERS or (names & PROGRAMS and self._is_main(frame)):
                for value in self.resolver.resolve(term.arguments[0], frame) if term.arguments else ():
                    yield value.callee if isinstance(value, Awaitable) else getattr(value, "name", "")

    def _is_main(self, frame: Frame) -> bool:
        """Tell whether a function is a module's body, or the `run` of a class of threads or processes."""
        if frame.function.kind == "module":
            return True
        owner = f"{frame.module.name}:{frame.function.owner}" if frame.function.owner else ""
        return frame.function.name == "run" and bool(owner) and self.resolver.attributes.is_a(owner, set(THREADS))

    def run_by_script(self, module: ModuleFacts) -> frozenset[str]:
        """Return the coroutine functions of a script (a file in no package) that its `asyncio.run(main())` awaits.

        They are those that `main` awaits, and what these await in turn, in the same file.
        """
        found = self._scripts.get(module.name)
        if found is None:
            folder = module.path.replace("\\", "/").rpartition("/")[0]
            is_script = not self.resolver.project.is_package(folder or ".")
            reached = self._awaited_from(self.run_at_once(module), module) if is_script else set()
            found = self._scripts[module.name] = frozenset(reached)
        return found

    def _awaited_from(self, names: Iterable[str], module: ModuleFacts) -> set[str]:
        seen, pending = set(names), list(names)
        while pending:
            frame = self.resolver.project.frame(pending.pop())
            if frame is None or frame.module is not module:
                continue
            for fact in frame.function.calls:
                if fact.use == "awaited" and isinstance(fact.term, CallTerm):
                    values = self.resolver.resolve(fact.term.callee, frame)
                    new = {n for v in values if (n := getattr(v, "name", "")).startswith(f"{module.name}:")} - seen
                    seen |= new
                    pending.extend(sorted(new))
        return seen

    def is_command(self, frame: Frame) -> bool:
        """Tell whether a function is a command of a command-line program, by its decorators."""
        names = self.resolver.attributes.decorator_names(frame.module, frame.function)
        made = (self.resolver.catalogue.decorator(name) for name in names)
        return any(m is not None and m.place is Place.COMMAND for m in made)

    def is_of_program(self, module: ModuleFacts) -> bool:
        """Tell whether a module belongs to a command-line program, by its name or that of a package around it.

        The outermost package is a whole project, whatever its name.
        """
        outer, *inner = module.name.split(".")
        return not PROGRAM_PARTS.isdisjoint(inner or [outer])

    def starts_tasks(self, module: ModuleFacts) -> bool:
        """Tell whether any call of a module starts a task or gathers several."""
        found = self._tasks.get(module.name)
        if found is None:
            names = (
                getattr(value, "name", "")
                for frame, term in calls(module)
                for value in self.resolver.resolve(term.callee, frame)
            )
            found = any(n and (n in GATHERERS or self.resolver.catalogue.spawner(n) is not None) for n in names)
            self._tasks[module.name] = found
        return found


def calls(module: ModuleFacts) -> Iterator[tuple[Frame, CallTerm]]:
    """Yield every explicit call of a module with the function that makes it."""
    for facts in module.functions():
        frame = Frame(module, facts)
        for fact in facts.calls:
            if isinstance(fact.term, CallTerm) and fact.form == "call":
                yield frame, fact.term
