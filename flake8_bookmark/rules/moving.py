"""BKM504, BKM605: loops that wait while others change what they look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import Op, OpKind, Suspend
from flake8_bookmark.flow.loops import Loop
from flake8_bookmark.flow.sharing import Place, Touch, shown
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, Term
from flake8_bookmark.project.values import Instance
from flake8_bookmark.rules.elsewhere import is_set_elsewhere, resized_elsewhere, resizes
from flake8_bookmark.rules.guarded import is_serialised, level_of_place, report, suspensions
from flake8_bookmark.rules.keepers import Keeper, keeper_of
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.phases import is_at_an_edge

FAST_FAILING = frozenset(
    {"builtins.dict", "builtins.set", "collections.OrderedDict", "collections.defaultdict", "collections.deque",
     "collections.Counter", "weakref.WeakSet", "weakref.WeakValueDictionary", "weakref.WeakKeyDictionary"}
)
VIEWS = frozenset({"values", "items", "keys"})
SLEEPS = frozenset({"asyncio.sleep", "trio.sleep", "anyio.sleep"})
LOGGING = frozenset({"debug", "info", "warning", "error", "log", "print"})


# BKM504 ---------------------------------------------------------------------------------------------------------------


def moving_collection(subject: Subject) -> Iterator[Finding]:
    """A loop over a shared collection suspends, and others change the collection meanwhile."""
    if not subject.options.hints or not subject.machine.points:
        return
    loops = [loop for loop in subject.machine.loops if isinstance(loop.node, ast.For) and loop.may_suspend]
    if not loops or is_at_an_edge(subject.frame, subject):
        return
    found = [f for loop in loops if isinstance(loop.node, ast.For) for f in _moving(loop, loop.node, subject)]
    if found and (not subject.frame.function.owner or keeper_of(subject) is not Keeper.FRAME):
        yield from found


def _moving(loop: Loop, node: ast.For, subject: Subject) -> Iterator[Finding]:
    over = _collection(node.iter)
    place = subject.machine.sharing.place_of(over) if over is not None else None
    fact = next((f for f in subject.facts if f.form == "iterate" and f.site == site_of(node.iter)), None)
    if place is None or fact is None or (len(place) < 2 and not subject.machine.sharing.is_outer(place[0])):
        return
    if _is_of_parameter(place, subject) or (isinstance(over, ast.Name) and _is_put_aside(place, subject)):
        return
    level, is_list = level_of_place(place, subject), _is_list(fact, subject)
    point = _first_point(loop, subject) if level is not None and is_list is not None else None
    if level is None or is_list is None or point is None:
        return
    line = _resized_inside(loop, node, over, is_list) or resized_elsewhere(place, subject, is_list)
    if line is not None and not is_serialised(subject, Op(OpKind.ITER, node), Op(OpKind.ITER, node), point):
        effect = "the loop skips an item" if is_list else "the next step raises RuntimeError"
        message = (
            f"{shown(place)} may change in line {line} while line {point.line} waits: {effect}; "
            f"loop over a copy, list(...)"
        )
        yield report(subject, "BKM504", node.iter, message, level.lowered(), "moving-collection")


def _is_of_parameter(place: Place, subject: Subject) -> bool:
    """Tell whether a place belongs to something that is passed: it is mostly nobody else's."""
    function = subject.frame.function
    own = function.parameters[0].name if function.owner and function.parameters else ""
    return any(p.name == place[0] and p.name != own for p in function.parameters)


def _is_put_aside(place: Place, subject: Subject) -> bool:
    """Tell whether a local name holds what was at a place before, and others meet something new there.

    `waiting = self.waiting`, then `self.waiting = {}`.
    """
    return any(a.place == place and a.touch is Touch.WRITE for _, _, a in subject.machine.sharing.changes)


