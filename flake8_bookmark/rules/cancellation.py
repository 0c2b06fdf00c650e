"""BKM601: a cancellation that ends in a handler."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock, Branch, OpKind, Return
from flake8_bookmark.flow.sharing import statements
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import ImportTerm
from flake8_bookmark.project.values import Symbol
from flake8_bookmark.rules.contexts import is_one_shot
from flake8_bookmark.rules.guarded import callers_of, report
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.scopes import entering

TAKEN = frozenset(
    {"asyncio.CancelledError", "asyncio.exceptions.CancelledError", "trio.Cancelled", "builtins.BaseException"}
)
ASKED_FOR = frozenset({"anyio.get_cancelled_exc_class"})
ENDLESS = frozenset({"asyncio.Future", "asyncio.AbstractEventLoop.create_future"})
EVENTS = frozenset({"asyncio.Event.wait"})
"""In trio and anyio a cancellation that is caught comes again, so it is never meant as the end of a wait.

https://trio.readthedocs.io/en/stable/reference-core.html#cancellation-semantics
"""
HANDS_ON = frozenset({"set_exception", "throw", "put", "put_nowait", "append", "add", "send", "send_nowait"})
TASK_WAITS = frozenset({"gather", "wait", "wait_for", "shield"})


@dataclass(eq=False)
class _Catch:
    """A handler that takes a cancellation, the points it protects, and where control goes on after it."""

    node: ast.ExceptHandler | ast.withitem
    points: list[SuspensionPoint]


@dataclass(eq=False)
class _After:
    """What a coroutine meets after a handler: suspensions, a return with a value, and any return at all."""

    waits: list[SuspensionPoint] = field(default_factory=list)
    value: ast.Return | None = None
    returns: bool = False


def cancel_swallowed(subject: Subject) -> Iterator[Finding]:
    """A handler takes the cancellation, and the coroutine goes on as if nothing had happened."""
    if not subject.machine.points:
        return
    for catch in (*_catches(subject), *_suppressions(subject)):
        found = None if _is_expected(catch, subject) else _judge(catch, subject)
        if found is not None and (found.level > Level.HINT or not subject.context.is_test):
            yield found


# what is caught -------------------------------------------------------------------------------------------------------


def _catches(subject: Subject) -> Iterator[_Catch]:
    reader = subject.summaries.suspension
    guarded: dict[ast.Try | ast.TryStar, list[SuspensionPoint]] = {}
    for point in subject.machine.points:
        for statement in point.tries:
            if statement.handlers:
                guarded.setdefault(statement, []).append(point)
    for statement, points in guarded.items():
        handler = taker_of(statement, subject)
        open_points = [p for p in points if not _taken_before(p, statement, subject)]
        if handler is not None:
            waiting = [p for p in open_points if reader.at(p, subject.frame) is not Suspends.NEVER]
            if waiting and not _raises(handler, subject):
                yield _Catch(handler, waiting)


def _raises(handler: ast.ExceptHandler, subject: Subject) -> bool:
    """Tell whether a handler raises something, by itself or in a function of the project that always does."""
    if any(isinstance(n, ast.Raise) for n in statements(handler.body)):
        return True
    last = handler.end_lineno or handler.lineno
    inside = (f for f in subject.frame.function.calls if f.form == "call" and handler.lineno <= f.line <= last)
    return any(f.use in ("dropped", "awaited") and subject.summaries.always_raises(f, subject.frame) for f in inside)


def _suppressions(subject: Subject) -> Iterator[_Catch]:
    """Yield what `contextlib.suppress` takes, which is an `except` of one line."""
    guarded: dict[ast.withitem, list[SuspensionPoint]] = {}
    for point in subject.machine.points:
        for item in point.held:
            guarded.setdefault(item, []).append(point)
    for item, points in guarded.items():
        if suppresses(item, subject):
            yield _Catch(item, points)


def suppresses(item: ast.withitem, subject: Subject) -> bool:
    """Tell whether `with suppress(…)` takes a cancellation."""
    call = item.context_expr
    if not isinstance(call, ast.Call) or written(call.func).rpartition(".")[2] != "suppress":
        return False
    return any(name in TAKEN for node in call.args for name in caught_names(node, subject))


def _taken_before(point: SuspensionPoint, statement: ast.Try | ast.TryStar, subject: Subject) -> bool:
    """Tell whether a statement inside this one takes the cancellation first."""
    inner = point.tries[point.tries.index(statement) + 1 :]
    for other in inner:
        handler = taker_of(other, subject)
        if handler is not None and not _raises(handler, subject):
            return True
    return False


def taker_of(statement: ast.Try | ast.TryStar, subject: Subject) -> ast.ExceptHandler | None:
    """Return the first handler that takes a cancellation."""
    return next((handler for handler in statement.handlers if _takes(handler, subject)), None)


def _takes(handler: ast.ExceptHandler, subject: Subject) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name in TAKEN for node in types for name in caught_names(node, subject))


def caught_names(node: ast.expr, subject: Subject) -> Iterator[str]:
    """Yield the qualified names of an exception class as it is written in an `except`."""
    called = isinstance(node, ast.Call)
    text = written(node.func if isinstance(node, ast.Call) else node)
    root, _, rest = text.partition(".")
    resolver = subject.summaries.resolver
    is_local = bool(subject.frame.function.named(root))
    for value in _local(root, subject) if is_local else resolver.module_name(subject.frame.module, root):
        name = getattr(value, "name", "")
        full = f"{name}.{rest}" if rest else name
        canonical = resolver.catalogue.canonical(full.rstrip(":"))
        if called and canonical in ASKED_FOR:
            yield "trio.Cancelled"
        elif not called:
            yield canonical


def _local(root: str, subject: Subject) -> Iterator[Symbol]:
    """Look a name up that the function itself imports."""
    frame = subject.frame
    for number in frame.function.named(root):
        binding = frame.function.bindings[number]
        if isinstance(binding.term, ImportTerm):
            values = subject.summaries.resolver.binding(binding, frame)
            yield from (v for v in values if isinstance(v, Symbol))


# what is fine ---------------------------------------------------------------------------------------------------------


def _is_expected(catch: _Catch, subject: Subject) -> bool:
    """Tell whether the cancellation is one that this coroutine asked for, or that somebody else is told of."""
    handed_on = isinstance(catch.node, ast.ExceptHandler) and _hands_on(catch.node)
    asked_for = _cancels_before(catch, subject) or _object_cancels(catch, subject)
    armed = isinstance(catch.node, ast.ExceptHandler) and _arms_again(catch.node)
    asked_for = asked_for or all(_waits_for_ever(p.node, subject) for p in catch.points)
    return handed_on or armed or asked_for or _is_under_way(catch, subject) or _raises_later(subject)


def _waits_for_ever(node: ast.AST, subject: Subject) -> bool:
    """Tell whether only a cancellation ends a wait, so that it must be meant: nobody else has what it waits for."""
    call = node.value if isinstance(node, ast.Await) else None
    if not isinstance(call, ast.Call):
        return False
    names = {n for f in subject.facts if f.site == site_of(call) for n in subject.callee_names(f)}
    is_new = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call)
    return not names.isdisjoint(ENDLESS) or (is_new and not names.isdisjoint(EVENTS))


def _arms_again(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler cancels its own task anew, so that the next suspension is cut short: `task.cancel()`."""
    parts = [n for statement in handler.body for n in ast.walk(statement)]
    current = {
        target.id
        for n in parts
        if isinstance(n, ast.Assign) and _is_current(n.value)
        for target in n.targets
        if isinstance(target, ast.Name)
    }
    cancels = (n.func for n in parts if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute))
    cancelled = (func.value for func in cancels if func.attr == "cancel")
    return any(_is_current(node) or (isinstance(node, ast.Name) and node.id in current) for node in cancelled)


