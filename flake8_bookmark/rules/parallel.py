"""BKM4xx: awaits that stand in a row as if they ran side by side."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock, Op, OpKind, Suspend
from flake8_bookmark.names.terms import AwaitTerm, CallTerm, CollectedTerm, DisplayTerm, StarTerm, Term
from flake8_bookmark.project.values import Awaitable, Instance, is_first_party
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.tasks import spawner_of

GATHERERS = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed"})
OWN_CONTEXT = "context"


# BKM401 ---------------------------------------------------------------------------------------------------------------


def awaited_at_once(subject: Subject) -> Iterator[Finding]:
    """A task is started and awaited before anything else can run beside it."""
    if subject.context.is_test:
        return
    started = {f.site: f for f in subject.facts if f.form == "call" and _starts_alone(f, subject)}
    for fact in started.values():
        if fact.use == "awaited":
            yield _at_once(fact, subject)
    for block in subject.machine.graph.blocks if started else ():
        bound = _bound_and_awaited(block, started, subject)
        if bound is not None:
            yield _at_once(bound, subject)


def _starts_alone(fact: CallFact, subject: Subject) -> bool:
    """Tell whether a call makes a plain asyncio task of a coroutine; one with a context of its own has a purpose."""
    spawner = spawner_of(fact, subject.frame, subject)
    if spawner is None or not spawner.name.startswith("asyncio.") or not isinstance(fact.term, CallTerm):
        return False
    if any(keyword in (OWN_CONTEXT, "") for keyword, _ in fact.term.keywords):
        return False
    if not fact.term.arguments or not isinstance(fact.term.arguments[0], CallTerm):
        return False
    if _may_set_context(fact.term.arguments[0], subject):
        return False
    if spawner.name.endswith("create_task"):
        return True
    return spawner.name.endswith("ensure_future") and _makes_coroutine(fact.term, subject)


def _may_set_context(call: CallTerm, subject: Subject) -> bool:
    """Tell whether a coroutine may set context variables, which a task of its own keeps from its caller.

    It does so by name, or enters something of the project's own, or unknown, that may.
    """
    resolver = subject.summaries.resolver
    for value in resolver.resolve(call.callee, subject.frame):
        inner = resolver.project.frame(getattr(value, "name", ""))
        if inner is None:
            continue
        for fact in inner.function.calls:
            if fact.form == "enter" and not fact.is_async:
                entered = resolver.resolve(fact.term, inner)
                if not entered or any(not isinstance(v, Instance) or is_first_party(v.cls) for v in entered):
                    return True
            names = {getattr(v, "name", "") for v in subject.summaries.targets.callees(fact, inner)}
            if fact.form == "call" and fact.text.endswith(".set") and "contextvars.ContextVar.set" in names:
                return True
    return False


def _makes_coroutine(call: CallTerm, subject: Subject) -> bool:
    values = subject.summaries.resolver.resolve(call.arguments[0], subject.frame)
    return bool(values) and all(isinstance(v, Awaitable) for v in values)


def _bound_and_awaited(block: BasicBlock, started: dict[Site, CallFact], subject: Subject) -> CallFact | None:
    """`t = create_task(f())`, then `await t` in the same block, with no other task and no other use of `t`."""
    suspend = block.terminator
    if not isinstance(suspend, Suspend) or not isinstance(suspend.node, ast.Await):
        return None
    awaited = suspend.node.value
    if not isinstance(awaited, ast.Name):
        return None
    for index, op in enumerate(block.ops):
        fact = started.get(site_of(op.node)) if op.kind is OpKind.CALL and isinstance(op.node, ast.Call) else None
        if fact is not None and fact.use == "bound" and fact.targets == (awaited.id,):
            later = block.ops[index + 1 :]
            return fact if _only_awaited(later, awaited.id, started, subject) else None
    return None


def _only_awaited(later: list[Op], name: str, started: dict[Site, CallFact], subject: Subject) -> bool:
    others = [op for op in later if isinstance(op.node, ast.Call) and site_of(op.node) in started]
    uses = [op for op in subject.machine.graph.ops() if op.kind is OpKind.LOAD and op.name == name]
    inside = any(name in captured for captured in subject.machine.graph.captures.values())
    return not others and len(uses) == 1 and not inside


def _at_once(fact: CallFact, subject: Subject) -> Finding:
    message = (
        f"{fact.text}() is awaited before anything can run beside it: a plain await does the same; "
        "start all tasks first, then await them"
    )
    return subject.finding("BKM401", fact, message, Level.WARNING, "awaited-at-once")


# BKM402 ---------------------------------------------------------------------------------------------------------------


def awaited_arguments(subject: Subject) -> Iterator[Finding]:
    """Arguments of gather are awaited one after the other, before gather starts."""
    for fact in subject.facts:
        if fact.form == "call" and isinstance(fact.term, CallTerm) and _gathers(fact, subject):
            count = sum(_awaits_in(a) for a in fact.term.arguments)
            if count and (count > 1 or len(fact.term.arguments) > 1):
                yield _awaited_first(fact, subject)


def _gathers(fact: CallFact, subject: Subject) -> bool:
    callees = subject.summaries.targets.callees(fact, subject.frame)
    return bool(callees) and all(getattr(c, "name", "") in GATHERERS for c in callees)


def _awaits_in(term: Term) -> int:
    """Count the awaits among what is to run side by side; many, for a comprehension of them.

    `gather(*await collect())` awaits a list of awaitables and is right.
    """
    match term:
        case AwaitTerm():
            return 1
        case StarTerm(value=DisplayTerm(items=items)) | DisplayTerm(items=items):
            return sum(_awaits_in(i) for i in items)
        case StarTerm(value=CollectedTerm(items=items)) | CollectedTerm(items=items):
            return 2 * sum(_awaits_in(i) for i in items)
    return 0


def _awaited_first(fact: CallFact, subject: Subject) -> Finding:
    message = (
        f"the arguments of {fact.text}() are awaited one after the other before it starts; "
        "pass the coroutines without await"
    )
    return subject.finding("BKM402", fact, message, Level.WARNING, "awaited-arguments")
