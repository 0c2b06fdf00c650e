"""BKM406: awaits in a loop, one after the other, though no round needs another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import Comprehension
from flake8_bookmark.flow.loops import Loop
from flake8_bookmark.flow.rounds import FILLING, Round, names_in, path_of, read_round, root_of, within
from flake8_bookmark.project.bodies import is_log
from flake8_bookmark.project.connections import looks_like_one
from flake8_bookmark.project.values import Method, is_first_party
from flake8_bookmark.rules.acts import Acts
from flake8_bookmark.rules.forgiving import cancelled_in_turn, is_forgiving
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.sequences import (
    awaited_call,
    first_word,
    is_ordered_code,
    is_question,
    is_together,
    may_wait,
    start_together,
)

SAMPLES = frozenset({"generate", "complete", "sample", "predict", "invoke", "ainvoke", "agenerate", "acomplete"})
"""First words of what gives another answer each time that it is asked the same."""
WAYS_OUT = (ast.Return, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.Delete, ast.Global, ast.Nonlocal)
ENDLESS = frozenset({"itertools.count", "itertools.cycle", "asyncio.as_completed"})


def awaits_in_loop(subject: Subject) -> Iterator[Finding]:
    """A loop awaits once a round what could wait side by side."""
    if not subject.options.hints or subject.context.is_test:
        return
    candidates = list(_candidates(subject))
    if not candidates or is_ordered_code(subject):
        return
    reported: list[Loop] = []
    for loop, (comprehension, is_inner) in candidates:
        rounds = read_round(loop, comprehension, subject.machine.definitions)
        if rounds is None or (not is_inner and any(inner.blocks <= loop.blocks for inner in reported)):
            continue
        reading = Reading(rounds, subject)
        fact = reading.first() if is_inner or not reading.acts_at_all else None
        task = cancelled_in_turn(rounds, subject) if fact is None else None
        if fact is not None or task is not None:
            reported.append(loop)
        if fact is not None:
            yield _one_by_one(fact, reading.walks_in_batches, subject)
        elif task is not None:
            yield _ended_in_turn(task, subject)


def _candidates(subject: Subject) -> list[tuple[Loop, tuple[Comprehension | None, bool]]]:
    """Return the loops around plain awaits, inner ones first.

    Each comes with the comprehension that it is of, and whether it is the innermost one around some await: one around a
    loop of retries is not, and is read only if nothing is said of what is inside.
    """
    found: dict[Loop, tuple[Comprehension | None, bool]] = {}
    for point in subject.machine.points:
        if point.via == "await" or point.via == "aenter":
            around = sorted((x for x in subject.machine.loops if point.block in x.blocks), key=lambda x: len(x.blocks))
            for loop in around:
                owners = [c for c in point.comprehensions if loop.node in c.generators]
                was_inner = loop in found and found[loop][1]
                found[loop] = (owners[0] if owners else None), was_inner or loop is around[0]
    return sorted(found.items(), key=lambda item: len(item[0].blocks))


class Reading:
    """One round, read for whether it may run beside the others."""

    def __init__(self, rounds: Round, subject: Subject) -> None:
        self.round = rounds
        self.subject = subject
        self.sharing = subject.summaries.sharing
        self.acts = Acts(rounds, subject)
        self.facts: dict[Site, CallFact] = {f.site: f for f in subject.frame.function.calls if f.form == "call"}

    @cached_property
    def dropped(self) -> frozenset[ast.AST]:
        """The expressions whose value nobody looks at."""
        found: set[ast.AST] = {n.value for n in self.round.nodes if isinstance(n, ast.Expr)}
        for node in self.round.nodes:
            if isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) and t.id == "_" for t in node.targets):
                found.add(node.value)
        return frozenset(found)

    def first(self) -> CallFact | None:
        """Return the call that is awaited needlessly one by one; None if the rounds may need their order."""
        if self._has_way_out() or not ENDLESS.isdisjoint(self._steps):
            return None
        if self.round.hands_on or self.round.hangs_on_change([self.round.node.iter, *self.round.deciding]):
            return None
        main: CallFact | None = None
        for node in self.round.nodes:
            found: CallFact | None = None
            if isinstance(node, ast.Await):
                found = self._awaited(node)
            elif isinstance(node, ast.withitem):
                if any(isinstance(n, ast.With) and node in n.items for n in self.forgiving):
                    continue
                found = self._entered(node)
            elif isinstance(node, ast.Call) and not self._is_harmless(node):
                return None
            else:
                continue
            if found is None:
                return None
            main = main or (found if self._is_own_work(found) and may_wait(found, self.subject) else None)
        return main

    # what must not be in a round --------------------------------------------------------------------------------------

    def _has_way_out(self) -> bool:
        inner = [n for n in self.round.nodes if isinstance(n, (ast.For, ast.While))]
        kept = {b for loop in inner for part in loop.body for b in within(part) if isinstance(b, ast.Break)}
        handlers = [n for n in self.round.nodes if isinstance(n, ast.ExceptHandler)]
        passed_on = {r for h in handlers for part in h.body for r in within(part) if isinstance(r, ast.Raise)}
        for node in self.round.nodes:
            if isinstance(node, WAYS_OUT) or (isinstance(node, ast.Break) and node not in kept):
                return True
            if isinstance(node, ast.Raise) and node not in passed_on and self.acts_at_all:
                return True
            if isinstance(node, ast.With) and node not in self.forgiving:
                return True
            if isinstance(node, ast.comprehension) and node.is_async:
                return True
            if isinstance(node, (ast.Try, ast.TryStar)) and self._decides(node):
                return True
        return isinstance(self.round.node, ast.For) and bool(self.round.node.orelse)

    def _decides(self, node: ast.Try | ast.TryStar) -> bool:
        """Tell whether what failed decides about what is awaited next: a fallback."""
        later = [*node.handlers, *node.finalbody]
        return any(isinstance(n, (ast.Await, ast.AsyncWith)) for part in later for n in within(part))

    @cached_property
    def last_words(self) -> frozenset[ast.AST]:
        """What a handler does before it raises and so ends the loop: no later round comes after it."""
        ending = (n for n in self.round.nodes if isinstance(n, ast.ExceptHandler) and isinstance(n.body[-1], ast.Raise))
        return frozenset(inner for handler in ending for part in handler.body for inner in within(part))

    @cached_property
    def _steps(self) -> set[str]:
        """What gives the items, by its name: `builtins.range`."""
        fact = self.facts.get(site_of(self.round.node.iter))
        callees = self.subject.summaries.targets.callees(fact, self.subject.frame) if fact is not None else ()
        return {getattr(c, "name", "") for c in callees}

    @property
    def walks_in_batches(self) -> bool:
        """Tell whether each round works on a slice: how many the other side bears at a time, others know."""
        iterable = self.round.node.iter
        has_step = isinstance(iterable, ast.Call) and len(iterable.args) == 3
        return "itertools.batched" in self._steps or ("builtins.range" in self._steps and has_step)

    def _is_harmless(self, node: ast.Call) -> bool:
        """Tell whether the order of a plain call can't matter: its result is used, or it fills a container."""
        if node not in self.dropped or is_log(node) or node in self.last_words:
            return written(node.func) != "next" and (written(node.func) != "print" or node in self.last_words)
        if not isinstance(node.func, ast.Attribute):
            return False
        path = path_of(node.func.value)
        return node.func.attr in FILLING or (path is not None and root_of(path) in self.round.own)

    # what is awaited --------------------------------------------------------------------------------------------------

    def _awaited(self, node: ast.Await) -> CallFact | None:
        """Return the call that an await waits for, if other rounds may wait for theirs at the same time."""
        call, fact = awaited_call(node.value, self.facts, self.subject)
        if call is None or fact is None or self.round.hangs_on_change([call]) or self._is_step(call):
            return None
        if node in self.dropped:
            apart = self.acts.has_no_order(call, fact, self._may_fail(node))
            return fact if apart or self._is_forgiven(node, call, fact) else None
        if not self.round.collects and not self.acts_at_all:
            return fact if self.acts.acts_by_key(call, fact) else None
        asked = self._gathered(call, fact) if is_together(fact, self.subject) else [(call, fact)]
        if asked and all(self._is_question(c, f) for c, f in asked):
            return fact
        return fact if self._is_forgiven(node, call, fact) else None

    def _is_step(self, call: ast.Call) -> bool:
        """Tell whether an inner loop calls one function after the other: steps, middlewares, handlers."""
        inner = (n for n in self.round.nodes if isinstance(n, ast.For))
        return isinstance(call.func, ast.Name) and any(call.func.id in names_in(loop.target) for loop in inner)

    @cached_property
    def acts_at_all(self) -> bool:
        """Tell whether a round awaits something for what it does: what it asks before, it asks for that."""
        return any(isinstance(node, ast.Await) for node in self.dropped)

    def _is_question(self, call: ast.Call, fact: CallFact) -> bool:
        conduct = self.sharing.of_call(call, fact, self.subject.frame, self.round.own)
        return conduct.is_free or self._asks_item(call, fact)

    def _gathered(self, call: ast.Call, fact: CallFact) -> list[tuple[ast.Call, CallFact]]:
        """Return the calls that a round gathers, for itself alone; none where any of them is something else."""
        names = self.subject.callee_names(fact)
        found = [(a, self.facts.get(site_of(a))) for a in call.args if isinstance(a, ast.Call)]
        known = [(a, f) for a, f in found if f is not None]
        return known if names == {"asyncio.gather"} and len(known) == len(call.args) else []

    @cached_property
    def forgiving(self) -> frozenset[ast.AST]:
        """The statements of a round that take a failure for no reason to stop: `try` and `with suppress(…)`."""
        return frozenset(node for node in self.round.nodes if is_forgiving(node, self.subject))

    def _is_forgiven(self, node: ast.Await, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether the next round begins whether or not this await does what it should.

        So no round builds on what another one did. The items themselves are not told to do something: handlers and
        parts that start one after the other may have their order.
        """
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        if self.acts.is_ordered or self.acts.is_item(receiver):
            return False
        if not self._may_fail(node):
            return False
        conduct = self.sharing.of_call(call, fact, self.subject.frame, self.round.own)
        return (conduct.is_apart or self.acts.ends_by_key(call)) and not is_together(fact, self.subject)

    def _may_fail(self, node: ast.Await) -> bool:
        bodies = (s for n in self.forgiving if isinstance(n, (ast.Try, ast.TryStar, ast.With)) for s in n.body)
        return any(node in within(statement) for statement in bodies)

    def _asks_item(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call asks the item itself, an object of the project: what it changes there is its own."""
        if not isinstance(call.func, ast.Attribute) or not self.acts.is_item(call.func.value):
            return False
        callees = self.subject.summaries.targets.callees(fact, self.subject.frame)
        asks = is_question(call) and not looks_like_one(call.func.value.id)
        return asks and bool(callees) and all(isinstance(c, Method) and is_first_party(c.name) for c in callees)

    def _entered(self, node: ast.withitem) -> CallFact | None:
        """`async with session.get(url) as answer` is a request of the round's own."""
        fact = self.facts.get(site_of(node.context_expr)) if isinstance(node.context_expr, ast.Call) else None
        if fact is None or self.round.hangs_on_change([node.context_expr]):
            return None
        return fact if self.sharing.is_own_request(node.context_expr, fact, self.subject.frame) else None

    def _is_own_work(self, fact: CallFact) -> bool:
        """Tell whether a call hangs on the item of the round: otherwise it is the same again, a retry.

        What is asked the same for several answers gives another one each time.
        """
        node = next(n for n in self.round.nodes if isinstance(n, ast.Call) and site_of(n) == fact.site)
        is_sample = first_word(node) in SAMPLES and bool(node.args or node.keywords) and self.round.gathers
        return self.round.reads_item(node) or is_sample


def _one_by_one(fact: CallFact, in_batches: bool, subject: Subject) -> Finding:
    what, how = ("round", "start them") if not in_batches else ("batch", "with a semaphore, start a few at a time")
    message = (
        f"each {what} waits for {fact.text}() before the next one starts, though none needs another: "
        f"the waits add up; {how} side by side with {start_together(subject)}"
    )
    return subject.finding("BKM406", fact, message, Level.HINT, "awaits-in-loop")


def _ended_in_turn(fact: CallFact, subject: Subject) -> Finding:
    message = (
        f"{fact.text} must have ended before the next task is cancelled, though none needs another: "
        "the waits add up; cancel all of them first, then wait for all"
    )
    return subject.finding("BKM406", fact, message, Level.HINT, "awaits-in-loop")
