"""BKM403, BKM407, BKM409: what is started together, and still doesn't run side by side."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.rounds import path_of, within
from flake8_bookmark.names.terms import CallTerm, ConstantTerm
from flake8_bookmark.project.bodies import is_stub
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, Method, Symbol, Values, is_first_party
from flake8_bookmark.rules.model import Subject

GATHER = "asyncio.gather"
GROUPS = frozenset({"asyncio.TaskGroup", "anyio.abc.TaskGroup", "trio.Nursery"})
STARTERS = ("create_task", "start_soon", "start")
ONE_BY_ONE = ("Semaphore", "BoundedSemaphore", "CapacityLimiter")


@dataclass(frozen=True, slots=True)
class Started:
    """A coroutine that is started with others: its call, in the function or generator expression that makes it."""

    node: ast.Call
    fact: CallFact
    frame: Frame
    many: bool


# what is started together ---------------------------------------------------------------------------------------------


def _gatherings(subject: Subject) -> Iterator[tuple[CallFact, ast.Call, list[Started]]]:
    """Yield each call of gather, with what is passed to it; nothing where an argument can't be looked into."""
    facts = [f for f in subject.facts if f.form == "call" and f.text.rpartition(".")[2] == "gather"]
    found = [f for f in facts if _is_gather(f, subject)]
    if not found:
        return
    nodes = {site_of(n): n for n in _nodes(subject) if isinstance(n, ast.Call)}
    for fact in found:
        node = nodes.get(fact.site)
        started = [_started(a, subject, False) for a in node.args] if node is not None else []
        if node is not None and started and all(started):
            yield fact, node, [s for s in started if s is not None]


def _is_gather(fact: CallFact, subject: Subject) -> bool:
    callees = subject.summaries.targets.callees(fact, subject.frame)
    return bool(callees) and all(getattr(c, "name", "") == GATHER for c in callees)


def _started(node: ast.expr, subject: Subject, many: bool) -> Started | None:
    frame = subject.frame
    match node:
        case ast.Starred(value=ast.ListComp(elt=element)):
            return _started(element, subject, True)
        case ast.Starred(value=ast.GeneratorExp(elt=ast.Call() as element) as made):
            key = frame.module.key_of(made)
            inner = frame.sibling(key) if key is not None else None
            fact = _fact_at(element, inner) if inner is not None else None
            return Started(element, fact, inner, True) if fact is not None and inner is not None else None
        case ast.Call():
            fact = _fact_at(node, frame)
            return Started(node, fact, frame, many) if fact is not None else None
    return None


def _started_in_group(start: ast.Call, subject: Subject, many: bool) -> Started | None:
    """Return what `group.create_task(f(x))` or `group.start_soon(f, x)` starts: both come to a call of `f`."""
    if start.args and isinstance(start.args[0], ast.Call):
        return _started(start.args[0], subject, many)
    fact = _fact_at(start, subject.frame)
    if fact is None or not isinstance(fact.term, CallTerm) or not fact.term.arguments:
        return None
    callee, *arguments = fact.term.arguments
    term = CallTerm(callee, tuple(arguments), (), fact.site)
    node = ast.Call(start.args[0], start.args[1:], [])
    called = CallFact("call", term, fact.site, fact.line, fact.column, written(start.args[0]), fact.use)
    return Started(node, called, subject.frame, many)


def _fact_at(node: ast.Call, frame: Frame) -> CallFact | None:
    site = site_of(node)
    return next((f for f in frame.function.calls if f.form == "call" and f.site == site), None)


def _groups(subject: Subject) -> Iterator[tuple[ast.AsyncWith, str, CallFact]]:
    """Yield each `async with` of a group of tasks, the name it binds, and the call that makes the group."""
    enters = [f for f in subject.facts if f.form == "enter" and f.is_async and isinstance(f.term, CallTerm)]
    sites = {f.site: f for f in enters if _is_group(f, subject)}
    if not sites:
        return
    for node in _nodes(subject):
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                fact = sites.get(site_of(item.context_expr))
                if fact is not None and isinstance(item.optional_vars, ast.Name):
                    yield node, item.optional_vars.id, fact


def _is_group(fact: CallFact, subject: Subject) -> bool:
    values = subject.summaries.resolver.resolve(fact.term, subject.frame)
    return bool(values) and all(isinstance(v, Instance) and v.cls in GROUPS for v in values)


