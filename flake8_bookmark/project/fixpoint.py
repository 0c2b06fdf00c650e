"""Answers to questions that may depend on one another, without regard to who asks first.

A question that comes up again while it is still open closes a cycle. All questions of a cycle are answered together:
those on it are asked again, each beginning with its last answer, until none changes; only then are they kept. Answers
only ever grow, so the result is the least fixed point, whichever question of the cycle was asked first. Between two
rounds the answers below an open question are remembered provisionally, so a round asks each question once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from flake8_bookmark.project.values import UNKNOWN, Values, shallow

DEEPEST = 120
"""Open questions; Python's own stack ends soon after. What lies deeper is unknown."""
MOST_ROUNDS = 8
CLOSED = 10**9


class Fixpoint:
    """Keeps answers by key."""

    def __init__(self) -> None:
        self.known: dict[Hashable, Values] = {}
        """The final answers, for whoever has no question to make before."""
        self._open: dict[Hashable, int] = {}
        self._guesses: dict[Hashable, Values] = {}
        self._provisional: dict[Hashable, tuple[Values, int]] = {}
        self._lowest = CLOSED
        self._changed = False

    def solve(self, key: Hashable, compute: Callable[[], Values]) -> Values:
        """Return the answer to a question; `compute` may ask further ones."""
        known = self.known.get(key)
        if known is not None:
            return known
        if key in self._open:
            self._lowest = min(self._lowest, self._open[key])
            return self._guesses.get(key, UNKNOWN)
        if key in self._provisional:
            values, lowest = self._provisional[key]
            self._lowest = min(self._lowest, lowest)
            return values
        depth = len(self._open)
        if depth >= DEEPEST:
            self._lowest = -1
            return UNKNOWN
        return self._answer(key, compute, depth)

    def _answer(self, key: Hashable, compute: Callable[[], Values], depth: int) -> Values:
        outer, changed = self._lowest, self._changed
        self._open[key] = depth
        try:
            for _ in range(MOST_ROUNDS):
                self._lowest, self._changed = CLOSED, False
                values = compute()
                lowest = self._lowest
                if lowest <= depth:
                    values = shallow(values)
                grown = self._guess(key, values) if lowest <= depth else False
                if lowest != depth or not (grown or self._changed):
                    break
                self._forget(depth)
        finally:
            del self._open[key]
            self._lowest, self._changed = outer, changed or self._changed
        if lowest < depth:
            self._provisional[key] = (values, lowest)
            self._hang_lower(depth, lowest)
            self._lowest = min(outer, lowest)
        else:
            self._keep(key, values, depth)
        if not self._open:
            self._provisional.clear()
            self._guesses.clear()
        return values

    def _guess(self, key: Hashable, values: Values) -> bool:
        """Remember the last answer to a question on a cycle; tell whether it is a new one."""
        if self._guesses.get(key, UNKNOWN) == values:
            return False
        self._guesses[key] = values
        self._changed = True
        return True

    def _forget(self, depth: int) -> None:
        """Drop the provisional answers that hang on the question at this depth, or on deeper ones."""
        for key in [k for k, (_, lowest) in self._provisional.items() if lowest >= depth]:
            del self._provisional[key]

    def _hang_lower(self, depth: int, lowest: int) -> None:
        """What hung on a question that is no longer open hangs on what that question hangs on."""
        for key, (values, low) in self._provisional.items():
            if low >= depth:
                self._provisional[key] = (values, lowest)

    def _keep(self, key: Hashable, values: Values, depth: int) -> None:
        """Keep an answer, and those of the cycle that it heads; a cycle's values stand in one fixed order."""
        self.known[key] = values
        if not self._provisional:
            return
        for other in [k for k, (_, lowest) in self._provisional.items() if lowest >= depth]:
            self.known[other] = tuple(sorted(self._provisional.pop(other)[0], key=repr))
            self.known[key] = tuple(sorted(values, key=repr))
