"""BKM502, BKM503: shared state is looked at before a suspension and set after it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import BasicBlock, Branch, Op, OpKind, Raise, Return
from flake8_bookmark.flow.sharing import Access, Place, Sharing, Touch, names_in, shown
from flake8_bookmark.machine import SuspensionPoint
from flake8_bookmark.names.terms import CallTerm, CollectedTerm, DisplayTerm
from flake8_bookmark.rules.guarded import is_global, is_serialised, level_of_race, report, suspensions
from flake8_bookmark.rules.keepers import tasks_may_meet
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.phases import may_run_once

Stale: TypeAlias = tuple[SuspensionPoint, Access, BasicBlock]
CHANGING = (Touch.WRITE, Touch.REMOVE)


@dataclass(eq=False)
class _Race:
    """A suspension between two touches of one place; `write` is the second."""

    place: Place
    first: Op
    point: SuspensionPoint
    write: Access
    block: BasicBlock
    tested: BasicBlock | None = None
    taken: BasicBlock | None = None


class _Search:
    """Follows ways through one function, from a read of a place to a stale write of it."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.sharing: Sharing = subject.machine.sharing

    @cached_property
    def suspends(self) -> dict[int, SuspensionPoint]:
        return suspensions(self.subject)

    @cached_property
    def of_loops(self) -> frozenset[ast.AST]:
        """The tests of `while` loops, with their parts."""
        loops = (loop.node for loop in self.subject.machine.loops)
        return frozenset(part for node in loops if isinstance(node, ast.While) for part in ast.walk(node.test))

    @cached_property
    def augmented(self) -> list[ast.AugAssign]:
        nodes = (op.node for op in self.sharing.graph.ops() if op.kind is OpKind.OPERATOR)
        return [node for node in nodes if isinstance(node, ast.AugAssign)]

    @cached_property
    def _ever_tested(self) -> frozenset[Place]:
        return frozenset(p for places in self.sharing.tested.values() for p in places)

    def stale_write(self, place: Place, start: BasicBlock, index: int) -> Stale | None:
        """Return the first write of a place that some way meets after a suspension, without another look in between."""
        names = names_in(place)
        seen: set[tuple[int, bool]] = set()
        pending: list[tuple[BasicBlock, int, SuspensionPoint | None]] = [(start, index, None)]
        while pending:
            block, index, point = pending.pop()
            if index == 0 and (block.index, point is not None) in seen:
                continue
            seen.add((block.index, point is not None))
            ended, write = self._through(block, index, place, names, point)
            if write is not None and point is not None:
                return point, write, block
            if ended or (point is not None and place in self.sharing.tested.get(block, ())):
                continue
            after = point or self.suspends.get(block.index)
            pending.extend((target, 0, after) for target in block.successors())
        return None

    def _through(
        self, block: BasicBlock, start: int, place: Place, names: frozenset[str], point: SuspensionPoint | None
    ) -> tuple[bool, Access | None]:
        """Go through a block: has the way ended (the place was claimed, or means something else), and is it set?"""
        for index, access in self.sharing.of_block[block.index]:
            if index >= start and access.touch in CHANGING:
                if access.place == place:
                    return True, access if access.touch is Touch.WRITE or point is not None else None
                if access.place == place[: len(access.place)]:
                    return True, None
                if point is None and access.place in self._ever_tested:
                    return True, None  # a claim that others look at: `self._connecting = True`
        rebound = any(
            op.kind in (OpKind.STORE, OpKind.DELETE) and op.name in names for op in block.ops[start:]
        )
        return rebound, None

    def reaches(self, starts: list[BasicBlock], goal: BasicBlock, without: BasicBlock) -> bool:
        """Tell whether a way leads from some blocks to another without passing a third."""
        return goal in self._reached(starts, {without.index})

    def is_certain(self, place: Place, start: BasicBlock) -> bool:
        """Tell whether every way from a block on that returns sets a place."""
        changes = self.sharing.changes
        writes = {block.index for block, _, a in changes if a.place == place and a.touch in CHANGING}
        return not any(isinstance(b.terminator, Return) for b in self._reached([start], writes))

    def is_claimed(self, tested: BasicBlock) -> bool:
        """Tell whether every way to a test passes a claim that keeps others out: `self._closing = True`."""
        for block, _, access in self.sharing.changes:
            value = self.sharing.values.get(access.op.node)
            is_claim = isinstance(value, ast.Constant) and value.value is True and access.place in self._ever_tested
            others = self._reached([self.sharing.graph.entry], {block.index}) if is_claim else {tested}
            if block is not tested and tested not in others:
                return True
        return False

    def _reached(self, starts: list[BasicBlock], without: set[int]) -> set[BasicBlock]:
        found: set[BasicBlock] = set()
        pending = [b for b in starts if b.index not in without]
        while pending:
            block = pending.pop()
            if block not in found:
                found.add(block)
                pending.extend(b for b in block.successors() if b.index not in without)
        return found