def _nodes(subject: Subject) -> Iterator[ast.AST]:
    node = subject.frame.module.node(subject.frame.function.key)
    for part in getattr(node, "body", ()):
        yield from within(part)


def _starts(node: ast.AsyncWith, name: str, subject: Subject) -> list[ast.Call] | None:
    """Return the calls that start a task in a group; None if the group is used in another way."""
    facts = {f.site: f for f in subject.frame.function.calls if f.form == "call"}
    found: list[ast.Call] = []
    uses = 0
    for part in node.body:
        for inner in ast.walk(part):
            if isinstance(inner, ast.Name) and inner.id == name:
                uses += 1
            elif _is_method_of(inner, name) and isinstance(inner, ast.Call):
                fact = facts.get(site_of(inner))
                if fact is not None and fact.text.rpartition(".")[2] in STARTERS:
                    found.append(inner)
    return found if uses == len(found) else None


def _is_method_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and path_of(node.func.value) == name


# BKM407 ---------------------------------------------------------------------------------------------------------------


def one_task_per_round(subject: Subject) -> Iterator[Finding]:
    """A loop starts one task, waits for it, and only then goes on."""
    if not any(f.loops for f in subject.frame.function.calls):
        return
    for fact, node, started in _gatherings(subject):
        alone = len(started) == 1 and not started[0].many and not node.keywords
        if alone and fact.loops and fact.use == "awaited":
            yield _one_per_round(fact, f"{fact.text}()", subject)
    for block, name, fact in _groups(subject):
        if fact.loops and _is_in_for(block, subject) and _starts_one(block, name, subject):
            yield _one_per_round(fact, "this group", subject)


def _is_in_for(block: ast.AsyncWith, subject: Subject) -> bool:
    """Tell whether the innermost loop around a group is a `for`; a `while` may be there to start it anew."""
    loops = [n for n in _nodes(subject) if isinstance(n, (ast.For, ast.AsyncFor, ast.While)) and block in within(n)]
    return bool(loops) and isinstance(loops[-1], ast.For)


def _starts_one(block: ast.AsyncWith, name: str, subject: Subject) -> bool:
    """Tell whether a group starts one task and does nothing beside it."""
    starts = _starts(block, name, subject)
    if starts is None or len(starts) != 1:
        return False
    inner = [n for part in block.body for n in within(part)]
    several = (ast.For, ast.While, ast.AsyncFor, ast.ListComp, ast.GeneratorExp, ast.Await, ast.AsyncWith, ast.Break)
    return not any(isinstance(n, several) for n in inner)


def _one_per_round(fact: CallFact, what: str, subject: Subject) -> Finding:
    message = (
        f"{what} starts one task a round and waits for it before the next round: nothing runs side by side; "
        "start all tasks in one group around the loop"
    )
    return subject.finding("BKM407", fact, message, Level.WARNING, "one-task-per-round")


# BKM403 ---------------------------------------------------------------------------------------------------------------


def never_side_by_side(subject: Subject) -> Iterator[Finding]:
    """Coroutines are started together that never suspend, so each runs to its end before the next begins."""
    if subject.context.is_test:
        return
    for fact, started in _together(subject):
        if all(_never_suspends(s, subject) for s in started):
            message = (
                f"what {fact.text}() starts never suspends ({started[0].fact.text} has no wait in it): "
                "one runs after the other, as plain calls would; make it a plain function"
            )
            yield subject.finding("BKM403", fact, message, Level.WARNING, "never-side-by-side")


def _together(subject: Subject) -> Iterator[tuple[CallFact, list[Started]]]:
    """Yield what is started together: by gather, or in one group."""
    for fact, _, started in _gatherings(subject):
        if len(started) > 1 or started[0].many:
            yield fact, started
    for block, name, _ in _groups(subject):
        starts = _starts(block, name, subject) or []
        found = [_started_in_group(s, subject, _is_repeated(s, block)) for s in starts]
        known = [s for s in found if s is not None]
        if known and len(known) == len(found) and (len(known) > 1 or known[0].many):
            last = _fact_at(starts[-1], subject.frame)
            if last is not None:
                yield last, known


def _is_repeated(start: ast.Call, block: ast.AsyncWith) -> bool:
    loops = (ast.For, ast.While, ast.AsyncFor, ast.ListComp)
    inner = [n for part in block.body for n in within(part) if isinstance(n, loops)]
    return any(start in within(loop) for loop in inner)


