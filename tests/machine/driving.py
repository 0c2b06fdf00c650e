"""Drives a coroutine or generator by hand, looking at its frame whenever it is suspended."""

from __future__ import annotations

import ctypes
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

Log = list[Any]


class Boom(Exception):
    """What the driver throws in, and `fail()` raises."""


class Poison:
    """Takes the place of a value that nobody will read."""

    def __repr__(self) -> str:
        return "POISON"


class Tick:
    """An awaitable that suspends once."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Iterator[Any]:
        return (yield ("tick", self.value))


class Guard:
    def __init__(self, log: Log, value: Any, swallow: bool = False) -> None:
        self.log, self.value, self.swallow = log, value, swallow

    def __enter__(self) -> Any:
        self.log.append(("enter", self.value))
        return self.value

    def __exit__(self, kind: type | None, *_: Any) -> bool:
        self.log.append(("exit", kind))
        return self.swallow and kind is Boom

    async def __aenter__(self) -> Any:
        await Tick("aenter")
        return self.__enter__()

    async def __aexit__(self, kind: type | None, *_: Any) -> bool:
        await Tick("aexit")
        return self.__exit__(kind)


async def items(value: Any) -> Any:
    for number in (1, 2):
        await Tick("anext")
        yield (value, number)


def environment(log: Log, seed: int) -> dict[str, Any]:
    """Return the globals of a driven function; all its reads and choices end up in the log."""
    chance = random.Random(f"seed {seed}")

    def see(value: Any) -> Any:
        log.append(("see", repr(value)))
        return value

    def pick() -> bool:
        return chance.random() < 0.5

    def fail() -> None:
        if pick():
            raise Boom("failed")

    return {
        "Boom": Boom,
        "tick": Tick,
        "items": items,
        "see": see,
        "pick": pick,
        "fail": fail,
        "guard": lambda value, swallow=False: Guard(log, value, swallow),
        "plain": lambda value, swallow=False: Guard(log, value, swallow),
    }


def frame_of(running: Any) -> types.FrameType | None:
    for attribute in ("cr_frame", "gi_frame", "ag_frame"):
        if hasattr(running, attribute):
            frame: types.FrameType | None = getattr(running, attribute)
            return frame
    raise TypeError(running)


def poison(frame: types.FrameType, names: set[str]) -> None:
    """Replace local variables of a suspended frame."""
    local = frame.f_locals
    for name in names & set(local):
        local[name] = Poison()
    if sys.version_info < (3, 13):  # since 3.13 `f_locals` writes through (PEP 667)
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))


def drive(
    running: Any, log: Log, seed: int, intrude: int, how: str, look: Callable[[types.FrameType], None]
) -> None:
    """Run to the end, at most 40 steps; at step `intrude`, throw something in or close."""
    is_async_generator = isinstance(running, types.AsyncGeneratorType)
    step: Any = running.asend(None) if is_async_generator else running
    for number in range(40):
        frame = frame_of(running)
        if frame is not None:
            look(frame)
        try:
            log.append(("out", repr(_advance(running, step, number, number == intrude and how))))
        except StopIteration as stop:
            log.append(("end", repr(stop.value)))
            if not is_async_generator:
                return
            step = running.asend(number)
        except (Boom, StopAsyncIteration, GeneratorExit, KeyError, BaseExceptionGroup, RuntimeError) as error:
            log.append(("raised", type(error), str(error)))
            return
    running.close() if not is_async_generator else step.close()


def _advance(running: Any, step: Any, number: int, how: str | bool) -> Any:
    if how == "throw":
        return step.throw(Boom("thrown"))
    if how == "exit":
        return step.throw(GeneratorExit())
    if step is running:
        return step.send(None if number == 0 else number)
    return step.send(None)
