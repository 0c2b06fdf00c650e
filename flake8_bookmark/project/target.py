"""The value that says what code runs."""

from __future__ import annotations

from msgspec import Struct

from flake8_bookmark.facts.model import ParameterTest
from flake8_bookmark.project.values import Instance


class Target(Struct, frozen=True, gc=False):
    """Code that runs: `name` of a library (with the class it was asked of), or of a first-party function.

    `receiver` is the object of a method. `handed` marks a callable that was handed to first-party code, which calls
    it: by which way is less sure, so its effects are one level lower. So are those of a `doubtful` one: another of the
    methods that may answer runs nothing here. `bound` counts the parameters that come before the call's own arguments;
    None where those are not the callee's (a partial, a property, an `__enter__`). `when` lists what must be so of the
    caller's parameters for the callee to be this one.
    """

    name: str
    is_function: bool
    alternatives: tuple[str, ...] = ()
    receiver: Instance | None = None
    handed: bool = False
    doubtful: bool = False
    bound: int | None = None
    when: tuple[ParameterTest, ...] = ()
