"""Where a finding stands lowers its level, and never raises it."""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind, Place
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Subject, Wait

FILES = frozenset({Kind.FILE, Kind.PATH})


def contextual_level(wait: Wait, subject: Subject) -> Level | None:
    """Return the level of a wait where it stands; None where the test profile turns it off."""
    kind = wait.hit.effect.kind
    level = test_level(wait.hit.level, kind) if subject.context.is_test else wait.hit.level
    if level is None:
        return None
    if kind in FILES and (wait.fact.handles or is_start_up(wait, subject)):
        return Level.HINT
    if kind is Kind.PERSON and level < Level.ERROR and (wait.fact.handles or wait.helper is not None):
        return Level.HINT  # a debugger that is entered on errors, or when a helper is told to
    if is_one_shot(subject) and not subject.summaries.entries.starts_tasks(subject.frame.module):
        return Level.HINT  # nobody else is on the loop
    made_once = wait.helper is None and wait.fact.guarded
    return level.lowered() if made_once or is_one_shot(subject) or is_start_up(wait, subject) else level


def test_level(level: Level, kind: Kind) -> Level | None:
    """Return the level in tests, where nobody else is served: off for files, lower for a database of the test's own."""
    if kind in FILES:
        return None
    if kind is Kind.DATABASE:
        return Level.HINT
    return level.lowered() if kind is Kind.PROCESS else level


def is_start_up(wait: Wait, subject: Subject) -> bool:
    """Tell whether a call runs before the loop serves anybody.

    That is so in what a framework runs at start-up, in a lifespan, and in `main` before its first suspension.
    """
    frame = subject.frame
    if is_lifespan(subject) or subject.summaries.callbacks.handing(frame, Place.STARTUP) is not None:
        return True
    points = [p.line for p in subject.machine.points]
    before_first = not points or wait.fact.line < min(points)
    if not before_first or wait.fact.loops:
        return False
    return frame.name in subject.summaries.entries.run_at_once(frame.module)


def is_lifespan(subject: Subject) -> bool:
    """Tell whether a function is a lifespan by its name: a server runs it before it serves, and after."""
    frame = subject.frame
    if not frame.function.name.endswith("lifespan"):
        return False
    names = subject.summaries.resolver.attributes.decorator_names(frame.module, frame.function)
    return "contextlib.asynccontextmanager" in names


def is_one_shot(subject: Subject) -> bool:
    """Tell whether a coroutine is all that its loop runs.

    A command of a command-line program is, what a package named `cli` holds belongs to one, and `main` of
    `asyncio.run(main())` is in a module that starts no task.
    """
    entries, frame = subject.summaries.entries, subject.frame
    if entries.is_command(frame) or entries.is_of_program(frame.module):
        return True
    return frame.name in entries.run_at_once(frame.module) and not entries.starts_tasks(frame.module)
