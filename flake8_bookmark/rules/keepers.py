"""Who has an object: many tasks, or the one that made it.

Nothing that a class says about itself tells how many tasks have one object of it. What tells is where its objects are
made: one that is kept in an attribute, a container or a name of the module is there for whoever comes; one that only a
local name holds is for the frame that made it. Frameworks make one for each request, or one for all events, by a rule.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum, auto

from flake8_bookmark.effects.model import Lifetime
from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.flow.rounds import names_in as names_of
from flake8_bookmark.flow.rounds import path_of, root_of, within
from flake8_bookmark.flow.sharing import Place, names_in, statements
from flake8_bookmark.names.terms import CallTerm, NameTerm
from flake8_bookmark.project.connections import WORD
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, Symbol, is_first_party
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.phases import is_asked_for, may_run_once
from flake8_bookmark.rules.sequences import first_word
from flake8_bookmark.rules.subjects import is_test_path

SERVICES = frozenset(
    {"client", "connection", "session", "provider", "server", "service", "pool", "cache", "api", "adapter"}
)
MAKING = frozenset({"create", "connect", "open", "make", "build", "start", "new"})
MOST_MODULES = 20
REQUESTS = frozenset({"request", "req", "websocket"})
SHORT_LIVED = frozenset({"bound", "awaited", "other", "dropped", "underscore", "condition"})


class Keeper(Enum):
    """Who has an object: `GIVEN` is one that the function which makes it gives to its caller."""

    MANY = auto()
    GIVEN = auto()
    FRAME = auto()
    UNKNOWN = auto()


def tasks_may_meet(place: Place, test: ast.expr, made: ast.expr | None, subject: Subject) -> bool:
    """Tell whether several tasks may test the same place of an object: this is worth a hint, and never more.

    An object tells by what it keeps that it is asked often: an item for each key, something that expires, or what is
    made for the first who asks and given to all. Where nobody is seen to keep it, so does its class, by its name, for
    the one thing that it waits for before it can serve.
    """
    if not subject.options.hints or not subject.frame.function.owner:
        return False
    is_ready = isinstance(made, ast.Await) or (isinstance(made, ast.Constant) and made.value is True)
    asked = is_ready and is_asked_for(subject.frame, subject)
    if may_run_once(subject.frame) and not asked:
        return False
    if _is_of_class(place, subject):
        return True
    if _is_of_round(place, test, subject):
        return False
    keeper = keeper_of(subject)
    if keeper is Keeper.FRAME:
        return False
    if any(_is_key(part) for part in place) or _expires(test, subject):
        return True
    if asked:
        return True
    if keeper is Keeper.MANY:
        return not isinstance(made, ast.Constant) and _is_returned(place, subject)
    if made is not None and _makes_object(made, subject) and _is_returned(place, subject):
        return True
    return keeper is Keeper.UNKNOWN and is_ready and _is_service(subject)


def _makes_object(made: ast.expr, subject: Subject) -> bool:
    """Tell whether an object is made that all are given who ask: `Repository(paths)`, `await create_pool(url)`.

    What a part reads of itself, such as the body of a message, is mostly asked for by one task.
    """
    call = made.value if isinstance(made, ast.Await) else made
    if not isinstance(call, ast.Call):
        return False
    if isinstance(made, ast.Await):
        return first_word(call) in MAKING
    fact = next((f for f in subject.frame.function.calls if f.form == "call" and f.site == site_of(call)), None)
    values = subject.summaries.resolver.resolve(fact.term, subject.frame) if fact is not None else ()
    return any(isinstance(v, Instance) and is_first_party(v.cls) for v in values)


def _is_of_round(place: Place, test: ast.expr, subject: Subject) -> bool:
    """Tell whether a loop makes the test each round, about what the round is about: it works through all by itself.

    What a `while` asks again and again is a dialogue or a retry.
    """
    key = names_in(place) - {place[0]}
    around = subject.places.parents.get(test)
    while around is not None:
        if isinstance(around, ast.While):
            return True
        if isinstance(around, (ast.For, ast.AsyncFor)):
            items = _of_item(around)
            if not key or key & items:
                return True
        around = subject.places.parents.get(around)
    return False


def _of_item(loop: ast.For | ast.AsyncFor) -> set[str]:
    """Return the names that hang on the item of a loop: `page`, and `key` where `key = page["id"]`."""
    found = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    for statement in statements(loop.body):
        if isinstance(statement, ast.Assign):
            read = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
            found |= {n for target in statement.targets for n in names_of(target)} if read & found else set()
    return found


def _is_returned(place: Place, subject: Subject) -> bool:
    """Tell whether a function gives its caller what is at a place."""
    node = subject.frame.module.node(subject.frame.function.key)
    returned = (s.value for s in statements(getattr(node, "body", [])) if isinstance(s, ast.Return))
    place_of = subject.machine.sharing.place_of
    return any(place_of(part) == place for value in returned if value is not None for part in ast.walk(value))


def _is_service(subject: Subject) -> bool:
    """Tell whether a class is named after what serves many by its nature: `PaymentClient`, `ToolServer`."""
    key = subject.frame.function.owner.rpartition(".")[2]
    words = [w.lower() for w in WORD.findall(key)]
    return bool(words) and words[-1] in SERVICES


def _is_of_class(place: Place, subject: Subject) -> bool:
    """Tell whether a place belongs to the class itself: all objects have the same."""
    frame = subject.frame
    kind = subject.summaries.resolver.attributes.binding_kind(frame.module, frame.function.key)
    return kind == "classmethod" or ".__class__" in place


def _is_key(part: str) -> bool:
    return part.startswith("[") and not isinstance(ast.parse(part[1:-1], mode="eval").body, ast.Constant)


def _expires(test: ast.expr, subject: Subject) -> bool:
    """Tell whether a test, with those that it is joined to, compares two sizes: `now < self._expires`."""
    parents = subject.places.parents
    whole: ast.AST = test
    while isinstance(parents.get(whole), (ast.BoolOp, ast.UnaryOp)):
        whole = parents[whole]
    ordered = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    return any(isinstance(n, ast.Compare) and isinstance(n.ops[0], ordered) for n in ast.walk(whole))


def keeper_of(subject: Subject) -> Keeper:
    """Return who has the objects whose method a function is."""
    frame = subject.frame
    cls = f"{frame.module.name}:{frame.function.owner}"
    lifetime = _lifetime(cls, subject)
    if lifetime is not None:
        return Keeper.FRAME if lifetime is Lifetime.REQUEST else Keeper.MANY
    found = {_kept_by(fact, maker, subject) for fact, maker in _makers(cls, subject)}
    if not found or Keeper.MANY in found:
        return Keeper.MANY if found else Keeper.UNKNOWN
    return Keeper.UNKNOWN if Keeper.UNKNOWN in found else Keeper.GIVEN if Keeper.GIVEN in found else Keeper.FRAME


def _lifetime(cls: str, subject: Subject) -> Lifetime | None:
    """Return for what a framework makes the objects of a class, by the nearest class above of which it is known."""
    resolver = subject.summaries.resolver
    above = (c for name in resolver.attributes.mro(cls) for c in resolver.library.mro(name) or (name,))
    return next((known for name in above if (known := resolver.catalogue.lifetime(name)) is not None), None)


def _makers(cls: str, subject: Subject) -> Iterator[tuple[CallFact, Frame]]:
    """Yield the calls that make an object of a class, or of one below it, tests left out."""
    resolver, own = subject.summaries.resolver, subject.frame.module
    classes = {cls, *resolver.hierarchy.subclasses(cls)}
    names = {c.rpartition(":")[2].rpartition(".")[2] for c in classes}
    modules = resolver.project.that_call(own, sorted(names)) or []
    if len(modules) > MOST_MODULES:
        return
    for module in {m.name: m for m in (own, *modules)}.values():
        if not is_test_path(module.path, subject.options.test_paths):
            yield from _makers_in(module, classes, names | {"cls"}, subject)


def _makers_in(
    module: ModuleFacts, classes: set[str], names: set[str], subject: Subject
) -> Iterator[tuple[CallFact, Frame]]:
    resolve = subject.summaries.resolver.resolve
    for function in module.functions():
        frame = Frame(module, function)
        for fact in function.calls:
            if fact.form == "call" and isinstance(fact.term, CallTerm) and fact.text.rpartition(".")[2] in names:
                values = resolve(fact.term.callee, frame)
                if any(isinstance(v, Symbol) and v.name in classes for v in values):
                    yield fact, frame


def _kept_by(fact: CallFact, frame: Frame, subject: Subject) -> Keeper:
    """Return who has what a call makes, by what becomes of it in the function that calls."""
    if frame.function.key == MODULE_KEY or frame.function.kind == "class" or fact.use == "yielded":
        return Keeper.MANY
    if fact.use == "stored":
        return Keeper.FRAME if _is_put_on_request(fact, frame) else Keeper.MANY
    if fact.use == "returned":
        return Keeper.GIVEN
    if fact.use not in SHORT_LIVED:
        return Keeper.UNKNOWN  # whoever it is passed to may keep it
    if fact.use == "bound":
        names = set(fact.targets)
        kept = _kept_by_names(names, frame)
        return Keeper.UNKNOWN if kept is Keeper.FRAME and _makes_part(names, frame, subject) else kept
    return Keeper.FRAME


def _is_put_on_request(fact: CallFact, frame: Frame) -> bool:
    """Tell whether an object is put on a request, and so lives no longer than that: `request.state.user = User()`."""
    node = frame.module.node(frame.function.key)
    for statement in statements(getattr(node, "body", [])):
        if isinstance(statement, ast.Assign) and site_of(statement.value) == fact.site:
            roots = (root_of(path) for t in statement.targets if (path := path_of(t)) is not None)
            return any(root in REQUESTS for root in roots)
    return False


def _makes_part(names: set[str], frame: Frame, subject: Subject) -> bool:
    """Tell whether what a local name holds is given to another object of the project as that one is made."""
    resolver = subject.summaries.resolver
    for fact in frame.function.calls:
        if fact.form == "call" and isinstance(fact.term, CallTerm):
            given = (*fact.term.arguments, *(term for _, term in fact.term.keywords))
            if any(isinstance(term, NameTerm) and term.id in names for term in given):
                values = resolver.resolve(fact.term.callee, frame)
                if any(isinstance(v, Symbol) and resolver.project.class_(v.name) is not None for v in values):
                    return True
    return False


def _kept_by_names(names: set[str], frame: Frame) -> Keeper:
    """Return who has what local names hold: one that is put into something else outlives the frame."""
    if any(key == frame.function.key for name in names for key, _ in frame.module.global_bindings(name)):
        return Keeper.MANY
    node = frame.module.node(frame.function.key)
    body = getattr(node, "body", [])
    given = Keeper.FRAME
    for part in (n for statement in (body if isinstance(body, list) else []) for n in within(statement)):
        match part:
            case ast.Assign(targets=targets, value=ast.Name(id=name)) if name in names:
                if any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in targets):
                    return Keeper.MANY
            case ast.Call(func=ast.Attribute(attr="append" | "add" | "setdefault" | "add_cog"), args=arguments):
                if any(isinstance(a, ast.Name) and a.id in names for a in arguments):
                    return Keeper.MANY
            case ast.Return(value=ast.Name(id=name)) if name in names:
                given = Keeper.GIVEN
    return given
