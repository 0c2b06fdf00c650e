"""BKM507: shared state that a cancellation leaves changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock, Op, OpKind, Return
from flake8_bookmark.flow.sharing import Access, Place, Sharing, Touch, shown, statements
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import ConstantTerm
from flake8_bookmark.project.values import Instance, Method, Symbol
from flake8_bookmark.rules.elsewhere import setting
from flake8_bookmark.rules.guarded import level_of_place, report, suspensions
from flake8_bookmark.rules.model import Subject

OPPOSITE = ((ast.Add, ast.Sub), (ast.Sub, ast.Add))
_Place = tuple[BasicBlock, int, Op]


def left_dirty(subject: Subject) -> Iterator[Finding]:
    """Shared state is changed, the coroutine suspends, and puts it back only if nothing goes wrong."""
    if not subject.machine.points:
        return
    sharing = subject.machine.sharing
    points = suspensions(subject) if sharing.changes else {}
    done: set[ast.AST] = set()
    for first, second in _pairs(subject):
        place = first[2].place
        level = level_of_place(place, subject) if first[2].op.node not in done else None
        if level is None or _is_reset_by_caller(place, subject):
            continue
        point = _suspended_between((first[0], first[1], first[2].op), second[2].op, points, place, sharing)
        if point is not None and not _is_put_back(point, place, sharing) and _is_meant(point, place, sharing):
            done.add(first[2].op.node)
            yield _report(shown(place), first[2].op, second[2].op, point, level, subject)
    yield from _called_pairs(subject)


_Change = tuple[BasicBlock, int, Access]


def _pairs(subject: Subject) -> Iterator[tuple[_Change, _Change]]:
    """Yield each change of a place with one that may take it back."""
    sharing = subject.machine.sharing
    cleanups = list(_finallies(subject))
    failures = list(_handlers(subject))
    changes = [c for c in sharing.changes if c[2].touch in (Touch.WRITE, Touch.REMOVE)]
    for first in changes:
        for second in changes:
            same = first[2].place == second[2].place and first[2].line < second[2].line
            same = same and not any(second[2].line in lines for lines in cleanups)
            same = same and not any(first[2].line in lines for lines in failures)  # it notes what has failed
            if same and _takes_back(first[2], second[2], subject):
                yield first, second


def _finallies(subject: Subject) -> Iterator[range]:
    """Yield the lines of each `finally`."""
    node = subject.frame.module.node(subject.frame.function.key)
    for statement in statements(getattr(node, "body", [])):
        body = getattr(statement, "finalbody", [])
        if body:
            yield range(body[0].lineno, (body[-1].end_lineno or body[-1].lineno) + 1)


def _handlers(subject: Subject) -> Iterator[range]:
    """Yield the lines of each `except`."""
    node = subject.frame.module.node(subject.frame.function.key)
    for statement in statements(getattr(node, "body", [])):
        for handler in getattr(statement, "handlers", []):
            yield range(handler.lineno, (handler.end_lineno or handler.lineno) + 1)


def _takes_back(first: Access, second: Access, subject: Subject) -> bool:
    sharing = subject.machine.sharing
    before, after = sharing.values.get(first.op.node), sharing.values.get(second.op.node)
    if first.place[:2] == ("os", ".environ") and second.touch is Touch.REMOVE:
        return True
    if before is None and after is None:
        return _counts_back(first.op.node, second.op.node, subject)
    if first.touch is not Touch.WRITE or before is None:
        return False
    if isinstance(after, ast.Constant) and isinstance(before, ast.Constant):
        return before.value != after.value and _rests_at(first.place, after.value, subject)
    if not isinstance(after, ast.Name):
        return False
    names = ((t, v) for t, v in sharing.values.items() if isinstance(t, ast.Name) and t.id == after.id)
    kept = [value for target, value in names if target.lineno <= first.line]
    return any(sharing.read_of(value) == first.place for value in kept)


def _counts_back(first: ast.AST, second: ast.AST, subject: Subject) -> bool:
    """Tell whether two `op=` statements undo each other: `self.n += 1`, `self.n -= 1`."""
    by_target = _augmented(subject)
    one, other = by_target.get(first), by_target.get(second)
    if one is None or other is None or (type(one.op), type(other.op)) not in OPPOSITE:
        return False
    same = isinstance(one.value, ast.Constant) and ast.unparse(one.value) == ast.unparse(other.value)
    return same and not any(_is_step(statement, subject) for statement in (one, other))


def _is_step(statement: ast.AugAssign, subject: Subject) -> bool:
    """Tell whether a count is what a `while` around it looks at: it goes to a number, and is not lent."""
    text = ast.unparse(statement.target)
    around = subject.places.parents.get(statement)
    while around is not None:
        if isinstance(around, ast.While) and any(ast.unparse(n) == text for n in ast.walk(around.test)):
            return True
        around = subject.places.parents.get(around)
    return False


def _augmented(subject: Subject) -> dict[ast.AST, ast.AugAssign]:
    ops = (op.node for op in subject.machine.graph.ops() if op.kind is OpKind.OPERATOR)
    return {node.target: node for node in ops if isinstance(node, ast.AugAssign)}


def _rests_at(place: Place, value: object, subject: Subject) -> bool:
    """Tell whether a place begins with a value: it is set to it in `__init__`, the class or the module."""
    module, function = subject.frame.module, subject.frame.function
    if not isinstance(value, bool):
        return False
    if len(place) == 1:
        facts = module.function(MODULE_KEY)
        terms = [facts.bindings[n].term for n in facts.named(place[0])]
    elif len(place) == 2 and function.owner:
        name = place[1].removeprefix(".")
        body = module.function(function.owner)
        terms = [a.term for key, a in module.attributes(function.owner).get(name, ()) if key.endswith(".__init__")]
        terms += [body.bindings[n].term for n in body.named(name)]
    else:
        return False
    return any(isinstance(t, ConstantTerm) and t.value is value for t in terms)


def _is_reset_by_caller(place: Place, subject: Subject) -> bool:
    """Tell whether a `finally` of another method calls what sets the place again: `finally: await self.reset()`.

    It may be one of another class of the module, which has this one's object and resets it by the same name.
    """
    setters = {facts.name for facts in setting(place, subject)}
    if not setters or not subject.frame.function.owner:
        return False
    module = subject.frame.module
    for facts in module.functions():
        if facts.owner and any(call.text.rpartition(".")[2] in setters for call in facts.calls):
            for statement in statements(getattr(module.node(facts.key), "body", [])):
                nodes = (n for part in getattr(statement, "finalbody", []) for n in ast.walk(part))
                if any(isinstance(n, ast.Attribute) and n.attr in setters for n in nodes):
                    return True
    return False


# the way from one to the other ----------------------------------------------------------------------------------------


def _suspended_between(
    first: _Place, last: Op, points: dict[int, SuspensionPoint], place: Place | None, sharing: Sharing
) -> SuspensionPoint | None:
    """Return the first suspension on a way between two ops that touches the place nowhere else."""
    seen: set[tuple[int, bool]] = set()
    pending: list[tuple[BasicBlock, int, SuspensionPoint | None]] = [(first[0], first[1] + 1, None)]
    while pending:
        block, start, point = pending.pop()
        if start == 0 and (block.index, point is not None) in seen:
            continue
        seen.add((block.index, point is not None))
        if any(op is last or op.node is last.node for op in block.ops[start:]):
            if point is not None:
                return point
            continue
        if place is not None and _is_changed(block, start, place, sharing):
            continue
        after = point or points.get(block.index)
        pending.extend((target, 0, after) for target in block.successors())
    return None


def _is_changed(block: BasicBlock, start: int, place: Place, sharing: Sharing) -> bool:
    return any(
        index >= start and a.touch is not Touch.READ and a.place == place for index, a in sharing.of_block[block.index]
    )


def _is_put_back(point: SuspensionPoint, place: Place, sharing: Sharing) -> bool:
    """Tell whether an exception thrown in at a point meets a change of the place on its way out."""
    return any(_is_changed(block, 0, place, sharing) for block in _thrown(point))


def _is_meant(point: SuspensionPoint, place: Place, sharing: Sharing) -> bool:
    """Tell whether every way that returns puts it back: else it is meant to stay as it is, on some ways."""
    seen: set[int] = set()
    pending = [point.resume]
    while pending:
        block = pending.pop()
        if block.index in seen or _is_changed(block, 0, place, sharing):
            continue
        seen.add(block.index)
        if isinstance(block.terminator, Return):
            return False
        pending.extend(block.successors())
    return True


def _thrown(point: SuspensionPoint) -> Iterator[BasicBlock]:
    seen: set[int] = set()
    pending = [point.block.handler]
    while pending:
        block = pending.pop()
        if block is not None and block.index not in seen:
            seen.add(block.index)
            yield block
            pending.extend((*block.successors(), block.handler))


# pairs of calls -------------------------------------------------------------------------------------------------------


def _called_pairs(subject: Subject) -> Iterator[Finding]:
    """`token = var.set(value)` and `var.reset(token)`; `os.chdir(there)` and `os.chdir(back)`."""
    opened: dict[str, list[_Place]] = {}
    closed: dict[str, list[_Place]] = {}
    calls = [f for f in subject.facts if f.form == "call" and f.text.rpartition(".")[2] in ("set", "reset", "chdir")]
    facts = {f.site: f for f in calls}
    if len(facts) < 2:
        return
    for block in subject.machine.graph.blocks:
        for index, op in enumerate(block.ops):
            is_call = op.kind is OpKind.CALL and isinstance(op.node, ast.Call)
            fact = facts.get(site_of(op.node)) if is_call else None  # type: ignore[arg-type]
            if fact is None:
                continue
            for callee in subject.summaries.targets.callees(fact, subject.frame):
                if isinstance(callee, Method) and _is_variable(callee.receiver):
                    kind = opened if callee.attribute == "set" else closed
                    kind.setdefault(fact.text.rpartition(".")[0], []).append((block, index, op))
                elif isinstance(callee, Symbol) and callee.name == "os.chdir":
                    opened.setdefault("the working directory", []).append((block, index, op))
                    closed.setdefault("the working directory", []).append((block, index, op))
    yield from _unpaired(opened, closed, subject)


def _is_variable(receiver: Instance) -> bool:
    return receiver.cls in ("contextvars.ContextVar", "_contextvars.ContextVar")


def _unpaired(opened: dict[str, list[_Place]], closed: dict[str, list[_Place]], subject: Subject) -> Iterator[Finding]:
    points = suspensions(subject)
    for text, firsts in opened.items():
        for first in firsts:
            backs = [op for _, _, op in closed.get(text, ()) if _may_take_back(op, first[2], subject)]
            nodes = {op.node for op in backs}
            for last in [op for op in backs if op.line > first[2].line]:
                point = _suspended_between(first, last, points, None, subject.machine.sharing)
                if point is not None and not any(op.node in nodes for b in _thrown(point) for op in b.ops):
                    yield _report(text, first[2], last, point, Level.WARNING, subject)
                    break


def _may_take_back(last: Op, first: Op, subject: Subject) -> bool:
    """Tell whether `var.reset(token)` gets the token of a `var.set(value)`, as far as its name tells."""
    call = last.node
    is_reset = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "reset"
    token = call.args[0] if isinstance(call, ast.Call) and is_reset and call.args else None
    if not isinstance(token, ast.Name):
        return True
    machine = subject.machine
    loads = (op for _, op in machine.places.get(token, ()) if op.kind is OpKind.LOAD)
    given = {machine.sharing.values.get(binding.node) for op in loads for binding in machine.reaching(op)}
    return not given or None in given or not all(isinstance(g, ast.Call) for g in given) or first.node in given


def _report(what: str, first: Op, second: Op, point: SuspensionPoint, level: Level, subject: Subject) -> Finding:
    assert isinstance(first.node, ast.expr)
    if subject.context.is_test:
        level = level.lowered()
    message = (
        f"{what} is changed here and put back in line {second.line}: a cancel or error at line {point.line} leaves it "
        f"changed; put it back in a finally"
    )
    return report(subject, "BKM507", first.node, message, level, "left-dirty")
