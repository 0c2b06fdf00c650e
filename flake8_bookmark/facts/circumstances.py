"""Under which circumstances a piece of code runs, as far as the tests around it tell."""

from __future__ import annotations

from msgspec import Struct

from flake8_bookmark.facts.model import ParameterTest
from flake8_bookmark.names.terms import Term


class Circumstances(Struct, frozen=True, gc=False):
    """What must be so for code to run: see the fields of the same names of `CallFact`."""

    when: tuple[ParameterTest, ...] = ()
    guarded: bool = False
    choices: int = 0
    asked: tuple[tuple[Term, bool], ...] = ()
    picks: int = 0
