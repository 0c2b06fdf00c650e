"""One best fix for a call that waits, in the words of the async library that the module is written for."""

from __future__ import annotations

import sys

from flake8_bookmark.effects.model import Effect, Kind
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.rules.model import Context

WORKERS = {
    "asyncio": "asyncio.to_thread",
    "anyio": "anyio.to_thread.run_sync",
    "trio": "trio.to_thread.run_sync",
}
NOT_FOR_WORKERS = frozenset({Kind.LOOP})


def advise(effect: Effect, callee: str, fact: CallFact, context: Context, through_helper: bool) -> str:
    """Return the advice; empty when there is none to give.

    A library is only advised where the module already imports it, or where it comes with Python or with the async
    library itself.
    """
    worker = f"{WORKERS[context.framework]}({callee})"
    elsewhere = f"do it in {WORKERS[context.framework]}"
    in_worker = f"await {worker}" if all(part.isidentifier() for part in callee.split(".")) else elsewhere
    if effect.kind is Kind.COMPUTE:
        return in_worker if effect.releases_gil is not False else "hand it to a process pool"
    if effect.kind is Kind.LOOP:
        return _replacement(effect, context) or "await the coroutine instead"
    if through_helper:
        return in_worker if fact.form == "call" else elsewhere
    replacement = _replacement(effect, context)
    if replacement:
        return replacement
    if effect.kind is Kind.DATABASE:
        return f"connect, execute and fetch in one function under {WORKERS[context.framework]}"
    if effect.kind is Kind.FILE and effect.name in ("builtins.open", "io.open", "pathlib.Path.open"):
        return f"open, read and close it in one function under {WORKERS[context.framework]}"
    if fact.form == "import":
        return "import it at the top of the module"
    return in_worker if fact.form == "call" else elsewhere


def _replacement(effect: Effect, context: Context) -> str:
    for name in effect.instead.get(context.framework, ()):
        if is_available(name.partition(".")[0], context):
            return f"use {name}"
    return ""


def is_available(root: str, context: Context) -> bool:
    """Tell whether advising a library asks for no new dependency."""
    return root == context.framework or root in context.imports or root in sys.stdlib_module_names
