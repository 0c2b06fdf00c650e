"""What running a function may do to others that run at the same time: the answer of `sharing`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conduct:
    """What running a function may do to others that run at the same time.

    `changes`: it changes something that outlives it, `changes_own`: only the object whose method it is. `sends`: it
    does something for its effect alone, in an order that may matter. `in_turn`: it uses something that serves one at a
    time. `known`: all that it awaits is known. `uses` are the objects it shares with others, `calls` the first-party
    functions that are still to be looked into, and `own_calls` those of them that are methods of the same object.
    `is_open`: it calls a method that has no body, and does what others will make of it.
    """

    changes: bool = False
    sends: bool = False
    in_turn: bool = False
    known: bool = True
    uses: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    changes_own: bool = False
    own_calls: frozenset[str] = frozenset()
    is_open: bool = False

    @property
    def is_free(self) -> bool:
        return not self.sends and self.is_apart

    @property
    def is_apart(self) -> bool:
        """Tell whether others notice nothing of it but what it sends."""
        return not self.changes_own and self.stays_inside

    @property
    def stays_inside(self) -> bool:
        """Tell whether others that have another object notice nothing of it but what it sends."""
        return not self.changes and not self.in_turn

    @property
    def fills_itself(self) -> bool:
        """Tell whether it changes its own object, and awaits unknown things only for their answers."""
        return self.changes_own and not self.sends and self.stays_inside

    def __or__(self, other: Conduct) -> Conduct:
        return Conduct(
            self.changes or other.changes,
            self.sends or other.sends,
            self.in_turn or other.in_turn,
            self.known and other.known,
            self.uses | other.uses,
            self.calls | other.calls,
            self.changes_own or other.changes_own,
            self.own_calls | other.own_calls,
            self.is_open or other.is_open,
        )


NOTHING = Conduct()
CHANGES = Conduct(changes=True)
CHANGES_OWN = Conduct(changes_own=True)
SENDS = Conduct(sends=True)
IN_TURN = Conduct(in_turn=True)
UNKNOWN = Conduct(known=False)
OPEN = Conduct(known=False, is_open=True)

LOOPS = ("asyncio", "anyio", "trio")
BOUNDED = frozenset({"asyncio.wait_for", "asyncio.shield"})
STANDS_FOR = BOUNDED | {"asyncio.gather"}
"""What waits for what it is given, and does no more."""
OPENS_ITS_OWN = frozenset({"asyncio.open_connection", "asyncio.open_unix_connection"})
