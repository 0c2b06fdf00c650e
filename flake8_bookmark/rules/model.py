"""What a rule is, and what it is asked about."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Kind, Place
from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact, Site, plain_key
from flake8_bookmark.finding import Finding, Hop, Level
from flake8_bookmark.flow.places import Places
from flake8_bookmark.project.callbacks import Handing, Registration
from flake8_bookmark.project.coroutines import Made
from flake8_bookmark.project.hierarchy import OVERRIDE
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.summaries import Hit, SummaryReader
from flake8_bookmark.project.targets import Target

if TYPE_CHECKING:
    from flake8_bookmark.machine import StateMachine
    from flake8_bookmark.options import Options


@dataclass(frozen=True, slots=True)
class Rule:
    """One code; `explanation` is its page, `since` the version that brought it.

    A rule about `coroutines_only` (`async def` of all kinds) is asked about nothing else.
    """

    code: str
    slug: str
    level: Level
    since: str
    check: Callable[[Subject], Iterator[Finding]]
    explanation: str | None
    coroutines_only: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """Where a file stands: test code, or apart from the program as a benchmark is; its async library and imports."""

    is_test: bool
    is_apart: bool
    framework: str
    imports: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wait:
    """A call of loop code that waits or computes: by itself (`helper` is None) or through a first-party function."""

    fact: CallFact
    hit: Hit
    helper: Target | None


def _is_facade(fact: CallFact, hit: Hit) -> bool:
    """Tell whether a wait for a thread or a loop is the other half of a function for both worlds.

    Such a function waits when it is called from a thread and gives an awaitable when it is called from the loop;
    where its result is awaited, it gave one.
    """
    return fact.use == "awaited" and hit.effect.kind in (Kind.THREAD, Kind.LOOP)


@dataclass(eq=False)
class Subject:
    """One function, with the answers a rule may ask for. Machines and waits are worked out when first asked for."""

    frame: Frame
    summaries: SummaryReader
    context: Context
    options: Options
    build: Callable[[ast.AST], StateMachine]

    @property
    def is_loop_code(self) -> bool:
        return self.frame.function.kind in ("coroutine", "asyncgenerator")

    @cached_property
    def machine(self) -> StateMachine:
        """The function as its state machine."""
        return self.build(self.frame.module.node(self.frame.function.key))

    def dissolve(self) -> None:
        """Free the machine, if there is one; nothing may be asked of this subject any more."""
        if "machine" in self.__dict__:
            self.machine.graph.dissolve()

    @cached_property
    def reachable(self) -> frozenset[Site]:
        """The places of all expressions that can run; dead code has none."""
        found: set[Site] = set()
        for block in self.machine.graph.blocks:
            for op in block.ops:
                node = getattr(op.node, "context_expr", None) or getattr(op.node, "iter", None) or op.node
                if isinstance(node, (ast.expr, ast.stmt)):
                    found.add(site_of(node))
        return frozenset(found)

    @cached_property
    def facts(self) -> tuple[CallFact, ...]:
        """The call facts of the function that can run."""
        return tuple(f for f in self.frame.function.calls if f.site in self.reachable or f.form == "import")

    @cached_property
    def places(self) -> Places:
        """Where each expression of the function stands, and what becomes of it."""
        return Places(self.frame.module.node(self.frame.function.key))

    @cached_property
    def coroutines(self) -> tuple[tuple[CallFact, Made], ...]:
        """The calls that can run and surely give a coroutine object, and neither await it nor hand it to the caller."""
        reader, function = self.summaries.coroutines, self.frame.function
        hands_on = function.kind != "coroutine" and not function.name.startswith("__")
        settled = ("awaited", "yielded", "returned") if hands_on else ("awaited", "yielded")
        calls = [f for f in function.calls if f.form == "call" and f.use not in settled]
        found = ((f, reader.made_by(f, self.frame)) for f in calls)
        return tuple((fact, made) for fact, made in found if made is not None and fact.site in self.reachable)

    def is_replaced(self, fact: CallFact) -> bool:
        """Tell whether what a call calls may have been replaced by something else, such as a mock."""
        return self.summaries.coroutines.is_replaced(fact, self.frame)

    @cached_property
    def call_nodes(self) -> dict[Site, ast.Call]:
        """The nodes of the calls that can run, by their place."""
        return {site_of(op.node): op.node for op in self.machine.reachable_calls() if isinstance(op.node, ast.Call)}

    def callee_names(self, fact: CallFact) -> frozenset[str]:
        """Return the qualified names of what a call calls; empty where one of them has none."""
        found = self.summaries.targets.callees(fact, self.frame)
        names = frozenset(getattr(v, "name", "") for v in found)
        return frozenset() if "" in names else names

    @cached_property
    def waits(self) -> tuple[Wait, ...]:
        """The most severe wait, and the most severe computation, of each call."""
        return tuple(w for fact in self.facts for w in self._waits_of(fact))

    def _waits_of(self, fact: CallFact) -> Iterator[Wait]:
        found = [Wait(fact, hit, None) for hit in self.summaries.own(fact, self.frame)]
        helpers = self.summaries.helpers(fact, self.frame)
        for target, hits in helpers:
            shown = [hit for hit in hits if not _is_facade(fact, hit)]
            others = [found for t, found in helpers if t.receiver is not None and t.receiver != target.receiver]
            if target.doubtful or not all(others):
                # One of the classes that the receiver may have waits, another one does not: that is no proof.
                is_override = target.receiver is not None and target.receiver.variable == OVERRIDE
                shown = [Hit(h.effect, h.level.lowered() if is_override else Level.HINT, h.trace) for h in shown]
            found.extend(Wait(fact, hit, target) for hit in shown)
        if found and self.summaries.targets.may_be_coroutine(fact, self.frame):
            found = [Wait(fact, Hit(w.hit.effect, Level.HINT, w.hit.trace), w.helper) for w in found]
        found.sort(key=lambda w: (w.hit.rank, w.helper is not None))
        for computes in (False, True):
            yield from [w for w in found if (w.hit.effect.kind is Kind.COMPUTE) == computes][:1]

    @cached_property
    def handing(self) -> Handing | None:
        """How the loop comes to run this function of its own accord; None for a coroutine, and for all else."""
        return self.summaries.callbacks.handing(self.frame) if self.frame.function.kind == "function" else None

    @property
    def runs_on_loop(self) -> bool:
        """Tell whether the loop's thread runs this function by itself: a coroutine, or a callback."""
        return self.is_loop_code or self.handing is not None

    @cached_property
    def handed_waits(self) -> tuple[tuple[Registration, Wait], ...]:
        """What this function hands to the loop and what it waits for, where the callable's own file doesn't say so."""
        made = self.summaries.callbacks.registrations(self.frame)
        sites = {f.site for f in self.facts} if made else set()
        return tuple((m, w) for m in made if m.fact.site in sites for w in self._later_waits(m))

    def _later_waits(self, made: Registration) -> Iterator[Wait]:
        if made.handover.place is not Place.LOOP:
            return
        if made.target.is_function:
            callee = self.summaries.resolver.project.frame(made.target.name)
            if callee is None or self.summaries.callbacks.handing(callee) is not None:
                return
        hits = (h for h in self.summaries.later(made, self.frame) if h.effect.kind is not Kind.COMPUTE)
        for hit in list(hits)[:1]:
            yield Wait(made.fact, hit, made.target if made.target.is_function else None)
    def finding_at(self, code: str, node: ast.expr | ast.stmt, message: str, level: Level, anchor: str) -> Finding:
        """Return a finding at a name that is read, or at the name of an `async def`."""
        shift = len("async def ") if isinstance(node, ast.AsyncFunctionDef) else 0
        return Finding(
            path=self.frame.module.path,
            line=node.lineno,
            column=node.col_offset + shift,
            code=code,
            message=message,
            level=level,
            anchor=anchor,
            qualname=plain_key(self.frame.function.key),
            node_key=site_of(node),
        )

    def finding(
        self,
        code: str,
        fact: CallFact,
        message: str,
        level: Level,
        anchor: str = "",
        trace: tuple[Hop, ...] = (),
    ) -> Finding:
        """Return a finding at the name of a call's callee."""
        return Finding(
            path=self.frame.module.path,
            line=fact.line,
            column=fact.column,
            code=code,
            message=message,
            level=level,
            anchor=anchor,
            qualname=plain_key(self.frame.function.key),
            trace=trace,
            node_key=fact.site,
        )
