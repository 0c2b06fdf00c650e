"""BKM302, BKM306, BKM309: coroutines and tasks in local names and local containers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import OpKind, Suspend
from flake8_bookmark.flow.places import Role
from flake8_bookmark.names.terms import FunctionTerm
from flake8_bookmark.rules.misuse import SAYS
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.obligations import (
    Local,
    bound_locals,
    collected_in,
    coroutine_parameters,
    index_of,
    is_forgotten,
    is_only,
    local_of,
)
from flake8_bookmark.rules.tasks import is_weak, spawner_of
from flake8_bookmark.rules.typestate import READS_ONLY, awaited_again, left_behind, taking

HOLDS_NOTHING = frozenset({"add_done_callback", "set_name", "get_name"})


# BKM306 ---------------------------------------------------------------------------------------------------------------


def forgotten_coroutine(subject: Subject) -> Iterator[Finding]:
    """A coroutine is bound to a name, and not awaited on some way or on any."""
    if not subject.coroutines or subject.frame.function.kind == "module":
        return
    bound = dict(bound_locals(subject))
    seen: set[Local] = set()
    for fact, _ in subject.coroutines:
        local = bound.get(fact)
        if local is not None:
            yield from (found for found in _forgotten(fact, local, subject) if not subject.is_replaced(fact))
        elif fact.use in ("stored", "argument"):
            container, index = _container(fact, subject)
            if container is None or container in seen or spawner_of(fact, subject.frame, subject) is not None:
                continue
            if is_forgotten(container, index) and not subject.is_replaced(fact):
                seen.add(container)
                says = f"{fact.text}() is put into {container.name} and awaited by nobody: none of its body runs"
                yield _unawaited(fact, f"{says}; await {container.name} with gather", "nowhere", subject)


def _forgotten(fact: CallFact, local: Local, subject: Subject) -> Iterator[Finding]:
    if local.is_captured or any(use.role in SAYS and use.role not in READS_ONLY for use in local.uses):
        return
    if not taking(local):
        if not any(use.role in SAYS for use in local.uses):
            says = f"{local.name} is awaited nowhere: {fact.text}() only makes a coroutine, none of its body runs"
            yield _unawaited(fact, f"{says}; await it", "nowhere", subject)
        return
    line = left_behind(local, subject)
    if line is not None:
        says = f"{local.name} is not awaited on the way that ends at line {line}, and {fact.text}() never begins there"
        fix = "await it on every way, or make it where it is awaited"
        yield _unawaited(fact, f"{says}; {fix}", "on-some-ways-only", subject)


def _unawaited(fact: CallFact, message: str, anchor: str, subject: Subject) -> Finding:
    return subject.finding("BKM306", fact, message, Level.WARNING, anchor)


def _container(fact: CallFact, subject: Subject) -> tuple[Local | None, int | None]:
    """Return the local container that a coroutine is put into, and its place in it if that is known."""
    node = subject.call_nodes.get(fact.site)
    if node is None:
        return None, None
    use = subject.places.use_of(node)
    return collected_in(use, subject), index_of(use)


# BKM309 ---------------------------------------------------------------------------------------------------------------


def awaited_twice(subject: Subject) -> Iterator[Finding]:
    """One coroutine object is awaited a second time."""
    bound = list(bound_locals(subject)) if subject.coroutines else []
    all_ = [local for _, local in bound]
    for fact, local in bound:
        found = awaited_again(local, subject)
        if found is None or subject.is_replaced(fact):
            continue
        if all(is_only(op, all_, subject) for op in local.loads if op.node in found):
            yield _twice(local, found, subject)
    for local in coroutine_parameters(subject):
        found = awaited_again(local, subject)
        if found is not None and all(is_only(op, [local], subject) for op in local.loads if op.node in found):
            yield _twice(local, found, subject)


def _twice(local: Local, found: tuple[ast.expr, ast.expr], subject: Subject) -> Finding:
    first, second = found
    where = "again in the next round" if first is second else f"after line {first.lineno}"
    message = (
        f"{local.name} is awaited {where}: a coroutine runs once, the second await raises RuntimeError; "
        "call the function anew, or make one task and await that"
    )
    return subject.finding_at("BKM309", second, message, Level.ERROR, "awaited-twice")


# BKM302 ---------------------------------------------------------------------------------------------------------------


def task_in_local(subject: Subject) -> Iterator[Finding]:
    """The only strong reference to a task is a local name, or a local container, that nobody reads again."""
    if subject.frame.function.kind == "module":
        return
    for fact in subject.frame.function.calls:
        if fact.form != "call" or fact.use not in ("bound", "stored", "argument") or not _may_start(fact):
            continue
        if not is_weak(fact, subject.frame, subject) or fact.site not in subject.call_nodes:
            continue
        node = subject.call_nodes[fact.site]
        use = subject.places.use_of(node)
        local = local_of(use, node, subject) if fact.use == "bound" else collected_in(use, subject)
        if local is not None and _is_unread(local, fact):
            yield from _unread(fact, local, subject)


def _may_start(fact: CallFact) -> bool:
    """Only what is named like a starter of tasks is worth resolving."""
    last = fact.text.rpartition(".")[2]
    return last in STARTERS


RUNNERS = frozenset({"run_forever", "run_until_complete", "join"})
STARTERS = frozenset({"create_task", "ensure_future", "gather", "shield", "Task", "run_coroutine_threadsafe"})


def _is_unread(local: Local, fact: CallFact) -> bool:
    if fact.use != "bound":
        return is_forgotten(local)
    return not local.is_captured and all(
        use.role is Role.ATTRIBUTE and use.detail in HOLDS_NOTHING for use in local.uses
    )


def _unread(fact: CallFact, local: Local, subject: Subject) -> Iterator[Finding]:
    goes_on = _suspends_after(local, subject) or _runs_loop(fact, subject)
    is_threadsafe = fact.text.endswith("run_coroutine_threadsafe")
    if local.uses and fact.use == "bound" and (goes_on or is_threadsafe):
        return
    if goes_on and _is_let_go(local, subject):
        return
    until = "lives no longer than this coroutine" if goes_on else "is gone when this function ends"
    if fact.use == "bound" and local.uses:
        until += " and the task may vanish unfinished"
    else:
        until += ", and its errors are lost"
    message = (
        f"only {local.name} holds the task of {fact.text}(), and nobody reads it again: it {until}; "
        "await it, or keep it in a set or TaskGroup"
    )
    yield subject.finding("BKM302", fact, message, Level.HINT if goes_on else Level.WARNING, "local")


def _runs_loop(fact: CallFact, subject: Subject) -> bool:
    """Tell whether a plain function stays in a call that runs the loop, and its frame with it."""
    later = (f for f in subject.frame.function.calls if f.line > fact.line)
    return any(f.text.rpartition(".")[2] in RUNNERS for f in later)


def _is_let_go(local: Local, subject: Subject) -> bool:
    """Tell whether `del task` says how long the name is meant to hold it."""
    deletes = (op for op in subject.machine.graph.ops() if op.kind is OpKind.DELETE and isinstance(op.node, ast.Name))
    return any(op.name == local.name for op in deletes)


def _suspends_after(local: Local, subject: Subject) -> bool:
    """Tell whether the frame can be suspended, and the name live in it, after the task was started."""
    pending = [block for op in local.stores for block, other in subject.machine.places.get(op.node, ()) if other is op]
    seen = set()
    while pending:
        block = pending.pop()
        if isinstance(block.terminator, Suspend):
            return True
        for target in block.successors():
            if target.index not in seen:
                seen.add(target.index)
                pending.append(target)
    return False


# BKM303, for definitions ----------------------------------------------------------------------------------------------


def uncalled_definitions(subject: Subject) -> Iterator[Finding]:
    """A local `async def` function that nobody ever names."""
    frame = subject.frame
    if frame.function.kind == "module":
        return
    for binding in frame.function.bindings:
        if not isinstance(binding.term, FunctionTerm):
            continue
        inner = frame.sibling(binding.term.key).function
        if inner.kind != "coroutine" or inner.decorators or inner.owner:
            continue
        node = frame.module.node(binding.term.key)
        assert isinstance(node, ast.AsyncFunctionDef)
        stores = [op for _, op in subject.machine.places.get(node, ()) if op.kind is OpKind.STORE]
        if stores and not subject.machine.uses_of(node) and not _reads_names(subject):
            message = f"{inner.name} is never called: none of the body of this local coroutine runs; call and await it"
            yield subject.finding_at("BKM303", node, message, Level.WARNING, "never-called")


def _reads_names(subject: Subject) -> bool:
    return any(f.text in ("locals", "vars", "eval", "exec") for f in subject.frame.function.calls)
