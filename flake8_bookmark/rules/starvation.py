"""BKM2xx: the loop starves while a coroutine computes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock, OpKind, Return, Suspend
from flake8_bookmark.flow.loops import Loop
from flake8_bookmark.names.terms import UNKNOWN as UNKNOWN_TERM
from flake8_bookmark.project.values import Instance, is_first_party
from flake8_bookmark.rules.blocking import describe
from flake8_bookmark.rules.callbacks import describe_inside
from flake8_bookmark.rules.contexts import is_one_shot
from flake8_bookmark.rules.model import Subject, Wait

ENDLESS_ITERATORS = frozenset({"itertools.count", "itertools.cycle", "itertools.repeat"})
FAR = 3
"""Calls on the way to something heavy; where it is a guess as well, more of them prove nothing."""
NEVER_RETURN = frozenset(
    {"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit", "os.execv", "os.execve", "os.execvp"}
)


# BKM201 ---------------------------------------------------------------------------------------------------------------


def endless_loop(subject: Subject) -> Iterator[Finding]:
    """A loop of loop code that can neither suspend nor end."""
    if not subject.runs_on_loop:
        return
    for loop in subject.machine.loops:
        if not loop.may_suspend and not _can_end(loop, subject):
            yield _endless(loop, subject)


def _can_end(loop: Loop, subject: Subject) -> bool:
    """Tell whether any way leads out: a leap, a changing condition, an exhausted iterator, an exit of the program."""
    if _never_returns(loop, subject) or _is_left_by_exception(loop):
        return True
    node = loop.node
    if isinstance(node, ast.While):
        if loop.exits and not loop.ends_by_itself:
            return True
        return bool(loop.exits) and _may_change(node)
    if isinstance(node, ast.For):
        return not _is_endless_iterator(node, subject) or not loop.ends_by_itself
    return True


def _is_left_by_exception(loop: Loop) -> bool:
    """Tell whether an exception inside the loop is caught outside it, or on a way that goes on without it."""
    pending = [b.handler for b in loop.blocks if b.handler is not None and b.handler not in loop.blocks]
    seen: set[BasicBlock] = set()
    while pending:
        block = pending.pop()
        if block in seen or block in loop.blocks:
            continue
        seen.add(block)
        if isinstance(block.terminator, (Return, Suspend)):
            return True
        pending.extend(block.successors())
    return False


def _may_change(node: ast.While) -> bool:
    """Tell whether a loop's condition may become false: it calls, or the body binds or could change what it reads."""
    parts = list(ast.walk(node.test))
    if any(isinstance(p, (ast.Call, ast.Await, ast.NamedExpr)) for p in parts):
        return True
    body = [n for s in node.body for n in ast.walk(s)]
    names = {p.id for p in parts if isinstance(p, ast.Name)}
    if any(isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load) and n.id in names for n in body):
        return True
    shared = any(isinstance(p, (ast.Attribute, ast.Subscript)) for p in parts)
    acts = any(isinstance(n, (ast.Call, ast.Attribute, ast.Subscript, ast.Delete)) for n in body)
    return (shared or bool(names)) and acts


def _is_endless_iterator(node: ast.For, subject: Subject) -> bool:
    for fact in subject.frame.function.calls:
        if fact.form == "iterate" and fact.site == site_of(node.iter):
            values = subject.summaries.resolver.resolve(fact.term, subject.frame)
            return bool(values) and all(isinstance(v, Instance) and v.cls in ENDLESS_ITERATORS for v in values)
    return False


def _never_returns(loop: Loop, subject: Subject) -> bool:
    sites = {
        site_of(op.node)
        for op in loop.ops()
        if op.kind is OpKind.CALL and isinstance(op.node, ast.Call)
    }
    for fact in subject.frame.function.calls:
        if fact.site in sites:
            callees = subject.summaries.targets.callees(fact, subject.frame)
            if any(_is_exit(c, subject) for c in callees):
                return True
    return False


def _is_exit(callee: object, subject: Subject) -> bool:
    """Tell whether calling something never comes back: it ends the program, or always raises."""
    name = getattr(callee, "name", "")
    if not is_first_party(name):
        return name in NEVER_RETURN
    frame = subject.summaries.resolver.project.frame(name)
    facts = frame.function if frame is not None else None
    return facts is not None and facts.kind == "function" and not facts.returns and not facts.may_return_none


def _endless(loop: Loop, subject: Subject) -> Finding:
    node = loop.node
    assert isinstance(node, (ast.While, ast.For))
    site = (node.lineno, node.col_offset, node.lineno, node.col_offset)
    word = "while" if isinstance(node, ast.While) else "for"
    fact = CallFact("loop", UNKNOWN_TERM, site, node.lineno, node.col_offset, word, "other")
    message = (
        f"this {word} loop never suspends and never ends: no other task runs again; "
        f"{'await' if subject.is_loop_code else 'in a task, await'} something in it, "
        f"such as {subject.context.framework}.sleep(0)"
    )
    return subject.finding("BKM201", fact, message, Level.ERROR, "endless-loop")


# BKM202, BKM212 -------------------------------------------------------------------------------------------------------


def heavy_call(subject: Subject) -> Iterator[Finding]:
    """The coroutine calls something that computes for long."""
    yield from _heavy(subject, "BKM202", False)


def heavy_helper(subject: Subject) -> Iterator[Finding]:
    """The coroutine calls a first-party function that computes for long in the end."""
    yield from _heavy(subject, "BKM212", True)


def _described(wait: Wait, subject: Subject) -> str:
    return describe_inside(wait, subject.handing, subject) if subject.handing else describe(wait, subject)


def _heavy(subject: Subject, code: str, through_helper: bool) -> Iterator[Finding]:
    if not subject.runs_on_loop or subject.context.is_test:
        return  # in a test, nobody else is served
    for wait in subject.waits:
        effect = wait.hit.effect
        if effect.kind is Kind.COMPUTE and (wait.helper is not None) == through_helper and effect.level > Level.HINT:
            level = wait.hit.level.lowered() if is_one_shot(subject) else wait.hit.level
            if level is Level.HINT and len(wait.hit.trace) > FAR:
                continue  # a rare way in a helper far away
            yield subject.finding(code, wait.fact, _described(wait, subject), level, effect.anchor, wait.hit.trace)
