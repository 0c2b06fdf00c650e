"""Who else can reach a place, and what keeps others away from it: locks, and contexts that have nobody else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import Op
from flake8_bookmark.flow.sharing import Place, statements
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import UNKNOWN as UNKNOWN_TERM
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, Values, is_first_party
from flake8_bookmark.rules.contexts import is_one_shot
from flake8_bookmark.rules.model import Subject

ENTRANCES = frozenset({"__aenter__", "__aexit__", "__anext__", "__await__"})
"""What runs in one task by its nature: nobody enters the same object twice at once."""

KNOWN_DECORATORS = frozenset({"classmethod", "staticmethod", "abstractmethod", "override", "overload", "final"})
DEEPEST_CALLERS = 3
STARTERS = frozenset({"start_soon", "start", "spawn", "map"})
"""What starts a function that it is given by its name."""
REPEATING = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def level_of_place(place: Place, subject: Subject) -> Level | None:
    """Return how sure it is that other tasks reach a place: a warning for `self` and globals, else a hint.

    None for what is nobody else's: a name of the library, or an object that is being entered.
    """
    function, module = subject.frame.function, subject.frame.module
    root = place[0]
    if subject.context.is_test or function.name in ENTRANCES:
        return None
    if any(p.name == root for p in function.parameters):
        is_self = bool(function.owner) and function.parameters[0].name == root
        return _lowered(Level.WARNING if is_self and len(place) > 1 else Level.HINT, subject)
    if module.function(MODULE_KEY).named(root) or module.global_bindings(root):
        return _lowered(Level.WARNING, subject)
    parent = function.parent
    while parent and parent != MODULE_KEY:
        facts = module.function(parent)
        if facts.owner and facts.parameters and facts.parameters[0].name == root:
            return _lowered(Level.WARNING, subject) if len(place) > 1 else None
        if facts.named(root):
            return Level.HINT if _may_run_twice(subject) else None
        parent = facts.parent
    return None


def _may_run_twice(subject: Subject) -> bool:
    """Tell whether an inner function may run beside itself: it is started at two places, or in a loop.

    What is only awaited runs once at a time. Who is given it as a callback mostly awaits it each time, too. What nobody
    names is a handler, by its decorator.
    """
    function, module = subject.frame.function, subject.frame.module
    nodes = list(ast.walk(module.node(function.parent)))
    awaited = {n.value for n in nodes if isinstance(n, ast.Await)}
    starts = [n for n in nodes if isinstance(n, ast.Call) and n not in awaited and _starts(n, function.name)]
    repeated = {n for loop in nodes if isinstance(loop, REPEATING) for n in ast.walk(loop)}
    if len(starts) > 1 or any(start in repeated for start in starts):
        return True
    return not any(isinstance(node, ast.Name) and node.id == function.name for node in nodes)


def _starts(node: ast.Call, name: str) -> bool:
    """Tell whether a call makes a coroutine of a function, or starts it by its name: `start_soon(flush)`."""
    handed = node.args if written(node.func).rpartition(".")[2] in STARTERS else []
    return _is_named(node.func, name) or any(_is_named(argument, name) for argument in handed)


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def is_global(place: Place, subject: Subject) -> bool:
    """Tell whether a place is a name of the module, so that every task of the program has the same one."""
    root, module = place[0], subject.frame.module
    local = any(p.name == root for p in subject.frame.function.parameters)
    return not local and bool(module.function(MODULE_KEY).named(root) or module.global_bindings(root))


def level_of_race(place: Place, subject: Subject) -> Level | None:
    """Return how sure it is that a function runs twice at once, with the same place.

    What overrides a method of a base class is called by that class, mostly one call after the other: a hint. If the
    base has a body for it, and is the project's own, it is a step of what the base does, and silent.
    """
    level = level_of_place(place, subject)
    return level if level is None or not subject.frame.function.owner else _of_override(level, subject)


def _of_override(level: Level, subject: Subject) -> Level | None:
    function, resolver = subject.frame.function, subject.summaries.resolver
    owner = f"{subject.frame.module.name}:{function.owner}"
    for cls in resolver.attributes.mro(owner):
        if not is_first_party(cls):
            if resolver.library.member(cls, function.name) is not None:
                return level.lowered()
        elif cls != owner:
            found = resolver.attributes.body_function(cls, function.name)
            if found is not None:
                return level.lowered() if found[0].function(found[1]).is_stub else None
    return level


def _lowered(level: Level, subject: Subject) -> Level:
    return level.lowered() if is_one_shot(subject) else level


# suspensions ----------------------------------------------------------------------------------------------------------


def suspensions(subject: Subject) -> dict[int, SuspensionPoint]:
    """Return the points that may give the loop back, by the number of their block; a `yield` hands over elsewhere."""
    reader = subject.summaries.suspension
    return {
        p.block.index: p
        for p in subject.machine.points
        if p.via != "yield" and reader.at(p, subject.frame) is not Suspends.NEVER
    }


# locks ----------------------------------------------------------------------------------------------------------------


def is_serialised(subject: Subject, first: Op, last: Op, point: SuspensionPoint) -> bool:
    """Tell whether something keeps other tasks away from `first` to `last`: a lock here, in all callers, or unknown."""
    lines = range(first.line, last.line + 1)
    return (
        any(_may_lock(item, subject) for item in covering(point, lines))
        or _is_acquired(subject, first)
        or _is_decorated(subject.frame, subject)
        or _callers_hold(subject.frame, subject, ())
    )


def covering(point: SuspensionPoint, lines: range) -> Iterator[ast.withitem]:
    """Yield the items of the `with` statements around a point that stand around these lines, too."""
    for statement in point.withs:
        if statement.lineno <= lines[0] and (statement.end_lineno or 0) >= lines[-1]:
            yield from statement.items


def _may_lock(item: ast.withitem, subject: Subject) -> bool:
    """Tell whether entering this may keep others out; what can't be resolved may."""
    site = site_of(item.context_expr)
    for fact in subject.frame.function.calls:
        if fact.form == "enter" and fact.site == site:
            return may_lock(subject.summaries.resolver.resolve(fact.term, subject.frame), subject)
    return True


