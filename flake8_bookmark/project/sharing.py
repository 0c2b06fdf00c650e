"""What several coroutines may do at a time: objects that serve one at a time, and functions that change things.

A library object is known from the catalogue: one database session serves one statement at a time, one HTTP client
serves many. An object whose class is unknown is judged by how it is called, to stay silent: `session.execute()` and
`conn.fetch()` look like one connection, whatever is behind them.

A first-party function is looked into: what it changes of its object, its module or its arguments, whether it waits for
a lock or sends something without looking at the answer, and which objects of others it uses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Place
from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact, Site
from flake8_bookmark.flow.memos import filled
from flake8_bookmark.flow.rounds import path_of, within
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, FunctionTerm, NameTerm, Term
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.bodies import is_hook, is_log, is_stub
from flake8_bookmark.project.conduct import (
    BOUNDED,
    CHANGES,
    CHANGES_OWN,
    IN_TURN,
    LOOPS,
    NOTHING,
    OPEN,
    OPENS_ITS_OWN,
    SENDS,
    STANDS_FOR,
    UNKNOWN,
    Conduct,
)
from flake8_bookmark.project.connections import ONE_AT_A_TIME, classes_look_like_one, looks_like_one
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.own_state import (
    CONTAINERS,
    all_in,
    as_own,
    entered_names,
    fresh_names,
    is_part_of,
    own_name,
)
from flake8_bookmark.project.values import Instance, Method, Partial, Symbol, Value, Values, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.summaries import SummaryReader

WIDEST = 60
PROMPTS = frozenset({"builtins.input", "getpass.getpass"})
"""A person answers one question after the other, whatever waits for the answers."""
IMMUTABLE = frozenset(
    {"builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.bytes", "builtins.NoneType"}
    | {"uuid.UUID", "datetime.datetime", "datetime.date", "datetime.timedelta", "pathlib.Path", "decimal.Decimal"}
)


class SharingReader:
    """Answers what calls do to others that run beside them, for one analysis."""

    def __init__(self, summaries: SummaryReader) -> None:
        self.summaries = summaries
        self.catalogue = summaries.resolver.catalogue
        self._functions: dict[str, Conduct] = {}
        self._through: dict[str, Conduct] = {}

    # objects ----------------------------------------------------------------------------------------------------------

    def together(self, values: Values) -> bool | None:
        """Tell whether several may use one of these objects at a time; None where that is not known."""
        found = {self._together(v) for v in values}
        if False in found:
            return False
        return True if found == {True} else None

    def _together(self, value: Value) -> bool | None:
        if isinstance(value, Symbol):
            return True
        if not isinstance(value, Instance):
            return None
        if self.catalogue.lock(value.cls) is not None:
            return False
        resolver = self.summaries.resolver
        for cls in resolver.attributes.mro(value.cls):
            for name in resolver.library.mro(cls) or (cls,) if not is_first_party(cls) else ():
                said = self.catalogue.shared(name)
                if said is not None:
                    return said
        return True if value.cls.startswith("builtins.") else None

    def serves_one(self, node: ast.expr, term: Term, frame: Frame) -> bool:
        """Tell whether an object, by its class or else by its name, serves one at a time."""
        values = self.summaries.resolver.resolve(term, frame)
        said = self.together(values)
        if said is not None:
            return not said
        path = path_of(node)
        return classes_look_like_one(values) or (path is not None and looks_like_one(path))

    def touched(self, node: ast.Call, fact: CallFact, frame: Frame) -> Iterator[str]:
        """Yield the paths of the objects that a call gets and could change: its arguments, and whose method it is."""
        given = list(_given(node, fact))
        callee = getattr(fact.term, "callee", None)
        if isinstance(node.func, ast.Attribute) and isinstance(callee, AttributeTerm):
            given.append(("", node.func.value, callee.value))
        for _, expression, inner in given:
            path = path_of(expression)
            if path is not None and path not in ("self", "cls"):
                values = self.summaries.resolver.resolve(inner, frame)
                if not values or not all(_cannot_change(v) for v in values):
                    yield path

    # calls ------------------------------------------------------------------------------------------------------------

    def of_call(
        self, node: ast.Call, fact: CallFact, frame: Frame, own: frozenset[str] = frozenset()
    ) -> Conduct:
        """Return what awaiting a call does to others; the names in `own` are of objects that nobody else has."""
        found = self._call(node, fact, frame, own)
        through = found
        for name in found.calls:
            through |= self.of_function(name)
        if not through.known:
            through |= self._receiver(node, fact, frame, own)
        return replace(through, calls=frozenset())

    def _call(self, node: ast.Call, fact: CallFact, frame: Frame, own: frozenset[str]) -> Conduct:
        handed = self._handed(node, fact, frame, own)
        if handed is not None:
            return handed
        callees = self.summaries.targets.callees(fact, frame)
        names = {getattr(c, "name", "") for c in callees}
        if names and names <= STANDS_FOR:
            return self._waited_for(node, names <= BOUNDED, frame, own)
        found = self._arguments(node, fact, frame, own)
        if not callees:
            return found | UNKNOWN | self._receiver(node, fact, frame, own)
        for callee in callees:
            found |= self._callee(callee)
        if not any(is_first_party(getattr(c, "name", "")) for c in callees):
            found |= self._receiver(node, fact, frame, own)
        return found

    def _waited_for(self, node: ast.Call, is_one: bool, frame: Frame, own: frozenset[str]) -> Conduct:
        """Waiting with a limit, or for several, does what these do: `wait_for(ask(), 5)`, `gather(ask(1), ask(2))`."""
        facts = {f.site: f for f in frame.function.calls if f.form == "call"}
        found = NOTHING
        for given in node.args[:1] if is_one else node.args:
            given = given.value if isinstance(given, ast.Starred) else given
            given = given.elt if isinstance(given, (ast.ListComp, ast.GeneratorExp)) else given
            fact = facts.get(site_of(given))
            found |= self._call(given, fact, frame, own) if fact and isinstance(given, ast.Call) else IN_TURN
        return found

    def _handed(self, node: ast.Call, fact: CallFact, frame: Frame, own: frozenset[str]) -> Conduct | None:
        """A function that is handed to a worker does there what it does; few objects bear two threads at a time."""
        for _, handover in self.summaries.handed(fact, frame, Place.WORKER):
            assert isinstance(fact.term, CallTerm)
            term = argument(fact.term, handover)
            found = self._arguments(node, fact, frame, own)
            callees = self.summaries.resolver.resolve(term, frame) if term is not None else ()
            for callee in callees:
                found |= self._callee(callee)
            is_named = isinstance(term, (NameTerm, FunctionTerm)) or (_root_of(term) in own)
            return found if callees or is_named else found | IN_TURN
        return None

    def _arguments(self, node: ast.Call, fact: CallFact, frame: Frame, own: frozenset[str]) -> Conduct:
        """An argument that serves one at a time makes the call do so; a function that is passed is called there."""
        found = NOTHING
        for name, expression, inner in _given(node, fact):
            if _root(expression) in own or isinstance(expression, ast.Constant):
                continue
            if self.serves_one(expression, inner, frame) or name in ONE_AT_A_TIME:
                return IN_TURN
            for value in self.summaries.resolver.resolve(inner, frame):
                if isinstance(value, (Symbol, Method)) and is_first_party(value.name):
                    found |= _calling(value.name)
        return found

    def _receiver(self, node: ast.Call, fact: CallFact, frame: Frame, own: frozenset[str]) -> Conduct:
        term = getattr(fact.term, "callee", None)
        if not isinstance(node.func, ast.Attribute) or not isinstance(term, AttributeTerm):
            return NOTHING
        values = self.summaries.resolver.resolve(term.value, frame)
        said = self.together(values)
        path = path_of(node.func.value)
        if said or _root(node.func.value) in own or (said is None and path is None):
            return NOTHING
        if said is False or self.serves_one(node.func.value, term.value, frame):
            return IN_TURN
        return Conduct(uses=frozenset({_named(path or "", frame)}))

    def _callee(self, callee: Value) -> Conduct:
        match callee:
            case Symbol(name=name) | Method(name=name) if is_first_party(name):
                return _calling(name)
            case Symbol(name="builtins.anext"):
                return CHANGES  # of two iterators, the second isn't asked any more once the first has ended
            case Symbol(name=name) if name in PROMPTS:
                return IN_TURN
            case Symbol(name=name) | Method(name=name):
                if name.partition(".")[0] in LOOPS:
                    return NOTHING if name in OPENS_ITS_OWN else IN_TURN
                return NOTHING if self._is_known(name) else UNKNOWN
            case Partial(target=target):
                found = NOTHING if target else UNKNOWN
                for inner in target:
                    found |= self._callee(inner)
                return found
        return UNKNOWN

    def _is_known(self, name: str) -> bool:
        """Tell whether a library's function is described anywhere; another one may as well be of the project."""
        return self.summaries.resolver.library.declaration(name) is not None or self.catalogue.is_async(name)

    # functions --------------------------------------------------------------------------------------------------------

    def of_function(self, name: str) -> Conduct:
        """Return what running a first-party function does to others, with all that it calls."""
        known = self._through.get(name)
        if known is not None:
            return known
        found, queue = NOTHING, [(name, True)]
        seen = set(queue)
        while queue and len(seen) < WIDEST:
            here, is_own = queue.pop(0)
            done = self._done_by(here)
            found |= done if is_own or not done.changes_own else done | CHANGES
            further = [*((c, False) for c in sorted(done.calls)), *((c, is_own) for c in sorted(done.own_calls))]
            queue.extend(f for f in dict.fromkeys(further) if f not in seen)
            seen.update(further)
        found = replace(found | UNKNOWN if queue else found, calls=frozenset(), own_calls=frozenset())
        self._through[name] = found
        return found

    def _done_by(self, name: str) -> Conduct:
        """Return what the text of a function does itself, with the first-party functions that it calls."""
        known = self._functions.get(name)
        if known is None:
            known = self._functions[name] = self._look_into(name)
        return known

    def _look_into(self, name: str) -> Conduct:
        frame = self.summaries.resolver.project.frame(name)
        if frame is None:
            return UNKNOWN
        if frame.module.is_class(frame.function.key):
            return NOTHING
        node = frame.module.node(frame.function.key)
        body = node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
        found = OPEN if is_stub(body) or (frame.function.owner and is_hook(body)) else NOTHING
        for part in self._parts(body, frame):
            found |= part
        return found

    def _parts(self, body: list[ast.stmt], frame: Frame) -> Iterator[Conduct]:
        facts = {f.site: f for f in frame.function.calls if f.form == "call"}
        nodes = [n for statement in body for n in within(statement)]
        own = frozenset(n for w in nodes if isinstance(w, ast.AsyncWith) for i in w.items for n in entered_names(i))
        opened = (i for w in nodes if isinstance(w, ast.With) for i in w.items)
        fresh = fresh_names(nodes) | own | {n for item in opened for n in entered_names(item)}
        this = own_name(frame)
        memos = filled(body, nodes)
        steps = frame.function.kind == "asyncgenerator"
        on_failure = {n for h in nodes if isinstance(h, ast.ExceptHandler) for part in h.body for n in within(part)}
        for node in nodes:
            match node:
                case ast.Global(names=names) if all_in(memos, names, nodes):
                    continue
                case ast.AsyncFor(iter=stepped) if _root(stepped) in own:
                    continue  # the answer to its own request
                case ast.AsyncFor(iter=ast.Call() as call) if self._is_own_generator(call, facts, frame):
                    yield as_own(self._call(call, facts[site_of(call)], frame, own), call, this)
                case ast.Yield() if steps:
                    continue  # what steps through it gets what it makes, and nobody else
                case ast.Global() | ast.Nonlocal() | ast.Yield() | ast.YieldFrom() | ast.AsyncFor():
                    yield CHANGES
                case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                    if _root(node) not in fresh and node not in memos:
                        yield CHANGES_OWN if is_part_of(node, this) else CHANGES
                case ast.AsyncWith(items=items):
                    yield from (self._entered(item.context_expr, facts, frame) for item in items)
                case ast.Expr(value=ast.Await(value=inner)):
                    yield NOTHING if self._is_own_work_moved(inner, facts, frame) else SENDS
                case ast.Expr(value=ast.Call() as call) if node not in on_failure:
                    yield as_own(self._dropped(call, facts, frame, fresh), call, this)
                case ast.Await(value=ast.Call() as call) if (fact := facts.get(site_of(call))) is not None:
                    yield as_own(self._call(call, fact, frame, own), call, this)
                case ast.Await():
                    yield UNKNOWN

    def _is_own_generator(self, call: ast.Call, facts: dict[Site, CallFact], frame: Frame) -> bool:
        """Tell whether what is stepped through is a generator of the project: its text tells what it does."""
        fact = facts.get(site_of(call))
        callees = self.summaries.targets.callees(fact, frame) if fact is not None else ()
        return bool(callees) and all(is_first_party(getattr(c, "name", "")) for c in callees)

    def _is_own_work_moved(self, node: ast.expr, facts: dict[Site, CallFact], frame: Frame) -> bool:
        """Tell whether a worker runs a function of the project: what that does for its effect, its own text tells."""
        fact = facts.get(site_of(node)) if isinstance(node, ast.Call) else None
        if fact is None or not isinstance(fact.term, CallTerm):
            return False
        for _, handover in self.summaries.handed(fact, frame, Place.WORKER):
            term = argument(fact.term, handover)
            values = self.summaries.resolver.resolve(term, frame) if term is not None else ()
            given = [t for v in values for t in (v.target if isinstance(v, Partial) else (v,))]
            return bool(given) and all(is_first_party(getattr(v, "name", "")) for v in given)
        return False

    def _entered(self, node: ast.expr, facts: dict[Site, CallFact], frame: Frame) -> Conduct:
        """`async with connect(url)` makes something of its own; a lock or a transaction makes others wait."""
        fact = facts.get(site_of(node)) if isinstance(node, ast.Call) else None
        if fact is None or not isinstance(node, ast.Call):
            return IN_TURN
        entered = self.together(self.summaries.resolver.resolve(fact.term, frame))
        if entered is False and not self.is_own_request(node, fact, frame):
            return IN_TURN
        return self._arguments(node, fact, frame, frozenset()) | self._receiver(node, fact, frame, frozenset())

    def is_own_request(self, node: ast.expr, fact: CallFact, frame: Frame) -> bool:
        """Tell whether `async with` enters something made for it alone by an object that serves many."""
        callees = self.summaries.targets.callees(fact, frame)
        if callees and all(isinstance(c, Symbol) and self.catalogue.shared(c.name) for c in callees):
            return True
        receivers = tuple(c.receiver for c in callees if isinstance(c, Method))
        return len(receivers) == len(callees) and self.together(receivers) is True

    def _dropped(
        self, call: ast.Call, facts: dict[Site, CallFact], frame: Frame, fresh: frozenset[str]
    ) -> Conduct:
        """A call whose result nobody looks at was made for what it changes."""
        if is_log(call) or _root(call.func) in fresh:
            return NOTHING
        fact = facts.get(site_of(call))
        callees = self.summaries.targets.callees(fact, frame) if fact is not None else ()
        found = CHANGES if not callees else NOTHING
        fills_own = isinstance(call.func, ast.Attribute) and is_part_of(call.func.value, own_name(frame))
        for callee in callees:
            name = getattr(callee, "name", "")
            change = CHANGES_OWN if fills_own and name.startswith(CONTAINERS) else CHANGES
            found |= _calling(name) if is_first_party(name) else change
        return found


def _given(node: ast.Call, fact: CallFact) -> Iterator[tuple[str, ast.expr, Term]]:
    """Yield the arguments of a call: the keyword, the expression, its term."""
    if isinstance(fact.term, CallTerm):
        yield from (("", e, t) for e, t in zip(node.args, fact.term.arguments, strict=False))
        for keyword, (name, term) in zip(node.keywords, fact.term.keywords, strict=False):
            yield name, keyword.value, term


def _cannot_change(value: Value) -> bool:
    return isinstance(value, Symbol) or (isinstance(value, Instance) and value.cls in IMMUTABLE)


def _calling(name: str) -> Conduct:
    return Conduct(calls=frozenset({name}))


def _named(path: str, frame: Frame) -> str:
    """Return a name for an object that is the same wherever the same object is meant, if possible."""
    first, _, rest = path.partition(".")
    if first in ("self", "cls") and frame.function.owner:
        return f"{frame.module.name}:{frame.function.owner}.{rest}"
    return f"{frame.module.name}:{path}"


def _root_of(term: Term | None) -> str:
    while isinstance(term, AttributeTerm):
        term = term.value
    return term.id if isinstance(term, NameTerm) else ""


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