def _never_suspends(started: Started, subject: Subject) -> bool:
    callees = subject.summaries.targets.callees(started.fact, started.frame)
    names = [getattr(c, "name", "") for c in callees]
    if not names or not all(is_first_party(n) for n in names):
        return False
    frames = [subject.summaries.resolver.project.frame(n) for n in names]
    bodies = [getattr(f.module.node(f.function.key), "body", []) for f in frames if f is not None]
    if any(isinstance(b, list) and is_stub(b) for b in bodies):
        return False
    return subject.summaries.suspension.of_fact(started.fact, started.frame) is Suspends.NEVER


# BKM409 ---------------------------------------------------------------------------------------------------------------


def queue_at_a_lock(subject: Subject) -> Iterator[Finding]:
    """Coroutines are started together that all hold one lock from beginning to end."""
    if subject.context.is_test:
        return
    for fact, started in _together(subject):
        locks = {_lock_over_all(s, subject) for s in started}
        if len(locks) == 1 and (lock := locks.pop()) is not None:
            message = (
                f"what {fact.text}() starts holds {lock.rpartition(':')[2]} from beginning to end: "
                "they queue up and run one after the other; hold the lock for less"
            )
            yield subject.finding("BKM409", fact, message, Level.WARNING, "queue-at-a-lock")


def _lock_over_all(started: Started, subject: Subject) -> str | None:
    """Return the one lock, by a name of its own, that a coroutine holds over all its suspensions."""
    callees = subject.summaries.targets.callees(started.fact, started.frame)
    if len(callees) != 1 or not isinstance(callees[0], (Symbol, Method)):
        return None
    name = callees[0].name
    frame = subject.summaries.resolver.project.frame(name) if is_first_party(name) else None
    node = frame.module.node(frame.function.key) if frame is not None else None
    if frame is None or not isinstance(node, ast.AsyncFunctionDef) or node.decorator_list:
        return None
    item = _only_with(node)
    lock = path_of(item.context_expr) if item is not None else None
    if item is None or lock is None or not _serves_one(item, frame, subject):
        return None
    if lock.startswith("self."):
        receiver = path_of(started.node.func.value) if isinstance(started.node.func, ast.Attribute) else None
        same = receiver == "self" or (receiver is not None and not started.many)
        return f"{receiver}:{lock}" if same else None
    is_outer = lock.partition(".")[0] not in {b.name for b in frame.function.bindings}
    return f"{frame.module.name}:{lock}" if is_outer else None


def _only_with(node: ast.AsyncFunctionDef) -> ast.withitem | None:
    """Return the item of the one `async with` that all suspensions of a function stand in."""
    outside = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
    found: ast.withitem | None = None
    for statement in node.body:
        if isinstance(statement, ast.AsyncWith) and found is None and len(statement.items) == 1:
            found = statement.items[0]
            if not any(isinstance(n, outside) for part in statement.body for n in within(part)):
                return None
        elif any(isinstance(n, outside) for n in within(statement)):
            return None
    return found


def _serves_one(item: ast.withitem, frame: Frame, subject: Subject) -> bool:
    """Tell whether what is entered lets in one at a time: a lock of the event loop, or a semaphore of one."""
    site = site_of(item.context_expr)
    fact = next((f for f in frame.function.calls if f.form == "enter" and f.site == site), None)
    values: Values = subject.summaries.resolver.resolve(fact.term, frame) if fact is not None else ()
    return bool(values) and all(isinstance(v, Instance) and _is_lock(v, subject) for v in values)


def _is_lock(value: Instance, subject: Subject) -> bool:
    kind = subject.summaries.resolver.catalogue.lock(value.cls)
    if kind is None or kind.family != "async":
        return False
    name = value.cls.rpartition(".")[2]
    if name not in ONE_BY_ONE:
        return name == "Lock"
    if value.origin is None:
        return False
    module, key, site = value.origin
    frame = subject.summaries.resolver.project.frame(f"{module}:{key}")
    calls = frame.function.calls if frame is not None else ()
    made = next((f.term for f in calls if f.site == site and isinstance(f.term, CallTerm)), None)
    if made is None or made.keywords:
        return False
    return not made.arguments or (isinstance(made.arguments[0], ConstantTerm) and made.arguments[0].value == 1)