def may_lock(values: Values, subject: Subject) -> bool:
    resolver = subject.summaries.resolver
    for value in values:
        if not isinstance(value, Instance):
            return True
        if is_first_party(value.cls) or resolver.catalogue.lock(value.cls) is not None:
            return True
        if any(resolver.catalogue.lock(name) is not None for name in resolver.library.mro(value.cls)):
            return True
    return not values


def _is_acquired(subject: Subject, first: Op) -> bool:
    """Tell whether the function takes some lock by hand before a place: `await to_thread(lock.acquire)`, too."""
    calls = (op.node for op in subject.machine.reachable_calls() if op.line <= first.line)
    named = (n for call in calls if isinstance(call, ast.Call) for n in (call.func, *call.args))
    return any(isinstance(n, ast.Attribute) and n.attr in ("acquire", "__aenter__") for n in named)


def _is_decorated(frame: Frame, subject: Subject) -> bool:
    """Tell whether a decorator stands at a function that may take a lock: one of the project's own, or unknown."""
    if not frame.function.decorators:
        return False
    names = subject.summaries.resolver.attributes.decorator_names(frame.module, frame.function)
    own = any(is_first_party(name) for name in names)
    return own or len(names) < len(frame.function.decorators)


def _callers_hold(frame: Frame, subject: Subject, above: tuple[str, ...]) -> bool:
    """Tell whether all calls of a function in its module stand under a lock, or under what may be one."""
    if len(above) >= DEEPEST_CALLERS or frame.name in above or not frame.function.name.startswith("_"):
        return False
    callers = list(callers_of(frame, subject))
    return bool(callers) and all(
        _held_around(fact, caller, subject) or _callers_hold(caller, subject, (*above, frame.name))
        for fact, caller in callers
    )


def callers_of(frame: Frame, subject: Subject) -> Iterator[tuple[CallFact, Frame]]:
    """Yield the calls of a function in its own module, with the functions they stand in."""
    name = frame.function.name
    for facts in frame.module.functions():
        if facts.kind == "class" or facts.key == frame.function.key:
            continue
        here = Frame(frame.module, facts)
        for fact in facts.calls:
            if fact.form == "call" and fact.text.rpartition(".")[2] == name:
                callees = subject.summaries.targets.callees(fact, here)
                if not callees or any(getattr(c, "name", "") == frame.name for c in callees):
                    yield fact, here


def _held_around(fact: CallFact, caller: Frame, subject: Subject) -> bool:
    node = caller.module.node(caller.function.key)
    body = getattr(node, "body", [])
    for statement in statements(body if isinstance(body, list) else []):
        if isinstance(statement, (ast.With, ast.AsyncWith)) and _spans(statement, fact.line):
            entered = (n for item in statement.items for n in ast.walk(item.context_expr))
            if any(isinstance(n, ast.Call) and site_of(n) == fact.site for n in entered):
                continue  # it gives what is entered, and runs before that
            sites = {site_of(item.context_expr) for item in statement.items}
            enters = [f for f in caller.function.calls if f.form == "enter" and f.site in sites]
            resolve = subject.summaries.resolver.resolve
            if any(may_lock(resolve(f.term, caller), subject) for f in enters):
                return True
    return False


def _spans(statement: ast.stmt, line: int) -> bool:
    return statement.lineno <= line <= (statement.end_lineno or statement.lineno)


# findings that stand on no call ---------------------------------------------------------------------------------------


def report(
    subject: Subject, code: str, node: ast.expr | ast.stmt | ast.ExceptHandler, message: str, level: Level, anchor: str
) -> Finding:
    """Return a finding at the beginning of a piece of code that is no call."""
    end = getattr(node, "end_lineno", None) or node.lineno
    site = (node.lineno, node.col_offset, end, node.end_col_offset or 0)
    fact = CallFact("code", UNKNOWN_TERM, site, node.lineno, node.col_offset, "", "other")
    return subject.finding(code, fact, message, level, anchor)