# BKM503 ---------------------------------------------------------------------------------------------------------------


def check_then_act(subject: Subject) -> Iterator[Finding]:
    """Shared state is tested, the coroutine suspends, and then does what the test allowed."""
    if not subject.machine.points or not subject.machine.sharing.changes:
        return
    search = _Search(subject)
    changed = {access.place for _, _, access in search.sharing.changes}
    reported: set[int] = set()
    for block, places in search.sharing.tested.items():
        for place in places:
            race = _checked_race(search, block, place) if place in changed else None
            if race is None:
                continue
            level = _level(race, search) if not search.is_claimed(block) else None
            if level is None or race.first.line in reported:
                continue
            if not is_serialised(subject, race.first, race.write.op, race.point):
                changed.discard(place)
                reported.add(race.first.line)
                yield _check_then_act(race, level, subject)


def _checked_race(search: _Search, block: BasicBlock, place: Place) -> _Race | None:
    terminator = block.terminator
    assert isinstance(terminator, Branch)
    for taken in (terminator.then, terminator.orelse):
        found = search.stale_write(place, taken, 0)
        if found is not None and not search.reaches(search.sharing.outcomes(block, taken), found[2], block):
            return _Race(place, Op(OpKind.OPERATOR, terminator.node), *found, block, taken)
    return None


def _level(race: _Race, search: _Search) -> Level | None:
    """Return a warning where something missing is made for the whole program.

    What the module or an outer function has is a hint where the way is rare or the loss small. What an object has is
    mostly one task's own: a hint where it makes something missing, and else silent.
    """
    level = level_of_race(race.place, search.subject)
    test = race.first.node
    if level is None or not isinstance(test, ast.expr) or test in search.sharing.asserted | search.of_loops:
        return None  # `assert self.task is None` forbids a second start, and a `while` looks again
    makes = _makes_missing(race, test, search)
    if _is_of_object(race.place, search.subject):
        made = search.sharing.values.get(race.write.op.node)
        own = makes and _is_own(race.place, search.subject)
        return Level.HINT if own and tasks_may_meet(race.place, test, made, search.subject) else None
    if may_run_once(search.subject.frame):
        return None
    sure = makes and search.is_certain(race.place, race.point.resume) and is_global(race.place, search.subject)
    return level if sure else Level.HINT


def _makes_missing(race: _Race, test: ast.expr, search: _Search) -> bool:
    """Tell whether what is missing is made; a test that raises where it is there forbids a second caller."""
    missing = search.sharing.missing_when(test, race.place)
    terminator = race.tested.terminator if race.tested is not None else None
    if missing is None or not isinstance(terminator, Branch) or _resets(race.write, search.sharing):
        return False
    makes, other = terminator.then, terminator.orelse
    if not missing:
        makes, other = other, makes
    return race.taken is makes and not isinstance(other.terminator, Raise)


def _is_of_object(place: Place, subject: Subject) -> bool:
    """Tell whether a place belongs to the own object, or to one that is passed."""
    frame = subject.frame
    parent = frame.function
    while True:
        if any(p.name == place[0] for p in parent.parameters):
            return True
        if not parent.parent or parent.parent == MODULE_KEY:
            return False
        parent = frame.module.function(parent.parent)


def _is_own(place: Place, subject: Subject) -> bool:
    """Tell whether a place belongs to the object of the method, or of a method around it."""
    frame, function = subject.frame, subject.frame.function
    is_method = subject.summaries.resolver.attributes.binding_kind(frame.module, function.key) != "staticmethod"
    own = function.parameters[0].name if is_method and function.owner and function.parameters else ""
    return not any(p.name == place[0] and p.name != own for p in function.parameters)


def _resets(write: Access, sharing: Sharing) -> bool:
    """Tell whether a write only takes something away: `None`, `False`, an empty collection."""
    value = sharing.values.get(write.op.node)
    if isinstance(value, ast.Constant):
        return not value.value
    empty = isinstance(value, (ast.List, ast.Tuple, ast.Set)) and not value.elts
    return write.touch is Touch.REMOVE or empty or (isinstance(value, ast.Dict) and not value.keys)


