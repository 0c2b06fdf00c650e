"""BKM2xx: loops that keep the thread although they end, and loops whose awaits give nothing back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Suspends
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact, LoopFact
from flake8_bookmark.finding import Finding, Hop, Level
from flake8_bookmark.flow.loops import Loop
from flake8_bookmark.flow.rounds import FILLING
from flake8_bookmark.names.terms import UNKNOWN, CallTerm
from flake8_bookmark.project.bodies import LOGGING
from flake8_bookmark.project.values import Frozen, Method
from flake8_bookmark.project.work import NOTHING, Nest, Work
from flake8_bookmark.rules.contexts import is_one_shot
from flake8_bookmark.rules.model import Subject

MANY_ROUNDS = 100_000
"""A hundred thousand rounds of almost nothing take some five milliseconds."""
CHEAP = FILLING | LOGGING | {"empty", "full", "qsize", "task_done", "len", "print", "put_nowait", "suppress"}
TAKEN_OUT = frozenset({"pop", "popleft", "popitem", "get_nowait"})
TAKING = frozenset({"get_nowait", "receive_nowait", "read", "readline", "readinto", "read1", "recv", "recv_into"})


# BKM203 ---------------------------------------------------------------------------------------------------------------


def long_loop(subject: Subject) -> Iterator[Finding]:
    """A loop of loop code that surely takes many rounds, and suspends in none of them."""
    if subject.context.is_test:
        return
    touched: dict[int, str] = {}
    for nest in subject.summaries.work.nests(subject.frame):
        amount, trace = _amount(nest.work)
        if amount:
            yield _long(nest, amount, trace, subject)
        elif nest.work.element and nest.fact is not None and nest.fact.loop >= 0:
            touched.setdefault(nest.fact.loop, nest.work.element)
    for number, element in touched.items():
        loop = subject.frame.function.loops[number]
        if _mostly_goes_on(loop, subject):
            yield _long(Nest(NOTHING, loop), f"takes one {element} after the other, mostly", (), subject)


def _amount(work: Work) -> tuple[str, tuple[Hop, ...]]:
    if work.most.value >= MANY_ROUNDS:
        return f"takes {work.most.value:,} rounds", work.most.trace
    return (f"takes one {work.large} after the other", work.large_trace) if work.large else ("", ())


def _mostly_goes_on(fact: LoopFact, subject: Subject) -> bool:
    """Tell whether a loop has rounds without a suspension, and does not count them to suspend in every n-th."""
    for loop in subject.machine.loops:
        place = loop.node.iter if isinstance(loop.node, ast.comprehension) else loop.node
        if (place.lineno, place.col_offset) == (fact.line, fact.column):
            return not loop.always_suspends and not any(
                isinstance(op.node, ast.BinOp) and isinstance(op.node.op, ast.Mod) for op in loop.ops()
            )
    return False


def _long(nest: Nest, amount: str, trace: tuple[Hop, ...], subject: Subject) -> Finding:
    level = Level.WARNING.lowered() if is_one_shot(subject) else Level.WARNING
    sleep = f"{subject.context.framework}.sleep(0)"
    if nest.loop is not None:
        way = trace if len(trace) > 1 else ()
        fact = loop_fact(nest.loop)
        head = f"this loop {amount} without suspending"
    else:
        assert nest.fact is not None
        way, fact = trace[1:], nest.fact
        head = f"{fact.text}() {amount} without suspending"
    chain = f": {' > '.join(str(h) for h in way)}" if way else ""
    advice = "hand it to a process pool"
    if nest.loop is not None and not way:
        advice = f"{advice}, or await {sleep} every few thousand rounds"
    return subject.finding("BKM203", fact, f"{head}{chain}; {advice}", level, "long-loop", way)


def loop_fact(loop: LoopFact) -> CallFact:
    """Return a fact that stands for a loop, at its first word."""
    return _at(loop.line, loop.column, loop.form)


def _at(line: int, column: int, text: str) -> CallFact:
    return CallFact("loop", UNKNOWN, (line, column, line, column), line, column, text, "other")


# BKM204 ---------------------------------------------------------------------------------------------------------------


def silent_awaits(subject: Subject) -> Iterator[Finding]:
    """A loop with awaits, none of which ever gives the loop back."""
    for loop in subject.machine.loops:
        if loop.may_suspend and _is_silent(loop, subject):
            found = _silent(loop, subject)
            if found.level > Level.HINT or not subject.context.is_test:
                yield found


def _is_silent(loop: Loop, subject: Subject) -> bool:
    """Tell whether no suspension point of a loop ever gives the loop back."""
    suspension, frame = subject.summaries.suspension, subject.frame
    inside = (point for point in subject.machine.points if point.block in loop.blocks)
    return all(suspension.at(point, frame) is Suspends.NEVER for point in inside)


def _silent(loop: Loop, subject: Subject) -> Finding:
    """A loop over what is there comes to its end, so does one that counts, or a generator; a `while` may go on."""
    node = loop.node
    place = node.iter if isinstance(node, ast.comprehension) else node
    may_go_on = isinstance(node, ast.While) and not _counts(node) and not _empties(node)
    level = Level.ERROR if may_go_on or _is_endless(node, subject) else Level.HINT
    message = (
        "this loop awaits only what never suspends, and keeps the thread; "
        f"await something that waits, such as {subject.context.framework}.sleep(0)"
    )
    fact = _at(place.lineno, place.col_offset, "loop")
    level = level.lowered() if is_one_shot(subject) else level
    return subject.finding("BKM204", fact, message, level, "silent-awaits")


def _counts(node: ast.While) -> bool:
    """Tell whether a loop counts up or down to its end: `while self.free > wanted: …; self.free -= 1`."""
    compared = {written(n) for n in ast.walk(node.test) if isinstance(n, (ast.Name, ast.Attribute))}
    counted = (s for s in node.body if isinstance(s, ast.AugAssign) and isinstance(s.value, ast.Constant))
    return isinstance(node.test, ast.Compare) and any(written(s.target) in compared for s in counted)


def _empties(node: ast.While) -> bool:
    """Tell whether a loop takes what its test asks for until nothing is left: `while stack: stack.pop()`."""
    asked = {written(n) for n in ast.walk(node.test) if isinstance(n, (ast.Name, ast.Attribute))}
    calls = (n.func for part in node.body for n in ast.walk(part) if isinstance(n, ast.Call))
    return any(isinstance(f, ast.Attribute) and f.attr in TAKEN_OUT and written(f.value) in asked for f in calls)


def _is_endless(node: ast.AST, subject: Subject) -> bool:
    """Tell whether a loop steps through an async generator that never ends by itself."""
    for fact in subject.frame.function.calls:
        if isinstance(node, ast.AsyncFor) and fact.form == "iterate" and fact.site == site_of(node.iter):
            for value in subject.summaries.resolver.resolve(fact.term, subject.frame):
                made = subject.summaries.resolver.project.frame(value.function) if isinstance(value, Frozen) else None
                if made is not None:
                    return not made.function.returns and not made.function.may_return_none
    return False


# BKM206 ---------------------------------------------------------------------------------------------------------------


def draining(subject: Subject) -> Iterator[Finding]:
    """A loop that takes from a source until nothing is left, and never suspends."""
    if not subject.options.hints or subject.context.is_test:
        return
    loops = subject.frame.function.loops
    drained = {f.loop: f for f in subject.facts if f.loop >= 0 and loops[f.loop].form == "while" and _takes(f, subject)}
    drained = {number: fact for number, fact in drained.items() if _is_worked_on(number, fact, subject)}
    suspending = subject.summaries.work.suspending(subject.frame) if drained else set()
    for number, fact in sorted(drained.items()):
        if number not in suspending:
            sleep = f"{subject.context.framework}.sleep(0)"
            message = f"this loop takes all that {fact.text}() gives without suspending; await {sleep} in it"
            yield subject.finding("BKM206", loop_fact(loops[number]), message, Level.HINT, "draining")


def _is_worked_on(number: int, taken: CallFact, subject: Subject) -> bool:
    """Tell whether a round does something with what it takes; to keep, count or drop a thing costs next to nothing."""
    if not taken.text.endswith("_nowait"):
        return True
    calls = (f for f in subject.facts if f.form == "call" and f.loop == number and f is not taken)
    return any(f.text.rpartition(".")[2] not in CHEAP for f in calls)


def _takes(fact: CallFact, subject: Subject) -> bool:
    """Tell whether a call takes the next piece from a queue, a file or a socket."""
    if fact.form != "call" or fact.use == "awaited" or fact.text.rpartition(".")[2] not in TAKING:
        return False
    if isinstance(fact.term, CallTerm) and not fact.term.arguments and fact.text.endswith(".read"):
        return False  # all at once
    values = subject.summaries.targets.callees(fact, subject.frame)
    known = [v for v in values if isinstance(v, Method) and v.attribute in TAKING]
    return len(known) == len(values) and (bool(known) or fact.text.endswith(".get_nowait"))