def _is_current(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and written(node.func).rpartition(".")[2] == "current_task"


def _is_under_way(catch: _Catch, subject: Subject) -> bool:
    """Tell whether a cancellation is handled around it already, and raised again at the end."""
    around = [h for p in catch.points for h in p.handlers if h is not catch.node]
    taking = {h for h in around if _takes(h, subject) and isinstance(h.body[-1], ast.Raise)}
    return bool(taking) and all(taking & set(p.handlers) for p in catch.points)


def _object_cancels(catch: _Catch, subject: Subject) -> bool:
    """Tell whether all that is waited for are tasks of the own object, which one of its methods cancels."""
    owner = subject.frame.function.owner
    awaited = {p.node.value for p in catch.points if isinstance(p.node, ast.Await)}
    if not owner or len(awaited) != len(catch.points) or not all(isinstance(n, ast.Attribute) for n in awaited):
        return False
    methods = (f for f in subject.frame.module.functions() if f.owner == owner)
    cancelled = {fact.text for method in methods for fact in method.calls if fact.text.endswith(".cancel")}
    return {f"{written(node)}.cancel" for node in awaited} <= cancelled


def _raises_later(subject: Subject) -> bool:
    """Tell whether the function raises a cancellation by name: it notes one and raises it when it is done."""
    node = subject.frame.module.node(subject.frame.function.key)
    for statement in statements(getattr(node, "body", [])):
        if isinstance(statement, ast.Raise) and statement.exc is not None:
            raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
            if written(raised).rpartition(".")[2] in ("CancelledError", "Cancelled"):
                return True
    return False


def _cancels_before(catch: _Catch, subject: Subject) -> bool:
    """`task.cancel()` stands above, and nothing but tasks is waited for."""
    if not all(_waits_for_tasks(p.node, TASK_WAITS | {"sleep"}) for p in catch.points):
        return False
    last = max(p.line for p in catch.points)
    calls = (op.node for op in subject.machine.reachable_calls() if op.line <= last)
    return any(isinstance(n, ast.Call) and "cancel" in written(n.func).rpartition(".")[2] for n in calls)


def _waits_for_tasks(node: ast.AST, functions: frozenset[str] = TASK_WAITS) -> bool:
    """Tell whether an await waits for a task that is there already: a name, or `gather` and its like of such."""
    if not isinstance(node, ast.Await):
        return False
    value = node.value
    if isinstance(value, ast.Call):
        root, _, name = written(value.func).rpartition(".")
        return name in functions and root in ("", "asyncio")
    return isinstance(value, (ast.Name, ast.Attribute, ast.Subscript))


def _hands_on(handler: ast.ExceptHandler) -> bool:
    """Tell whether the handler gives the exception to somebody else.

    `future.set_exception(error)`, `return error`, `return False, error`.
    """
    for statement in statements(handler.body) if handler.name is not None else ():
        for node in ast.walk(statement):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call) and written(node.func).rpartition(".")[2] in HANDS_ON:
                given = node.args
            elif isinstance(node, (ast.Return, ast.Assign)) and node.value is not None:
                given = [node.value]
            parts = [part for a in given for part in (a.elts if isinstance(a, ast.Tuple) else [a])]
            if any(isinstance(a, ast.Name) and a.id == handler.name for a in parts):
                return True
    return False