def _collection(node: ast.expr) -> ast.expr | None:
    """Return the collection that a loop steps through itself: `d`, `d.values()`, `enumerate(d)`."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=[]) if name in VIEWS:
            return value
        case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]):
            return _collection(first)
        case ast.Attribute() | ast.Name() | ast.Subscript():
            return node
    return None


def _is_list(fact: CallFact, subject: Subject) -> bool | None:
    """Tell whether a list is iterated; False for what fails when its size changes, None for what is unknown."""
    term: Term = fact.term
    if isinstance(term, CallTerm) and isinstance(term.callee, AttributeTerm) and term.callee.name in VIEWS:
        term = term.callee.value
    elif isinstance(term, CallTerm) and term.arguments:
        term = term.arguments[0]
    values = subject.summaries.resolver.resolve(term, subject.frame)
    classes = {v.cls if isinstance(v, Instance) else "" for v in values}
    if classes and classes <= FAST_FAILING:
        return False
    return True if classes == {"builtins.list"} else None


def _first_point(loop: Loop, subject: Subject) -> SuspensionPoint | None:
    found = suspensions(subject)
    points = [found[b.index] for b in loop.blocks if b.index in found]
    return min(points, key=lambda p: p.index, default=None)


def _resized_inside(loop: Loop, node: ast.For, over: ast.expr | None, only_removals: bool) -> int | None:
    """Return the line where the loop's own body changes the collection, on a way that goes round again."""
    text = ast.unparse(over) if over is not None else ""
    inside = {op.node for op in loop.ops()}
    for statement in node.body:
        for part in ast.walk(statement):
            found = resizes(part, text, only_removals)
            targets = getattr(part, "targets", [part])
            if found and any(t in inside for t in (part, *targets)):
                return getattr(part, "lineno", None)
    return None


# BKM605 ---------------------------------------------------------------------------------------------------------------


def busy_waiting(subject: Subject) -> Iterator[Finding]:
    """A loop sleeps until a flag has changed that this project sets itself."""
    if not subject.machine.points:
        return
    for loop in subject.machine.loops:
        if isinstance(loop.node, ast.While) and loop.may_suspend and _only_sleeps(loop, subject):
            place = _polled(loop.node, subject)
            if place is not None:
                library = subject.context.framework
                message = (
                    f"this loop looks again and again until {shown(place)} has changed, too late each time; "
                    f"wait for an {library}.Event that is set with it"
                )
                yield report(subject, "BKM605", loop.node.test, message, Level.HINT, "busy-waiting")


def _polled(node: ast.While, subject: Subject) -> Place | None:
    """Return the shared place that a condition looks at, if that is all it does and others set the place."""
    parts = list(ast.walk(node.test))
    if any(isinstance(p, (ast.Call, ast.Await, ast.NamedExpr)) for p in parts):
        return None
    sharing = subject.machine.sharing
    # Of `self.watcher.status`, the watcher changes its status itself: who sets `self.watcher` has no part in it.
    inner = {p.value for p in parts if isinstance(p, (ast.Attribute, ast.Subscript))}
    for part in parts:
        place = sharing.place_of(part) if isinstance(part, (ast.Attribute, ast.Name)) and part not in inner else None
        if place is None or level_of_place(place, subject) != Level.WARNING:
            continue
        own = any(access.place == place for _, _, access in sharing.changes if _spans(node, access.line))
        if not own and is_set_elsewhere(place, subject):
            return place
    return None


def _spans(node: ast.While, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _only_sleeps(loop: Loop, subject: Subject) -> bool:
    """Tell whether a round does nothing but sleep, and perhaps say so."""
    facts = {f.site: f for f in subject.facts if f.form == "call"}
    slept = False
    for op in loop.ops():
        if op.kind in (OpKind.SET_ATTRIBUTE, OpKind.SET_ITEM, OpKind.OUTER_STORE):
            return False
        if op.kind is not OpKind.CALL or not isinstance(op.node, ast.Call):
            continue
        fact = facts.get(site_of(op.node))
        if fact is None:
            return False
        names = {getattr(v, "name", "") for v in subject.summaries.targets.callees(fact, subject.frame)}
        if names and names <= SLEEPS and fact.use == "awaited":
            slept = True
        elif fact.text.rpartition(".")[2] not in LOGGING:
            return False
    suspends = [b.terminator for b in loop.blocks if isinstance(b.terminator, Suspend)]
    return slept and all(s.kind == "await" for s in suspends)
