"""BKM3xx: tasks and coroutines that nobody holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Place, Spawner
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.facts.places import site_of, written
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.places import Role
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ChoiceTerm, FunctionTerm, NameTerm, ParameterTerm, Term
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.coroutines import Made
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Awaitable, Method, Symbol, is_first_party
from flake8_bookmark.rules.model import Subject

DEEPEST = 3
DROPPED = ("dropped", "underscore")
EXPECTING = frozenset({"pytest.raises", "unittest.TestCase.assertRaises", "unittest.TestCase.assertRaisesRegex"})
"""What a test enters where it expects an error."""
LOOPS = frozenset({"loop", "event_loop"})
GIVES_BACK = ("ensure_future", "shield")
"""What takes tasks and futures, too, and starts a task only for a coroutine."""
GIVES_NOTHING = frozenset({"add_done_callback", "set_name", "cancel"})


def spawner_of(fact: CallFact, frame: Frame, subject: Subject) -> Spawner | None:
    """Return the task starter that a call calls, if all that it may call are task starters."""
    if fact.form != "call":
        return None
    found = None
    for value in subject.summaries.targets.callees(fact, frame):
        found = _spawner(value, subject)
        if found is None:
            return None
    return found or _by_loop(fact, subject)


def _by_loop(fact: CallFact, subject: Subject) -> Spawner | None:
    """`hass.loop.create_task(…)`: whatever `hass` is, what is called a loop and starts tasks is asyncio's."""
    callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
    if not isinstance(callee, AttributeTerm) or callee.name != "create_task":
        return None
    if not isinstance(callee.value, AttributeTerm) or callee.value.name.strip("_") not in LOOPS:
        return None
    return subject.summaries.resolver.catalogue.spawner("asyncio.AbstractEventLoop.create_task")


def _spawner(value: object, subject: Subject) -> Spawner | None:
    catalogue = subject.summaries.resolver.catalogue
    if isinstance(value, Method):
        library = subject.summaries.resolver.library
        names = [f"{cls}.{value.attribute}" for cls in library.mro(value.receiver.cls)] or [value.name]
        return next((s for n in names if (s := catalogue.spawner(n)) is not None), None)
    if isinstance(value, Symbol):
        return catalogue.spawner(value.name)
    return None


# BKM301 ---------------------------------------------------------------------------------------------------------------


def dropped_task(subject: Subject) -> Iterator[Finding]:
    """A task is started and its only strong reference thrown away."""
    calls = {f.site: f for f in subject.frame.function.calls if f.form == "call"}
    for fact in calls.values():
        started = _dropped_start(fact, calls, subject)
        if started is not None:
            yield _dropped(started, subject.frame, subject)
        yield from _dropped_in_callback(fact, subject)


def _dropped_start(fact: CallFact, calls: dict[Site, CallFact], subject: Subject) -> CallFact | None:
    if fact.use not in DROPPED:
        return None
    if is_weak(fact, subject.frame, subject):
        return fact if fact.site in subject.reachable else None
    callee = fact.term.callee if isinstance(fact.term, CallTerm) else None
    if isinstance(callee, AttributeTerm) and callee.name in GIVES_NOTHING and isinstance(callee.value, CallTerm):
        inner = calls.get(callee.value.site)
        if inner is not None and is_weak(inner, subject.frame, subject):
            return inner
    return None


def is_weak(fact: CallFact, frame: Frame, subject: Subject, depth: int = 0) -> bool:
    """Tell whether a call gives a task that nobody else holds: it starts one, or hands on what it has just started."""
    spawner = spawner_of(fact, frame, subject)
    if spawner is None:
        callees = subject.summaries.targets.callees(fact, frame) if depth < DEEPEST else ()
        handed_on = bool(callees) and all(_hands_task_on(c, subject, depth) for c in callees)
        return handed_on and not subject.summaries.coroutines.may_be_replaced(callees, frame)
    if spawner.holds:
        return False
    return not spawner.name.endswith(GIVES_BACK) or _starts_anew(fact, frame, subject)


def _hands_task_on(callee: object, subject: Subject, depth: int) -> bool:
    """Tell whether a plain function of the project returns a task that it has started in the same breath."""
    if not isinstance(callee, (Symbol, Method)) or not is_first_party(callee.name):
        return False
    target = subject.summaries.resolver.project.frame(callee.name)
    if target is None or target.function.kind != "function" or target.function.may_return_none:
        return False
    made = {fact.site: fact for fact in target.function.calls if fact.use == "returned" and fact.form == "call"}
    options = [option for term in target.function.returns for option in _options(term)]
    facts = [made.get(option.site) if isinstance(option, CallTerm) else None for option in options]
    return bool(facts) and all(f is not None and is_weak(f, target, subject, depth + 1) for f in facts)


def _options(term: Term) -> Iterator[Term]:
    if isinstance(term, ChoiceTerm):
        for option in term.options:
            yield from _options(option)
    else:
        yield term


def _starts_anew(fact: CallFact, frame: Frame, subject: Subject) -> bool:
    """A task that is passed is held by somebody, so only what is made in the argument is surely held by nobody."""
    arguments = fact.term.arguments if isinstance(fact.term, CallTerm) else ()
    if not arguments or isinstance(arguments[0], CallTerm):
        return bool(arguments)
    values = subject.summaries.resolver.resolve(arguments[0], frame)
    return bool(values) and all(isinstance(v, Awaitable) and v.callee for v in values)


