"""BKM205: loops of which the code says itself that they take long: it measures them, or hands others to a thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Kind, Place
from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.rounds import names_in, within
from flake8_bookmark.names.terms import CallTerm
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.bodies import LOGGING
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Method, Partial, Symbol, Value, is_first_party
from flake8_bookmark.rules.model import Subject

CLOCKS = frozenset(
    f"time.{name}{unit}" for name in ("monotonic", "perf_counter", "process_time", "time") for unit in ("", "_ns")
)
CLOCK_NAMES = frozenset(name.rpartition(".")[2] for name in CLOCKS)
ENOUGH = 2
"""Loops inside one another, over what the text gives no size of; what one of them does is mostly done in no time."""
SUSPENDING = (ast.Await, ast.AsyncFor, ast.AsyncWith)


def measured_or_beside(subject: Subject) -> Iterator[Finding]:
    """A nest of loops never suspends, and the coroutine measures its time, or hands other loops to a thread."""
    if subject.context.is_test or not subject.options.hints or not subject.is_loop_code:
        return
    calls = {f.site: f for f in subject.facts if f.form == "call"}
    nests = [n for n in _nests(subject) if _depth(n, calls, subject) >= ENOUGH]
    handed = next(_handed(subject), None) if nests else None
    for nest in (*nests, *_helpers(calls, subject)):
        measured = _measured(nest, calls, subject)
        if measured is not None:
            why = f"line {measured} measures how long it takes"
        elif handed is not None and nest in nests:
            why = f"line {handed} hands work of this kind to a thread"
        else:
            continue
        what = "this loop runs" if nest in nests else "the loops of this call run"
        message = f"{what} to the end without suspending, and {why}: hand it to a thread, or suspend in it"
        yield subject.finding_at("BKM205", nest, message, Level.HINT, "what-the-code-says")


def _nests(subject: Subject) -> Iterator[ast.For | ast.While]:
    """Yield the outermost loops that never suspend."""
    loops = [loop.node for loop in subject.machine.loops if not loop.may_suspend]
    inner = {part for node in loops for part in within(node) if part is not node}
    for node in loops:
        if isinstance(node, (ast.For, ast.While)) and node not in inner:
            yield node


def _helpers(calls: dict[Site, CallFact], subject: Subject) -> Iterator[ast.stmt]:
    """Yield the statements that only call a function of the project with loops in loops, where a clock is read."""
    if sum(f.text.rpartition(".")[2] in CLOCK_NAMES for f in calls.values()) < ENOUGH:
        return
    for site, node in subject.call_nodes.items():
        statement = subject.places.parents.get(node)
        is_deep = site in calls and _depth(node, calls, subject) >= ENOUGH
        if is_deep and isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)):
            yield statement


def _depth(node: ast.AST, calls: dict[Site, CallFact], subject: Subject) -> int:
    """Return how many loops of unknown length stand inside one another, those of called functions included."""
    own = 0
    match node:
        case ast.For(iter=over):
            own = not _is_short(over)
        case ast.While():
            own = 1
        case ast.ListComp(generators=steps) | ast.SetComp(generators=steps) | ast.DictComp(generators=steps):
            own = sum(not _is_short(step.iter) for step in steps)
        case ast.GeneratorExp(generators=steps):
            own = sum(not _is_short(step.iter) for step in steps)
        case ast.Call() if (fact := calls.get(site_of(node))) is not None:
            callees = subject.summaries.targets.callees(fact, subject.frame)
            own = max((_loops_of(callee, subject) for callee in callees), default=0)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
            return 0
    return own + max((_depth(inner, calls, subject) for inner in ast.iter_child_nodes(node)), default=0)


def _is_short(over: ast.expr) -> bool:
    """Tell whether what a loop goes through is written down: a display, a range of constants."""
    match over:
        case ast.Tuple() | ast.List() | ast.Set() | ast.Dict() | ast.Constant():
            return True
        case ast.Call(func=ast.Name(id="range" | "enumerate" | "zip" | "reversed"), args=given):
            return all(_is_short(part) for part in given)
    return False


def _loops_of(callee: Value, subject: Subject) -> int:
    """Return how deep the loops of a plain function of the project are."""
    name = callee.name if isinstance(callee, (Symbol, Method)) else ""
    frame = subject.summaries.resolver.project.frame(name) if is_first_party(name) else None
    if frame is None or frame.function.kind != "function":
        return 0
    loops = frame.function.loops
    depths: list[int] = []
    for loop in loops:
        depths.append(1 + (depths[loop.parent] if loop.parent >= 0 else 0))
    return max(depths, default=0)


# what the code measures -----------------------------------------------------------------------------------------------


def _measured(nest: ast.stmt, calls: dict[Site, CallFact], subject: Subject) -> int | None:
    """Return the line that tells how long a statement took, if nothing suspends from before it to behind it."""
    body = _body_around(nest, subject)
    number = body.index(nest)
    before: set[str] = set()
    for statement in reversed(body[:number]):
        if _suspends(statement):
            break
        if isinstance(statement, ast.Assign) and _is_clock(statement.value, calls, subject):
            before.update(t.id for t in statement.targets if isinstance(t, ast.Name))
    for statement in body[number + 1 :] if before else ():
        if _suspends(statement):
            break
        for part in within(statement):
            match part:
                case ast.BinOp(left=left, op=ast.Sub(), right=ast.Name(id=name)) if name in before:
                    if _is_clock(left, calls, subject) or isinstance(left, ast.Name):
                        return statement.lineno
    return None


def _body_around(nest: ast.stmt, subject: Subject) -> list[ast.stmt]:
    around = subject.places.parents[nest]
    bodies = (getattr(around, field, None) for field in ("body", "orelse", "finalbody"))
    return next(body for body in bodies if isinstance(body, list) and nest in body)


def _suspends(statement: ast.stmt) -> bool:
    return any(isinstance(part, SUSPENDING) or getattr(part, "is_async", 0) for part in within(statement))


def _is_clock(node: ast.expr, calls: dict[Site, CallFact], subject: Subject) -> bool:
    fact = calls.get(site_of(node)) if isinstance(node, ast.Call) else None
    return fact is not None and bool(names := subject.callee_names(fact)) and names <= CLOCKS


# what it hands to a thread --------------------------------------------------------------------------------------------


def _handed(subject: Subject) -> Iterator[int]:
    """Yield the lines where loops of the project that only compute are awaited in a worker."""
    summaries = subject.summaries
    for fact in subject.facts:
        if fact.form == "call" and fact.use == "awaited" and isinstance(fact.term, CallTerm):
            for _, handover in summaries.handed(fact, subject.frame, Place.WORKER):
                term = argument(fact.term, handover)
                given = summaries.resolver.resolve(term, subject.frame) if term is not None else ()
                if given and all(_only_computes(value, subject) for value in given):
                    yield fact.line


def _only_computes(value: Value, subject: Subject) -> bool:
    """Tell whether a function goes through loops, and waits for nothing that is known or may be a wait."""
    if isinstance(value, Partial):
        return bool(value.target) and all(_only_computes(inner, subject) for inner in value.target)
    if not _loops_of(value, subject) or not isinstance(value, (Symbol, Method)):
        return False
    frame = subject.summaries.resolver.project.frame(value.name)
    if frame is None or not all(hit.effect.kind is Kind.COMPUTE for hit in subject.summaries.through(value.name)):
        return False
    items = _items(frame)
    calls = (fact for fact in frame.function.calls if fact.form == "call")
    return all(_is_harmless(fact, items) or subject.summaries.targets.callees(fact, frame) for fact in calls)


def _items(frame: Frame) -> set[str]:
    """Return the names that the loops of a function give to what they go through."""
    body = getattr(frame.module.node(frame.function.key), "body", [])
    parts = (part for statement in body for part in within(statement)) if isinstance(body, list) else within(body)
    targets = (part.target for part in parts if isinstance(part, (ast.For, ast.comprehension)))
    return {name for target in targets for name in names_in(target)}


def _is_harmless(fact: CallFact, items: set[str]) -> bool:
    """Tell whether a call of unknown meaning is one of an item of the data, or a line in the log."""
    return fact.text.partition(".")[0] in items or fact.text.rpartition(".")[2] in LOGGING
