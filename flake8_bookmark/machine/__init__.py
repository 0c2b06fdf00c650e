"""A function as the state machine that it is: states, transitions and bookmarks."""

from flake8_bookmark.machine.machine import StateMachine, build_machine, cut
from flake8_bookmark.machine.model import Bookmark, State, SuspensionPoint, Transition

__all__ = ["Bookmark", "State", "StateMachine", "SuspensionPoint", "Transition", "build_machine", "cut"]