# what goes on after it ------------------------------------------------------------------------------------------------


def _judge(catch: _Catch, subject: Subject) -> Finding | None:
    after = _after(list(_starts(catch.node, subject)), subject)
    level, name = Level.WARNING, subject.frame.function.name
    goes_on = subject.frame.function.kind == "asyncgenerator" or _is_awaited(subject)
    if not after.returns and not after.waits:
        return None
    is_meant = not goes_on and after.value is None and _is_meant(catch.node, after.waits, subject)
    later = min(after.waits, key=lambda p: p.line, default=None)
    if is_meant and (_is_doubtful(catch, subject) or is_one_shot(subject)):
        return None
    if later is not None and not is_meant:
        effect = f", and line {later.line} waits again as if nothing had happened"
    elif after.value is not None:
        effect = f", and line {after.value.lineno} returns a value as if nothing had happened"
    elif goes_on:
        verb = "iterates" if subject.frame.function.kind == "asyncgenerator" else "awaits"
        effect = f", and who {verb} {name}() goes on as if nothing had happened"
    else:
        effect, level = ": the task counts as done and not as cancelled", Level.HINT
    if _is_doubtful(catch, subject):
        level = level.lowered()
    first = min(p.line for p in catch.points)
    message = f"a cancel that arrives at line {first} ends here{effect}; {_advice(catch.node)}"
    node = catch.node.context_expr if isinstance(catch.node, ast.withitem) else catch.node
    return report(subject, "BKM601", node, message, level, "swallowed")


