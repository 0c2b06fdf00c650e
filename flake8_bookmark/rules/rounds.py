"""BKM406: awaits in a loop, one after the other, though no round needs another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TypeGuard

from flake8_bookmark.effects.model import Place
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import Comprehension
from flake8_bookmark.flow.loops import Loop
from flake8_bookmark.flow.rounds import FILLING, Round, names_in, path_of, read_round, root_of, within
from flake8_bookmark.names.terms import AttributeTerm
from flake8_bookmark.project.bodies import is_log
from flake8_bookmark.project.connections import looks_like_one
from flake8_bookmark.project.values import Method, is_first_party
from flake8_bookmark.rules.forgiving import cancelled_in_turn, is_forgiving
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.sequences import (
    awaited_call,
    first_word,
    is_ordered_code,
    is_question,
    is_together,
    may_have_order,
    may_wait,
    start_together,
)

ACTS_BY_KEY = frozenset(
    {"delete", "remove", "drop", "discard", "purge", "unlink", "evict", "revoke", "invalidate"}
    | {"upload", "upsert", "index", "store", "persist", "save"}
)
"""First words of what is done to one thing, or under one key, and comes to the same in any order for several."""
PUTS = frozenset({"set", "put"})
RENEWALS = frozenset({"refresh", "reload", "update", "sync", "synchronize", "poll", "persist", "flush", "teardown"})
"""First words of what one thing does for itself: it asks how it is, or puts away what it has."""
WAYS_OUT = (ast.Return, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.Delete, ast.Global, ast.Nonlocal)
ENDINGS = frozenset(
    {"close", "aclose", "disconnect", "stop", "shutdown", "terminate", "wait_closed", "cleanup", "logout", "dispose"}
)
"""What ends one thing, and no other: `await channel.aclose()`."""
ORDERED = frozenset({"reversed", "sorted"})
ENDLESS = frozenset({"itertools.count", "itertools.cycle", "asyncio.as_completed"})


def awaits_in_loop(subject: Subject) -> Iterator[Finding]:
    """A loop awaits once a round what could wait side by side."""
    if not subject.options.hints or subject.context.is_test:
        return
    candidates = list(_candidates(subject))
    if not candidates or is_ordered_code(subject):
        return
    for loop, comprehension in candidates:
        rounds = read_round(loop, comprehension, subject.machine.definitions)
        if rounds is None:
            continue
        reading = Reading(rounds, subject)
        fact = reading.first()
        task = cancelled_in_turn(rounds, subject) if fact is None else None
        if fact is not None:
            yield _one_by_one(fact, reading.walks_in_batches, subject)
        elif task is not None:
            yield _ended_in_turn(task, subject)


def _candidates(subject: Subject) -> Iterator[tuple[Loop, Comprehension | None]]:
    """Yield the innermost loops around plain awaits, each with the comprehension it is of."""
    found: dict[Loop, Comprehension | None] = {}
    for point in subject.machine.points:
        if point.via == "await" or point.via == "aenter":
            around = [loop for loop in subject.machine.loops if point.block in loop.blocks]
            if around:
                inner = min(around, key=lambda loop: len(loop.blocks))
                owners = [c for c in point.comprehensions if inner.node in c.generators]
                found.setdefault(inner, owners[0] if owners else None)
    yield from found.items()


class Reading:
    """One round, read for whether it may run beside the others."""

    def __init__(self, rounds: Round, subject: Subject) -> None:
        self.round = rounds
        self.subject = subject
        self.sharing = subject.summaries.sharing
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
            if isinstance(node, ast.Raise) and node not in passed_on and self._acts:
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
        if call is None or fact is None or self.round.hangs_on_change([call]):
            return None
        if node in self.dropped:
            apart = self._is_of_item(call, fact) or self._ends_item(call) or self._is_forgiven(node, call, fact)
            apart = apart or self._stays_with_item(node, call, fact) or self._renews_item(call, fact)
            return fact if apart or self._acts_by_key(call, fact) else None
        if not self.round.collects and not self._acts:
            return fact if self._acts_by_key(call, fact) else None
        asked = self._gathered(call, fact) if is_together(fact, self.subject) else [(call, fact)]
        return fact if asked and all(self._is_question(c, f) for c, f in asked) else None

    @cached_property
    def _acts(self) -> bool:
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
        if self._is_ordered() or self._is_item(receiver):
            return False
        if not self._may_fail(node):
            return False
        conduct = self.sharing.of_call(call, fact, self.subject.frame, self.round.own)
        return (conduct.is_apart or self._ends_by_key(call)) and not is_together(fact, self.subject)

    def _may_fail(self, node: ast.Await) -> bool:
        bodies = (s for n in self.forgiving if isinstance(n, (ast.Try, ast.TryStar, ast.With)) for s in n.body)
        return any(node in within(statement) for statement in bodies)

    def _ends_by_key(self, call: ast.Call) -> bool:
        """Tell whether a call ends what the item is the key of: `await self.stop_server(name)`."""
        name = written(call.func).rpartition(".")[2].strip("_").removeprefix("async_")
        is_key = len(call.args) == 1 and not call.keywords and self._is_item(call.args[0])
        return is_key and name.partition("_")[0] in ENDINGS

    def _is_of_item(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call only acts on a connection that is the item itself: `await client.send_text(news)`."""
        term = getattr(fact.term, "callee", None)
        if not isinstance(call.func, ast.Attribute) or not isinstance(term, AttributeTerm):
            return False
        values = self.subject.summaries.resolver.resolve(term.value, self.subject.frame)
        return self._is_item(call.func.value) and self.sharing.together(values) is not None

    def _stays_with_item(self, node: ast.Await, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a method of the item, an object of the project, changes nothing but the item itself.

        What it awaits must be known, unless the next round begins also where this one fails.
        """
        if self._is_ordered() or not isinstance(call.func, ast.Attribute) or may_have_order(call.func.attr):
            return False
        if not self._is_item(call.func.value):
            return self._is_handed_of_item(call, fact)
        callees = self.subject.summaries.targets.callees(fact, self.subject.frame)
        if not callees or not all(isinstance(c, Method) and is_first_party(c.name) for c in callees):
            return False
        conduct = self.sharing.of_call(call, fact, self.subject.frame, self.round.own)
        return (conduct.known or self._may_fail(node) or conduct.fills_itself) and conduct.stays_inside

    def _is_handed_of_item(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a worker is given a method of the item: `await asyncio.to_thread(path.unlink)`."""
        methods = [a for a in call.args if isinstance(a, ast.Attribute) and self._is_item(a.value)]
        frame = self.subject.frame
        is_handed = any(True for _ in self.subject.summaries.handed(fact, frame, Place.WORKER))
        if not is_handed or len(methods) != 1 or may_have_order(methods[0].attr):
            return False
        return self.sharing.of_call(call, fact, frame, self.round.own).stays_inside

    def _ends_item(self, call: ast.Call) -> bool:
        """Tell whether a call ends the item itself, of many that nobody has put into an order."""
        if not isinstance(call.func, ast.Attribute) or not _says_little(call):
            return False
        name = call.func.attr.strip("_").removeprefix("async_").removesuffix("_async")
        return not self._is_ordered() and name in ENDINGS and self._is_of_round(call.func.value)

    def _renews_item(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call has the item itself ask how it is, or put away what it has: `await device.refresh()`."""
        if not isinstance(call.func, ast.Attribute) or not _says_little(call):
            return False
        if self._is_ordered() or first_word(call) not in RENEWALS or not self._is_of_round(call.func.value):
            return False
        return self.sharing.of_call(call, fact, self.subject.frame, self.round.own).stays_inside

    def _is_of_round(self, node: ast.expr) -> TypeGuard[ast.Name]:
        """Tell whether an object is the item, or was got for it: `store = await stores.open(name)`."""
        return isinstance(node, ast.Name) and node.id in self.round.items & self.round.own

    def _acts_by_key(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call does something to what the item names: `await store.delete(key)`.

        Done to different things, it comes to the same in any order.
        """
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        word = first_word(call)
        if word in PUTS:
            is_act = len(given) > 1 and self.round.reads_item(given[0])
        else:
            is_act = word in ACTS_BY_KEY and any(self.round.reads_item(g) for g in given)
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not is_act or self._is_ordered() or (receiver is not None and self.round.reads_item(receiver)):
            return False
        conduct = self.sharing.of_call(call, fact, self.subject.frame, self.round.own)
        return conduct.is_apart and not is_together(fact, self.subject)

    def _is_ordered(self) -> bool:
        """Tell whether somebody has put the items into an order."""
        iterable = self.round.node.iter
        return isinstance(iterable, (ast.Tuple, ast.List)) or written(getattr(iterable, "func", iterable)) in ORDERED

    def _asks_item(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call asks the item itself, an object of the project: what it changes there is its own."""
        if not isinstance(call.func, ast.Attribute) or not self._is_item(call.func.value):
            return False
        callees = self.subject.summaries.targets.callees(fact, self.subject.frame)
        asks = is_question(call) and not looks_like_one(call.func.value.id)
        return asks and bool(callees) and all(isinstance(c, Method) and is_first_party(c.name) for c in callees)

    def _is_item(self, node: ast.expr) -> TypeGuard[ast.Name]:
        return isinstance(node, ast.Name) and node.id in names_in(self.round.node.target)

    def _entered(self, node: ast.withitem) -> CallFact | None:
        """`async with session.get(url) as answer` is a request of the round's own."""
        fact = self.facts.get(site_of(node.context_expr)) if isinstance(node.context_expr, ast.Call) else None
        if fact is None or self.round.hangs_on_change([node.context_expr]):
            return None
        return fact if self.sharing.is_own_request(node.context_expr, fact, self.subject.frame) else None

    def _is_own_work(self, fact: CallFact) -> bool:
        """Tell whether a call hangs on the item of the round: otherwise it is the same again, a retry."""
        node = next(n for n in self.round.nodes if isinstance(n, ast.Call) and site_of(n) == fact.site)
        return self.round.reads_item(node)


def _says_little(call: ast.Call) -> bool:
    """Tell whether a call passes nothing but constants: `await browser.close(force=True)`."""
    return all(isinstance(g, ast.Constant) for g in (*call.args, *(keyword.value for keyword in call.keywords)))


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
