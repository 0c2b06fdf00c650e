"""BKM307, BKM308: results that nobody looks at, and async generators that nobody closes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock, OpKind, Raise
from flake8_bookmark.flow.places import Role, Use
from flake8_bookmark.flow.rounds import within
from flake8_bookmark.names.terms import CallTerm, ConstantTerm
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Frozen, is_first_party
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.obligations import local_of

GATHER, WAIT = "asyncio.gather", "asyncio.wait"
UNFAILING = frozenset({"asyncio.Event.wait", "asyncio.sleep", "asyncio.Queue.join"})
"""What has no errors that anybody could miss."""

OPENS = (ast.AsyncFor, ast.AsyncWith, ast.With)


# BKM307 ---------------------------------------------------------------------------------------------------------------


def unseen_errors(subject: Subject) -> Iterator[Finding]:
    """What several tasks raised is collected, and nobody looks at it."""
    if not subject.options.hints or subject.context.is_test:
        return
    for fact in subject.frame.function.calls:
        if fact.use != "awaited" or not isinstance(fact.term, CallTerm) or fact.site not in subject.call_nodes:
            continue
        names = subject.callee_names(fact)
        call = subject.call_nodes[fact.site]
        if names not in ({GATHER}, {WAIT}) or _is_of_others(call) or _cannot_fail(call, subject):
            continue
        if names == {GATHER} and _returns_exceptions(fact.term) and _is_unseen(fact, subject):
            says = f"the errors of {fact.text}(return_exceptions=True) are returned and nobody looks at them"
            message = f"{says}; check its result for exceptions, or use TaskGroup"
            yield subject.finding("BKM307", fact, message, Level.HINT, "gather")
        elif names == {WAIT} and _waits_for_own(call, subject) and _is_unseen(fact, subject):
            says = f"nobody looks at the done tasks of {fact.text}(): it raises none of their errors"
            message = f"{says}; ask each done task for its result"
            yield subject.finding("BKM307", fact, message, Level.HINT, "wait")


def _returns_exceptions(call: CallTerm) -> bool:
    given = dict(call.keywords).get("return_exceptions")
    return isinstance(given, ConstantTerm) and given.value is True


def _waits_for_own(call: ast.Call, subject: Subject) -> bool:
    """Tell whether the tasks that are waited for are those of this function: others look at theirs themselves."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Name):
        stores = [op for op in subject.machine.graph.ops() if op.kind is OpKind.STORE]
        return any(op.name == first.id for op in stores)
    return isinstance(first, (ast.List, ast.Set, ast.Tuple, ast.ListComp, ast.SetComp)) and _starts_here(call)


def _starts_here(call: ast.Call) -> bool:
    """Tell whether the call itself makes what it waits for, so that nobody else can look at the outcome."""
    parts = [p for a in call.args for p in _parts(a)]
    return bool(parts) and all(isinstance(p, ast.Call) and not _is_wrapper(p) for p in parts)


def _is_of_others(call: ast.Call) -> bool:
    """Tell whether what is waited for are tasks that an object or the module keeps: who started them looks at them."""
    parts = [a.value if isinstance(a, ast.Starred) else a for a in call.args]
    return bool(parts) and all(isinstance(p, ast.Attribute) for p in parts)


def _cannot_fail(call: ast.Call, subject: Subject) -> bool:
    """Tell whether nothing that is waited for can raise: `event.wait()`, as it is or as a task."""
    parts = [p for a in call.args for p in _parts(a)]
    inner = [p.args[0] if isinstance(p, ast.Call) and p.args and isinstance(p.args[0], ast.Call) else p for p in parts]
    return bool(inner) and all(
        isinstance(part, ast.Call) and _names_of(part, subject) <= UNFAILING for part in inner
    )


def _names_of(node: ast.Call, subject: Subject) -> frozenset[str]:
    """Return the names of what a call calls, here or in a generator expression; an empty one for the unknown."""
    module, key = subject.frame.module, subject.frame.function.key
    for facts in module.functions():
        for fact in facts.calls if facts.key.startswith(key) else ():
            if fact.form == "call" and fact.site == site_of(node):
                found = subject.summaries.targets.callees(fact, Frame(module, facts))
                return frozenset(getattr(v, "name", "") for v in found) or frozenset({""})
    return frozenset({""})


def _parts(argument: ast.expr) -> list[ast.expr]:
    match argument:
        case ast.Starred(value=ast.Name() | ast.Attribute() | ast.Call()):
            return [ast.Constant(None)]
        case ast.Starred(value=value):
            return _parts(value)
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
            return [element]
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return [part for element in elements for part in _parts(element)]
    return [argument]


def _is_wrapper(call: ast.Call) -> bool:
    """Tell whether a call only makes a task of a coroutine made elsewhere, or another future of what runs already."""
    name = written(call.func).rpartition(".")[2]
    made = call.args[0] if call.args else None
    return name in ("wrap_future", "shield") or ("task" in name and isinstance(made, (ast.Name, ast.Attribute)))


