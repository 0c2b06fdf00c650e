"""Notes the loops of one scope while its statements are read: how they nest, and whether they may be left early."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from msgspec import structs

from flake8_bookmark.facts.model import LoopFact
from flake8_bookmark.names.terms import Term


@dataclass(slots=True)
class LoopNotes:
    """The loops noted so far; `inner` is the number of the one that is being read, -1 for none.

    `choices` counts the branches around the place that is being read: what stands in one more than the loop around
    it does not run in every round.
    """

    facts: list[LoopFact]
    inner: int = -1
    choices: int = 0
    base: int = 0

    @contextmanager
    def reading(self, node: ast.AST, form: str, line: int, column: int, iterable: Term | None = None) -> Iterator[None]:
        """Note a loop; what is read inside belongs to it."""
        is_async = isinstance(node, ast.AsyncFor) or bool(getattr(node, "is_async", 0))
        outer, base = self.inner, self.base
        conditional = self.choices > base
        self.facts.append(LoopFact(form, line, column, outer, iterable, is_async, conditional))
        self.inner, self.base = len(self.facts) - 1, self.choices
        yield
        self.inner, self.base = outer, base

    def broken(self) -> None:
        """Note a `break` out of the loop that is being read."""
        if self.inner >= 0:
            self.facts[self.inner] = structs.replace(self.facts[self.inner], leaves=True)

    def returned(self) -> None:
        """Note a `return`: it leaves all loops around it."""
        for number in self._around():
            self.facts[number] = structs.replace(self.facts[number], leaves=True)

    def yielded(self) -> None:
        """Note a `yield`."""
        for number in self._around():
            self.facts[number] = structs.replace(self.facts[number], yields=True)

    def _around(self) -> Iterator[int]:
        number = self.inner
        while number >= 0:
            yield number
            number = self.facts[number].parent
