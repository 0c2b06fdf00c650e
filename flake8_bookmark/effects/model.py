"""What a library call means, as plain values.

A *declaration* in the catalogue says something about a qualified name; an *effect* is what a call to that name does
to the thread that runs it. Kinds are the rule book's: the last digit of `BKM1HK` for what waits, and words for what
computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from flake8_bookmark.finding import Level


class Kind(Enum):
    """What makes the thread wait (digit 1-9) or compute (digit 0)."""

    SLEEP = 1
    NETWORK = 2
    DATABASE = 3
    PROCESS = 4
    FILE = 5
    PATH = 6
    THREAD = 7
    LOOP = 8
    PERSON = 9
    COMPUTE = 0


DEFAULT_LEVEL: Mapping[Kind, Level] = {
    Kind.SLEEP: Level.ERROR,
    Kind.NETWORK: Level.ERROR,
    Kind.DATABASE: Level.ERROR,
    Kind.PROCESS: Level.ERROR,
    Kind.FILE: Level.WARNING,
    Kind.PATH: Level.HINT,
    Kind.THREAD: Level.ERROR,
    Kind.LOOP: Level.ERROR,
    Kind.PERSON: Level.ERROR,
    Kind.COMPUTE: Level.WARNING,
}


class Place(StrEnum):
    """Where a callable that is handed over will run; an iterable may also be stepped through, and a context
    manager be entered, here and now.

    What a field of a class is made by runs whenever an object of the class is made. A command is run once, as a
    program of its own: nothing else waits on its loop. What runs at start-up runs on the loop before it serves
    anybody. Of an endpoint, a coroutine runs on the loop and a plain function in a worker. A signal handler runs
    between two steps of the main thread, with or without a loop.
    """

    WORKER = "worker"
    LOOP = "loop"
    HERE = "here"
    TASK = "task"
    ITERATED = "iterated"
    ENTERED = "entered"
    MADE = "made"
    COMMAND = "command"
    STARTUP = "startup"
    ENDPOINT = "endpoint"
    SIGNAL = "signal"


class Lifetime(StrEnum):
    """How many objects of a class a framework makes: one for each request or dialogue, or one for the whole program."""

    REQUEST = "request"
    PROGRAM = "program"


class Suspends(StrEnum):
    """Whether awaiting gives the loop back."""

    NEVER = "never"
    MAYBE = "maybe"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one argument: it holds when the argument is written as one of these constants.

    With `begins`, it holds when the argument is a text, or a parameter that was asked for it, which begins so.

    `position` counts from 0 without `self`; None means keyword only. `absent` says whether the condition holds when
    the call does not pass the argument (and has no star-arguments that might), `written` that any short constant
    will do.
    """

    keyword: str
    position: int | None
    values: tuple[object, ...]
    absent: bool = False
    written: bool = False
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call to `name` does to its thread.

    `instead` maps asyncio, anyio and trio to dotted names that serve the same purpose without waiting, best first.
    `releases_gil` is meaningful for computing effects only; None means unknown. `element` names what the call handles
    one of ("pixel"), where only a loop of such calls takes long. The effect is gone where the same
    function also calls a method of `unless_called` on the same object: it asked `done()` before `result()`; where the
    object was made with an argument of `unless_zero` as 0, or such an attribute of it is set to 0; and where
    the object is one of those that a call of `unless_from` gives: `as_completed()` gives futures that are done. With
    `unless_awaited` it is gone where the call is awaited: then the object is one that gives an awaitable. With
    `anew`, a call on what the same function opened waits once more, for something else: the next picture of a camera.
    What is `lazy` happens while somebody steps through the result.
    """

    name: str
    kind: Kind
    level: Level
    anchor: str
    cause: str = ""
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""
    note: str = ""
    releases_gil: bool | None = None
    element: str = ""
    unless: tuple[Condition, ...] = ()
    only_if: tuple[Condition, ...] = ()
    unless_called: tuple[str, ...] = ()
    unless_zero: tuple[str, ...] = ()
    unless_from: tuple[str, ...] = ()
    unless_awaited: bool = False
    anew: bool = False
    lower_if: tuple[Condition, ...] = ()
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    """One argument of a call that is a callable (or a coroutine), and where it runs.

    `result` says what the call gives back: "" for unrelated, "value" for the callable's own result, "awaitable" for
    an awaitable of it, "future" for a concurrent future of it, "callable" for a callable that does it when called.
    `awaits` says that a coroutine function will do as well as a plain one, `rare` that it is called only on errors or
    at the end, `plain` that a coroutine function is out of place: the callee can't do anything with a coroutine.
    """

    keyword: str
    position: int | None
    place: Place
    result: str = ""
    awaits: bool = False
    rare: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Spawner:
    """A call that starts a task; `holds` says whether the callee (or its receiver) keeps a strong reference."""

    name: str
    holds: bool


@dataclass(frozen=True, slots=True)
class LockKind:
    """A lock: of threads, of the event loop, or of processes.

    `exclusive` says that one task at a time has it: a task that has it and asks for it again waits for itself.
    `refuses` says that it is told so by a RuntimeError instead.
    """

    name: str
    family: str  # "thread" | "async" | "process"
    exclusive: bool = False
    refuses: bool = False


class Scope(StrEnum):
    """What a `with` statement opens: something about tasks and time, or something that others wait for."""

    TIMEOUT = "timeout"
    CANCEL = "cancel"
    TASKS = "tasks"
    TRANSACTION = "transaction"
    CURSOR = "cursor"
    FILELOCK = "filelock"