def _is_unseen(fact: CallFact, subject: Subject) -> bool:
    node = subject.call_nodes[fact.site]
    awaited = subject.places.parents.get(node)
    if not isinstance(awaited, ast.Await) or _cancels(subject) or _is_read_later(node, subject):
        return False
    use = subject.places.use_of(awaited)
    if use.role is Role.DROPPED:
        return True
    if use.role is Role.BOUND:
        local = local_of(use, awaited, subject)
        return local is not None and not local.is_captured and not local.uses
    return use.role is Role.UNPACKED and _is_first_unread(use, subject)


def _is_first_unread(use: Use, subject: Subject) -> bool:
    """Tell whether the first of two names that a result is unpacked into is never read."""
    match use.node:
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name() as done, _])]):
            stored = [op for _, op in subject.machine.places.get(done, ()) if op.kind is OpKind.STORE]
            return bool(stored) and not subject.machine.uses_of(done)
    return False


def _cancels(subject: Subject) -> bool:
    """Tell whether the function cancels tasks: then it only waits for them to end."""
    return any(fact.text.endswith(".cancel") for fact in subject.frame.function.calls)


def _is_read_later(call: ast.Call, subject: Subject) -> bool:
    """Tell whether a name among the arguments is read again, so that its tasks may be asked one by one."""
    names = {name for argument in call.args for name in _task_names(argument)}
    later = (op for op in subject.machine.graph.ops() if op.kind is OpKind.LOAD and op.line > (call.end_lineno or 0))
    binding = (OpKind.STORE, OpKind.PARAMETER)
    local = {op.name for op in subject.machine.graph.ops() if op.kind in binding}
    return any(op.name in names & local for op in later)


def _task_names(argument: ast.expr) -> Iterator[str]:
    """Yield the names in an argument that hold tasks, alone or many of them; not those that tasks are made with."""
    match argument:
        case ast.Name():
            yield argument.id
        case ast.Starred(value=value) | ast.Call(func=ast.Attribute(value=value, attr="values"), args=[]):
            yield from _task_names(value)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            for element in elements:
                yield from _task_names(element)
        case ast.Call(func=ast.Name(id="tuple" | "list" | "set"), args=[value]):
            yield from _task_names(value)
        case ast.ListComp(elt=ast.Name()) | ast.SetComp(elt=ast.Name()) | ast.GeneratorExp(elt=ast.Name()):
            yield from _task_names(argument.generators[0].iter)


# BKM308 ---------------------------------------------------------------------------------------------------------------


def left_early(subject: Subject) -> Iterator[Finding]:
    """A loop over an async generator that it made itself is left before the end."""
    for fact in subject.frame.function.calls if subject.options.hints else ():
        if fact.form != "iterate" or not fact.is_async or not isinstance(fact.term, CallTerm):
            continue
        made = subject.summaries.resolver.resolve(fact.term, subject.frame)
        if not made or not all(isinstance(v, Frozen) and _has_to_clean_up(v, subject) for v in made):
            continue
        if _is_left(fact, subject):
            message = (
                f"the async generator of {fact.text} is left before its end: its finally runs at some later "
                "garbage collection; use contextlib.aclosing around it"
            )
            yield subject.finding("BKM308", fact, message, Level.HINT, "left-early")


def _is_left(fact: CallFact, subject: Subject) -> bool:
    """Tell whether a loop has a way out before its end; one that never comes to a second round has no other."""
    heads = (node for node, _ in subject.machine.graph.loop_headers if isinstance(node, ast.AsyncFor))
    node = next((node for node in heads if site_of(node.iter) == fact.site), None)
    loop = next((loop for loop in subject.machine.loops if loop.node is node), None)
    if node is None or loop is None:
        return node is not None
    return any(not _is_assertion(target) and getattr(block.terminator, "node", None) is not node
               for block, target in loop.exits)


def _is_assertion(block: BasicBlock | None) -> bool:
    """Tell whether a block is the end of an `assert` that failed."""
    return block is not None and isinstance(block.terminator, Raise) and isinstance(block.terminator.node, ast.Assert)


def _has_to_clean_up(made: Frozen, subject: Subject) -> bool:
    """Tell whether an async generator hands over in the middle of something: a `with`, a `finally`, another one."""
    frame = subject.summaries.resolver.project.frame(made.function) if is_first_party(made.function) else None
    if made.kind != "asyncgenerator" or frame is None:
        return False
    body = getattr(frame.module.node(frame.function.key), "body", [])
    opened = (node for part in body for node in within(part) if _holds_open(node))
    return any(isinstance(inner, ast.Yield) for node in opened for inner in within(node))


def _holds_open(node: ast.AST) -> bool:
    return isinstance(node, OPENS) or (isinstance(node, (ast.Try, ast.TryStar)) and bool(node.finalbody))
