"""Whether a text can hold code that a loop runs: the first question to any file, and for most the last."""

from __future__ import annotations

# One of these stands in every file that defines a coroutine, starts a task or gives a callback to a loop.
# Plain substring searches: a dozen of them cost less than one regular expression.
SUSPENDING_WORDS = (
    "async",
    "Async",
    "await",
    "trio",
    "anyio",
    "call_soon",
    "call_later",
    "call_at",
    "create_task",
    "ensure_future",
    "start_soon",
    "add_done_callback",
    "add_reader",
    "add_writer",
    "add_signal_handler",
    "run_until_complete",
    "tornado",
)


def may_suspend(text: str) -> bool:
    """Tell whether a file with this text can hold loop code at all."""
    return any(word in text for word in SUSPENDING_WORDS)