def _check_then_act(race: _Race, level: Level, subject: Subject) -> Finding:
    test = race.first.node
    assert isinstance(test, ast.expr)
    message = (
        f"{shown(race.place)} is tested here, set in line {race.write.line}, and line {race.point.line} waits in "
        f"between: two tasks may pass; hold a lock over both"
    )
    return report(subject, "BKM503", test, message, level, "check-then-act")


# BKM502 ---------------------------------------------------------------------------------------------------------------


def lost_update(subject: Subject) -> Iterator[Finding]:
    """Shared state is set after a suspension to a value that was worked out from what it was before."""
    if not subject.machine.points or not subject.machine.sharing.changes:
        return
    search = _Search(subject)
    for _, _, write in search.sharing.changes:
        is_read = write.touch is Touch.WRITE and write.place in search.sharing.reads
        race = _stale_value(search, write) if is_read else None
        if race is None:
            continue
        level = level_of_race(race.place, subject) if _is_own(race.place, subject) else None
        if level is not None and not is_serialised(subject, race.first, race.write.op, race.point):
            yield _lost_update(race, level, subject)


def _stale_value(search: _Search, write: Access) -> _Race | None:
    """Return the race if the value that is written comes from a read of the same place before a suspension."""
    for start, position, read in _sources(search, write):
        found = search.stale_write(write.place, start, position)
        if found is not None and found[1].op.node is write.op.node:
            return _Race(write.place, read, *found)
    return None


def _sources(search: _Search, write: Access) -> Iterator[tuple[BasicBlock, int, Op]]:
    """Yield the reads of a place that a written value depends on, each with the position right after it."""
    value = search.sharing.values.get(write.op.node)
    if value is None:
        if not _changes_in_place(search, write):
            yield from _reads(search, write.place, {write.op.node})  # `self.n += …` reads and writes one node
        return
    parts = set(_operands(value))
    yield from _reads(search, write.place, parts)
    if not isinstance(value, ast.Name):
        yield from _reads_through_locals(search, write.place, parts)


def _changes_in_place(search: _Search, write: Access) -> bool:
    """Tell whether an `op=` may change the object that is there: a collection, or what a set operator works on."""
    ops = [op.node for _, op in search.subject.machine.places.get(write.op.node, ())]
    statement = next((s for s in search.augmented if s.target in ops), None)
    if statement is None or isinstance(statement.op, (ast.BitOr, ast.BitAnd, ast.BitXor)):
        return True
    frame = search.subject.frame
    if len(write.place) != 2 or not frame.function.owner:
        return False
    known = frame.module.attributes(frame.function.owner).get(write.place[1].removeprefix("."), ())
    made = [fact.term for _, fact in known if getattr(fact.term, "kind", "") != "tuple"]
    return any(isinstance(term, (DisplayTerm, CollectedTerm, CallTerm)) for term in made)


def _operands(value: ast.expr) -> Iterator[ast.AST]:
    """Yield what a new value is put together from; what a call makes of its arguments is another thing."""
    pending: list[ast.AST] = [value]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, (ast.BinOp, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred, ast.IfExp)):
            pending.extend(ast.iter_child_nodes(node))


def _reads(search: _Search, place: Place, nodes: set[ast.AST]) -> Iterator[tuple[BasicBlock, int, Op]]:
    for block, index, op in search.sharing.reads.get(place, ()):
        if op.node in nodes:
            yield block, index + 1, op


def _reads_through_locals(search: _Search, place: Place, nodes: set[ast.AST]) -> Iterator[tuple[BasicBlock, int, Op]]:
    """Follow the local names of a value to where they were bound: `n = self.n` before, `n + 1` now."""
    machine = search.subject.machine
    for node in nodes:
        for _, load in machine.places.get(node, ()) if isinstance(node, ast.Name) else ():
            for binding in machine.reaching(load) if load.kind is OpKind.LOAD else ():
                bound = search.sharing.values.get(binding.node)
                if bound is not None:
                    yield from _reads(search, place, set(_operands(bound)))


def _lost_update(race: _Race, level: Level, subject: Subject) -> Finding:
    node = race.write.op.node
    assert isinstance(node, ast.expr)
    message = (
        f"{shown(race.place)} is set from its value of line {race.first.line}, before line {race.point.line} waited: "
        f"changes in between are lost; await first, then read it"
    )
    return report(subject, "BKM502", node, message, level, "lost-update")
