"""Where a finding stands lowers its level, and never raises it."""

from __future__ import annotations

import ast

from flake8_bookmark.effects.model import Effect, Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.flow.rounds import names_in
from flake8_bookmark.rules.model import Subject, Wait

FILES = frozenset({Kind.FILE, Kind.PATH})
ON_ERRORS = FILES | {Kind.THREAD}
"""What is mostly done to end or to report what failed; who sleeps or runs a process there tries again, another way."""
BEFOREHAND = frozenset({Kind.NETWORK, Kind.DATABASE, Kind.PROCESS, Kind.THREAD})
"""What a service may ask for once, before it serves anybody or after."""
SOCKETS = "socket."
AT_TERMINALS = frozenset({Kind.PERSON, Kind.PROCESS})
"""What a command of a command-line program is expected to wait for, whatever else it does."""


def contextual_level(wait: Wait, subject: Subject) -> Level | None:
    """Return the level of a wait where it stands; None where the test profile turns it off."""
    kind = wait.hit.effect.kind
    level = test_level(wait.hit.level, wait.hit.effect) if subject.context.is_test else wait.hit.level
    if level is None or level is Level.HINT:
        return level
    if (kind in ON_ERRORS and wait.fact.handles) or (kind in FILES and is_start_up(wait, subject)):
        return Level.HINT
    if subject.context.is_apart:
        level = Level.HINT if kind is Kind.PROCESS else level.lowered()
    if kind is Kind.PERSON and level < Level.ERROR and (wait.fact.handles or wait.helper is not None):
        return Level.HINT  # a debugger that is entered on errors, or when a helper is told to
    is_alone = kind in AT_TERMINALS or not subject.summaries.entries.starts_tasks(subject.frame.module)
    if is_one_shot(subject) and is_alone:
        return Level.HINT  # nobody else is on the loop, or has anything to do before the answer is there
    if kind is Kind.LOOP:
        return level  # it fails, or waits for itself, the first time as well
    made_once = wait.fact.guarded and (wait.helper is None or kind in FILES)
    if made_once or is_one_shot(subject) or is_start_up(wait, subject):
        level = level.lowered()
    return _by_occasion(level, wait, subject)


def _by_occasion(level: Level, wait: Wait, subject: Subject) -> Level:
    """Return the level in what only a command calls, or what runs once: who calls it is only looked for here."""
    occasions, frame = subject.summaries.occasions, subject.frame
    if level is not Level.HINT and occasions.is_of_command(frame):
        return Level.HINT
    if level is Level.HINT or not occasions.is_once(frame):
        return level
    if _is_repeated(wait, subject, every=not occasions.is_once(frame, True)):
        return level
    kind, entries = wait.hit.effect.kind, subject.summaries.entries
    is_main = frame.name in entries.run_at_once(frame.module) or entries.is_command(frame)
    if kind in FILES or (kind in BEFOREHAND and (not is_main or occasions.is_once(frame, True))):
        return Level.HINT
    return level if entries.is_command(frame) else level.lowered()  # a command is lower already


def _is_repeated(wait: Wait, subject: Subject, every: bool) -> bool:
    """Tell whether a call stands in a loop, and not for one of its elements: `for key in config: if key == "db":`.

    Where it is not `every` loop that counts, as before anybody is served, a `while` does, which may have no end.
    """
    if not wait.fact.loops or wait.fact.site not in subject.call_nodes:
        return bool(wait.fact.loops)
    node: ast.AST | None = subject.call_nodes[wait.fact.site]
    parents, picked = subject.places.parents, set[str]()
    while node is not None:
        around = parents.get(node)
        match around:
            case ast.If(test=ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()])) if node in around.body:
                picked.add(name)
            case ast.For(target=target) | ast.AsyncFor(target=target) if every and not picked & names_in(target):
                return True
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp() if every:
                return True
            case ast.While():
                return True
        node = around
    return False


def test_level(level: Level, effect: Effect) -> Level | None:
    """Return the level in tests, where nobody else is served: off for files, a hint for what is the test's own.

    That is a bare socket, too: its other end is in the test as well.
    """
    if effect.kind in FILES:
        return None
    is_own = effect.kind in (Kind.DATABASE, Kind.PROCESS, Kind.THREAD) or effect.name.startswith(SOCKETS)
    return Level.HINT if is_own else level


def is_start_up(wait: Wait, subject: Subject) -> bool:
    """Tell whether a call runs before the loop serves anybody.

    That is so in what a framework runs at start-up, in a lifespan, and in `main` before its first suspension.
    """
    frame = subject.frame
    if subject.summaries.occasions.is_start_up(frame):
        return True
    points = [p.line for p in subject.machine.points]
    before_first = not points or wait.fact.line < min(points)
    if not before_first or wait.fact.loops:
        return False
    return frame.name in subject.summaries.entries.run_at_once(frame.module)


def is_one_shot(subject: Subject) -> bool:
    """Tell whether a coroutine is all that its loop runs.

    A command of a command-line program is, what a package named `cli` holds belongs to one, and `main` of
    `asyncio.run(main())` is in a module that starts no task; in a script, also what `main` awaits.
    """
    entries, frame = subject.summaries.entries, subject.frame
    if entries.is_command(frame) or entries.is_of_program(frame.module):
        return True
    run = entries.run_at_once(frame.module)
    awaited = entries.run_by_script(frame.module) if run else run
    return frame.name in run | awaited and not entries.starts_tasks(frame.module)
