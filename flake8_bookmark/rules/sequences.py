"""What the rules about awaits one after the other share: what an await waits for, and where order has a meaning."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.names.terms import ImportTerm
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.tasks import spawner_of

PEELED = frozenset({"asyncio.wait_for", "asyncio.shield"})
TOGETHER = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed"})
QUESTIONS = frozenset({"get", "list", "fetch", "read", "load", "query", "search", "ask", "find", "check", "count"})
"""First words of what is called for its answer."""

STEPS = frozenset(
    {"start", "run", "apply", "migrate", "setup", "set", "init", "initialize", "connect", "open", "begin", "execute"}
    | {"step", "startup", "install", "enter", "aenter", "register", "upgrade", "prepare", "build"}
)
"""First words of what may be one of several steps."""


def first_word(call: ast.Call) -> str:
    """Return the first word of the name by which a function is called: `delete` of `store.async_delete_all()`."""
    return _first_word(written(call.func).rpartition(".")[2])


def _first_word(name: str) -> str:
    return name.strip("_").removeprefix("async_").partition("_")[0]


def may_have_order(name: str) -> bool:
    """Tell whether what a function does may be a step that others build on, by the first word of its name."""
    return _first_word(name) in STEPS


def is_question(call: ast.Call) -> bool:
    """Tell whether a function is called for its answer, by the first word of its name: `get_balance`, `_load_users`."""
    return first_word(call) in QUESTIONS


def awaited_call(
    node: ast.expr, facts: Mapping[Site, CallFact], subject: Subject
) -> tuple[ast.Call | None, CallFact | None]:
    """Return the call that an await waits for: `f(x)` in `await f(x)` and in `await wait_for(f(x), 1)`."""
    while isinstance(node, ast.Call):
        fact = facts.get(site_of(node))
        if fact is None:
            break
        callees = subject.summaries.targets.callees(fact, subject.frame)
        peeled = bool(callees) and all(getattr(c, "name", "") in PEELED for c in callees)
        if not peeled or not node.args:
            return node, fact
        node = node.args[0]
    return None, None


def is_together(fact: CallFact, subject: Subject) -> bool:
    """Tell whether a call starts a task or waits for several, so that things run side by side already."""
    callees = subject.summaries.targets.callees(fact, subject.frame)
    return any(getattr(c, "name", "") in TOGETHER | PEELED for c in callees) or (
        spawner_of(fact, subject.frame, subject) is not None
    )


def may_wait(fact: CallFact, subject: Subject) -> bool:
    """Tell whether awaiting a call can take time at all."""
    return subject.summaries.suspension.of_fact(fact, subject.frame) is not Suspends.NEVER


def start_together(subject: Subject) -> str:
    """Return what starts coroutines side by side in the async library of the module."""
    ways = {"asyncio": "asyncio.gather or a TaskGroup", "anyio": "an anyio task group", "trio": "a trio nursery"}
    return ways[subject.context.framework]


def is_ordered_code(subject: Subject) -> bool:
    """Tell whether the order of awaits has a meaning of its own here: in workflows that are replayed."""
    catalogue = subject.summaries.resolver.catalogue
    for function in subject.frame.module.functions():
        for binding in function.bindings:
            term = binding.term
            if isinstance(term, ImportTerm) and not term.level:
                module = f"{term.module}.{term.name}" if term.name else term.module
                if catalogue.replays(module):
                    return True
    return False