def _dropped_in_callback(fact: CallFact, subject: Subject) -> Iterator[Finding]:
    """`loop.call_soon(lambda: create_task(…))`: the loop drops what a callback returns."""
    if not isinstance(fact.term, CallTerm) or not any(isinstance(t, FunctionTerm) for t in fact.term.given):
        return
    handed = (h for place in (Place.LOOP, Place.SIGNAL) for h in subject.summaries.handed(fact, subject.frame, place))
    for _, handover in handed:
        term = argument(fact.term, handover)
        if not isinstance(term, FunctionTerm):
            continue
        frame = subject.frame.sibling(term.key)
        for inner in frame.function.calls if frame.function.is_lambda else ():
            if inner.use == "returned" and is_weak(inner, frame, subject):
                yield _dropped(inner, frame, subject)


def _dropped(fact: CallFact, frame: Frame, subject: Subject) -> Finding:
    message = (
        f"nobody holds the task of {fact.text}(): the loop keeps only a weak reference, so it may vanish unfinished; "
        "keep it in a variable, set or TaskGroup"
    )
    if fact.text.endswith("run_coroutine_threadsafe"):
        message = f"nobody looks at the future of {fact.text}(): its errors are lost; keep it and ask for its result"
    return subject.finding("BKM301", fact, message, Level.ERROR, "dropped")


# BKM303 ---------------------------------------------------------------------------------------------------------------


def never_awaited(subject: Subject) -> Iterator[Finding]:
    """A coroutine function is called and its coroutine thrown away, so its body never runs."""
    for fact, made in subject.coroutines:
        if fact.use not in DROPPED or (made.is_own and spawner_of(fact, subject.frame, subject) is not None):
            continue  # a library's starter that is a coroutine, such as trio's `nursery.start`, starts nothing either
        if subject.is_replaced(fact) or _is_awaited_otherwise(fact, subject) or _is_to_raise(fact, subject):
            continue
        yield _never_awaited(fact, made, subject)


def _is_to_raise(fact: CallFact, subject: Subject) -> bool:
    """Tell whether a test expects an error of a plain function that gives a coroutine: then it gives none."""
    if not subject.context.is_test:
        return False
    project = subject.summaries.resolver.project
    makers = [project.frame(name) for name in subject.callee_names(fact) if is_first_party(name)]
    if not makers or not all(maker is not None and maker.function.kind == "function" for maker in makers):
        return False
    calls = {f.site: f for f in subject.facts if f.form == "call"}
    node: ast.AST | None = subject.call_nodes.get(fact.site)
    while node is not None:
        for item in node.items if isinstance(node, ast.With) else ():
            entered = calls.get(site_of(item.context_expr))
            if entered is not None and not subject.callee_names(entered).isdisjoint(EXPECTING):
                return True
        node = subject.places.parents.get(node)
    return False


def _is_awaited_otherwise(fact: CallFact, subject: Subject) -> bool:
    """Tell whether another branch of an `if` awaits the same call of what was passed: the test tells its kind."""
    node: ast.AST | None = subject.call_nodes.get(fact.site) if _is_of_passed(fact, subject.frame) else None
    while node is not None:
        above = subject.places.parents.get(node)
        if isinstance(above, ast.If):
            other = above.orelse if node in above.body else above.body if node in above.orelse else []
            for inner in (n for statement in other for n in ast.walk(statement) if isinstance(n, ast.Await)):
                if isinstance(inner.value, ast.Call) and written(inner.value.func) == fact.text:
                    return True
        node = above
    return False


def _is_of_passed(fact: CallFact, frame: Frame) -> bool:
    """Tell whether a call is one of a parameter, other than the object whose method this is."""
    here: Term = fact.term
    while isinstance(here, (AttributeTerm, CallTerm)):
        here = here.value if isinstance(here, AttributeTerm) else here.callee
    numbers = here.bindings if isinstance(here, NameTerm) and here.scope == "local" else ()
    indexes = {b.index for n in numbers if isinstance(b := frame.function.bindings[n].term, ParameterTerm)}
    return bool(indexes) and not (frame.function.owner and 0 in indexes)


def awaited_once_only(subject: Subject) -> Iterator[Finding]:
    """What an await gives is one more coroutine, and that is thrown away."""
    reader = subject.summaries.coroutines
    for fact in subject.frame.function.calls if subject.is_loop_code else ():
        if fact.use != "awaited" or fact.form != "call" or not reader.gives_another(fact, subject.frame):
            continue
        node = subject.call_nodes.get(fact.site)
        awaited = subject.places.parents.get(node) if node is not None else None
        if isinstance(awaited, ast.Await) and subject.places.use_of(awaited).role is Role.DROPPED:
            message = f"awaiting {fact.text}() gives another coroutine, and that is never awaited; await it inside"
            yield subject.finding("BKM303", fact, message, Level.ERROR, "first-party")


def _never_awaited(fact: CallFact, made: Made, subject: Subject) -> Finding:
    anchor = "first-party" if made.is_own else "library"
    fix = "await it" if subject.is_loop_code else "start it with a task or asyncio.run"
    message = f"{fact.text}() is never awaited: it only makes a coroutine, none of its body runs; {fix}"
    return subject.finding("BKM303", fact, message, Level.ERROR, anchor)