def _advice(node: ast.ExceptHandler | ast.withitem) -> str:
    """Return what to do: who takes everything mostly means the errors."""
    takes_all = isinstance(node, ast.ExceptHandler) and (node.type is None or written(node.type) == "BaseException")
    return "catch Exception instead, or raise it again" if takes_all else "raise it again"


def _is_doubtful(catch: _Catch, subject: Subject) -> bool:
    """Tell whether a handler decides something, or the cancellation may be another one: of the tasks that are awaited.

    In a `finally` there mostly is one under way already, and that one goes on; a shield keeps those of scopes away.
    """
    body = catch.node.body if isinstance(catch.node, ast.ExceptHandler) else []
    decides = any(isinstance(n, (ast.If, ast.Match)) for n in body)
    tasks = all(_waits_for_tasks(p.node) for p in catch.points)
    kept_away = all(p.finallies or any(_is_shield(item, subject) for item in p.held) for p in catch.points)
    return decides or tasks or kept_away or subject.context.is_test


def _is_shield(item: ast.withitem, subject: Subject) -> bool:
    fact = entering(item, subject)
    return fact is not None and subject.summaries.shields.keeps_out(fact, subject.frame)


def _is_meant(node: ast.ExceptHandler | ast.withitem, waits: list[SuspensionPoint], subject: Subject) -> bool:
    """Tell whether a handler ends a task on purpose: it is for cancellations alone, does something, and then ends.

    What it waits for in its own body is its cleaning up.
    """
    if not isinstance(node, ast.ExceptHandler) or node.type is None or any(node not in p.handlers for p in waits):
        return False
    names = set() if isinstance(node.type, ast.Tuple) else set(caught_names(node.type, subject))
    does = any(not isinstance(s, ast.Pass) for s in node.body)
    return does and bool(names) and names <= TAKEN - {"builtins.BaseException"}


def _starts(handler: ast.ExceptHandler | ast.withitem, subject: Subject) -> Iterator[BasicBlock]:
    """Yield the blocks where a handler's body begins, or what follows a `with`; copies of a cleanup have several."""
    for block in subject.machine.graph.blocks:
        ended = block.terminator
        if isinstance(ended, Branch) and ended.node is handler:
            yield ended.then
        elif any(op.kind is OpKind.MATCH and op.node is handler for op in block.ops):
            yield block


def _after(starts: list[BasicBlock], subject: Subject) -> _After:
    """Return what the coroutine meets from some blocks on.

    What a `finally` waits for is left out: it would run with the cancellation, too.
    """
    points = {p.block.index: p for p in subject.machine.points}
    seen: set[int] = set()
    pending = list(starts)
    found = _After()
    while pending:
        block = pending.pop()
        if block.index in seen:
            continue
        seen.add(block.index)
        point = points.get(block.index)
        if point is not None and not point.finallies and point.via != "aexit":
            found.waits.append(point)
        ended = block.terminator
        found.returns = found.returns or isinstance(ended, Return)
        if isinstance(ended, Return) and isinstance(ended.node, ast.Return) and _gives(ended.node):
            found.value = found.value or ended.node
        pending.extend(block.successors())
    return found


def _gives(node: ast.Return) -> bool:
    return node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None)


def _is_awaited(subject: Subject) -> bool:
    """Tell whether some coroutine of this module awaits this one directly."""
    frame, targets = subject.frame, subject.summaries.targets
    for fact, caller in callers_of(frame, subject):
        if fact.use == "awaited" and any(getattr(c, "name", "") == frame.name for c in targets.callees(fact, caller)):
            return True
    return False
