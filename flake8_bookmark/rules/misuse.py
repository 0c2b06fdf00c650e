"""BKM304: a coroutine object that is used as if it were its result."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.graph import OpKind
from flake8_bookmark.flow.places import Role, Use
from flake8_bookmark.names.terms import (
    AttributeTerm,
    AwaitTerm,
    CallTerm,
    ConstantTerm,
    DisplayTerm,
    NameTerm,
    Term,
    TypedTerm,
)
from flake8_bookmark.project.coroutines import Made
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.rules.kept import attribute_of, expecting_read
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.obligations import Local, bound_locals, captured_uses, is_only, local_of
from flake8_bookmark.rules.typestate import reaches

SAYS = {
    Role.TESTED: "is tested and always true",
    Role.IDENTITY: "is compared and never its result",
    Role.COMPARED: "is compared in place of its result",
    Role.FORMATTED: "is written into a text in place of its result",
    Role.COMPUTED: "is computed with in place of its result",
    Role.SUBSCRIPTED: "is subscripted in place of its result",
    Role.CALLED: "is called in place of its result",
    Role.ITERATED: "is iterated over in place of its result",
    Role.UNPACKED: "is unpacked in place of its result",
    Role.ENTERED: "is entered in place of its result",
    Role.ATTRIBUTE: "is asked for .{detail} in place of its result",
}
GENTLE = frozenset({Role.TESTED, Role.IDENTITY, Role.COMPARED, Role.FORMATTED})
"""These raise nothing: the coroutine goes on as it is, and may still be awaited later."""

HANDED_ON = frozenset({Role.PASSED, Role.STORED})
"""Who gets it then may await it, unless that is ruled out."""

DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.Tuple)
CONTAINERS = (ast.List, ast.Set, ast.Tuple, ast.ListComp, ast.SetComp)
LIKENING = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)

FIRM = frozenset({Role.TESTED, Role.IDENTITY, Role.COMPARED, Role.FORMATTED, Role.COMPUTED, Role.SUBSCRIPTED})
"""No awaitable object of a library serves these; several of them can be entered, iterated or asked for attributes."""

OPEN_TO_STUBS = frozenset({Role.ITERATED, Role.ENTERED, Role.ATTRIBUTE, Role.UNPACKED, Role.CALLED})
"""A method without body may stand for an async generator, whose call gives no coroutine (PEP 525)."""

OWN_ATTRIBUTES = frozenset({"close", "send", "throw"})
TAKERS = frozenset(
    f"builtins.{name}"
    for name in (
        *("all", "any", "bool", "dict", "enumerate", "filter", "float", "frozenset", "int", "iter", "len", "list"),
        *("map", "max", "min", "next", "print", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip"),
    )
)
DATA_ONLY = tuple(
    f"{module}."
    for module in (
        *("base64", "binascii", "builtins.bytes", "builtins.str", "csv", "datetime", "decimal", "hashlib", "html"),
        *("json", "logging", "math", "os", "pathlib", "pickle", "re", "shutil", "statistics", "struct", "subprocess"),
        *("textwrap", "time", "urllib", "uuid", "zlib"),
    )
)
"""Parts of the standard library whose functions take data, and await nothing."""

GIVES_VALUE = frozenset(
    {"__bool__", "__len__", "__str__", "__repr__", "__bytes__", "__format__", "__contains__", "__hash__", "__int__"}
    | {"__float__", "__index__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__init__", "__exit__"}
)


def used_as_result(subject: Subject) -> Iterator[Finding]:
    """A coroutine object stands where its result is meant."""
    yield from _of_properties(subject)
    if not subject.coroutines:
        return
    locals_ = dict(bound_locals(subject))
    for fact, made in subject.coroutines:
        node = subject.call_nodes.get(fact.site)
        if node is None or fact.use in ("dropped", "underscore"):
            continue
        local = locals_.get(fact)
        if local is not None:
            found = _of_local(fact, made, local, list(locals_.values()), subject)
        else:
            found = _of_use(fact, made, subject.places.use_of(node), subject)
        yield from (finding for finding in found if not subject.is_replaced(fact))


def _of_use(fact: CallFact, made: Made, use: Use, subject: Subject) -> Iterator[Finding]:
    if _is_misused(use, made):
        yield _finding(fact, SAYS[use.role].format(detail=use.detail), subject, Level.ERROR)
    elif use.role is Role.PASSED:
        yield from _passed(fact, use, subject)
    elif use.role is Role.RETURNED:
        yield from _returned(fact, made, use, subject)
    elif use.role is Role.STORED:
        yield from _collected(fact, use, subject)
        yield from _inside(fact, use, subject)
        yield from _kept(fact, made, use, subject)


def _is_misused(use: Use, made: Made) -> bool:
    if use.role not in SAYS or (not made.is_own and use.role not in FIRM and not _is_unpacked(use)):
        return False
    if made.is_stub and use.role in OPEN_TO_STUBS:
        return False
    return use.role is not Role.ATTRIBUTE or not _is_own_attribute(str(use.detail))


def _is_unpacked(use: Use) -> bool:
    """Tell whether a value is taken apart by plain iteration, which no awaitable allows."""
    return use.role is Role.UNPACKED or (use.role is Role.ITERATED and isinstance(use.node, ast.For))


def _is_own_attribute(name: str) -> bool:
    return name in OWN_ATTRIBUTES or name.startswith(("__", "cr_"))


def _of_local(fact: CallFact, made: Made, local: Local, all_: list[Local], subject: Subject) -> Iterator[Finding]:
    """Look at every place where the name is read with this coroutine, and can have nothing else."""
    inner = captured_uses(local, subject) if local.is_captured else ()
    if local.is_inspected or inner is None or not all(_is_misused(use, made) for use in inner):
        return
    keeping = {use for use in local.uses if use.role not in SAYS and use.role is not Role.DROPPED}
    loads = {op.node: op for op in local.loads}
    for use, load in zip(local.uses, loads.values(), strict=True):
        is_gentle = (use.role in GENTLE and not _is_likened(use)) or use.role in HANDED_ON
        if is_gentle and (keeping - {use} or not is_only(load, all_, subject)):
            continue
        if not is_gentle and not is_only(load, all_, subject) and not reaches(local, load, subject):
            continue
        found = list(_of_use(fact, made, use, subject))
        if found:
            yield from found[:1]
            return
    if inner and not keeping:
        yield from _of_use(fact, made, inner[0], subject)
        return
    if any(use.role is Role.RETURNED for use in keeping) and subject.frame.function.kind == "function":
        return  # its caller gets the coroutine, and may await it
    if keeping and _is_declared_otherwise(local, subject) and all(use.role is not Role.AWAITED for use in keeping):
        says = f"is bound to {local.name}, whose annotation says otherwise, in place of its result"
        yield _finding(fact, says, subject, Level.WARNING)


def _is_likened(use: Use) -> bool:
    """Tell whether a value is compared by what it is worth, which tells nothing about a coroutine object."""
    return isinstance(use.node, ast.Compare) and all(isinstance(op, LIKENING) for op in use.node.ops)


def _is_declared_otherwise(local: Local, subject: Subject) -> bool:
    """Tell whether a name is a parameter, or declared as a variable, of a type that no coroutine object has."""
    frame = subject.frame
    outer = frame.sibling(frame.function.parent)
    declared = [(p.annotation, outer) for p in frame.function.parameters if p.name == local.name and p.annotation]
    terms = (frame.function.bindings[number].term for number in frame.function.named(local.name))
    declared += [(term.annotation, frame) for term in terms if isinstance(term, TypedTerm)]
    excludes = subject.summaries.expectations.excludes
    return any(excludes(annotation, where) for annotation, where in declared)


def _of_properties(subject: Subject) -> Iterator[Finding]:
    """Reading an asynchronous property gives a coroutine, too."""
    names = subject.summaries.coroutines.properties(subject.frame.module)
    for fact in subject.frame.function.calls if names else ():
        if fact.form != "attribute" or not isinstance(fact.term, AttributeTerm) or fact.term.name not in names:
            continue
        made = subject.summaries.coroutines.read_by(fact.term, subject.frame)
        nodes = (op.node for op in subject.machine.graph.ops() if op.kind is OpKind.ATTRIBUTE)
        node = next((n for n in nodes if isinstance(n, ast.Attribute) and site_of(n) == fact.site), None)
        if made is not None and node is not None:
            use = subject.places.use_of(node)
            if _is_misused(use, made):
                yield _finding(fact, SAYS[use.role].format(detail=use.detail), subject, Level.ERROR)


# passed and returned --------------------------------------------------------------------------------------------------


def _taker(use: Use, subject: Subject) -> CallFact | None:
    """Return the call that a value is an argument of."""
    if use.role is not Role.PASSED or not isinstance(use.node, ast.Call):
        return None
    site = site_of(use.node)
    return next((f for f in subject.frame.function.calls if f.site == site and f.form == "call"), None)


def _passed(fact: CallFact, use: Use, subject: Subject) -> Iterator[Finding]:
    taker = _taker(use, subject)
    if taker is None or isinstance(use.operand, ast.NamedExpr):
        return
    names = subject.callee_names(taker)
    if names and all(_takes_data(name, use.detail, subject) for name in names):
        yield _finding(fact, f"is given to {taker.text}() in place of its result", subject, Level.ERROR)
        return
    parameter = subject.summaries.expectations.refused_argument(taker, subject.frame, use.detail)
    if parameter:
        says = f"is given to {taker.text}() in place of its result, as {parameter}"
        yield _finding(fact, says, subject, Level.WARNING)


def _inside(fact: CallFact, use: Use, subject: Subject) -> Iterator[Finding]:
    """A coroutine lies in a display, maybe under a name, that is only given to functions which take data."""
    outer, display = use, use.operand
    while outer.role is Role.STORED and isinstance(outer.node, DISPLAYS):
        display = outer.node
        outer = subject.places.use_of(display)
    local = local_of(outer, display, subject) if outer.role is Role.BOUND else None
    if local is not None and local.is_captured:
        return
    takers = [_data_taker(u, subject) for u in (local.uses if local is not None else (outer,))]
    if takers and all(takers):
        where = f"in {local.name}" if local is not None else "in a container"
        yield _finding(fact, f"is given {where} to {takers[0]}() in place of its result", subject, Level.ERROR)


def _kept(fact: CallFact, made: Made, use: Use, subject: Subject) -> Iterator[Finding]:
    """An attribute gets the coroutine, and all that reads it needs the result."""
    attribute = attribute_of(use) if made.is_own and not made.is_stub and subject.frame.function.owner else ""
    read = expecting_read(attribute, subject) if attribute else None
    if read is not None:
        says = f"is kept in self.{attribute}, which {SAYS[read.role].format(detail=read.detail)}"
        yield _finding(fact, says, subject, Level.WARNING)


def _data_taker(use: Use, subject: Subject) -> str:
    """Return the function that a value is given to, if that takes nothing but data there."""
    taker = _taker(use, subject)
    names = subject.callee_names(taker) if taker is not None else frozenset()
    is_data = bool(names) and all(name not in TAKERS and _takes_data(name, use.detail, subject) for name in names)
    return taker.text if taker is not None and is_data else ""


def _takes_data(name: str, place: int | str, subject: Subject) -> bool:
    """Tell whether an argument of a library function is data: no coroutine object in its place is awaited by it."""
    if name in TAKERS:
        return isinstance(place, int)
    return name.startswith(DATA_ONLY) or subject.summaries.resolver.catalogue.takes_plain(name, place)


def _returned(fact: CallFact, made: Made, use: Use, subject: Subject) -> Iterator[Finding]:
    function = subject.frame.function
    if function.kind == "function" and function.name in GIVES_VALUE and function.owner:
        yield _finding(fact, f"is returned by {function.name} in place of its result", subject, Level.ERROR)
    if function.kind != "coroutine":
        return
    recursive = made.callee == subject.frame.name
    if recursive or subject.summaries.expectations.result_excludes(subject.frame):
        yield _finding(fact, f"is returned by {function.name} in place of its result", subject, Level.ERROR)
    elif function.annotation is None and any(_is_plain(term, subject) for term in function.returns):
        says = f"is returned by {function.name}, which also returns plain values"
        yield _finding(fact, says, subject, Level.WARNING)
    elif function.annotation is None and (also := _returned_by_both(fact, made, subject)):
        says = f"is returned by {function.name}, which also returns what awaiting it gives: self.{also}()"
        yield _finding(fact, says, subject, Level.WARNING)
    elif function.annotation is None and made.is_own and _is_tried(use.node, subject):
        says = f"is returned by {function.name} out of a try whose except can't see what goes wrong in it"
        yield _finding(fact, says, subject, Level.WARNING)


def _returned_by_both(fact: CallFact, made: Made, subject: Subject) -> str:
    """Return a method whose call a function returns as it is, and that awaiting a coroutine it returns gives, too.

    Its caller awaits once: it gets what the method gives on one way, and on the other a coroutine that gives the same.
    """
    frame, target = subject.frame, subject.summaries.resolver.project.frame(made.callee)
    if target is None or target.module is not frame.module or target.function.owner != frame.function.owner:
        return ""
    theirs = set(_own_methods_returned(target))
    return next((name for name in _own_methods_returned(frame) if name in theirs and name != target.function.name), "")


def _own_methods_returned(frame: Frame) -> Iterator[str]:
    """Yield the methods of the own object whose calls a method returns as they are."""
    for term in frame.function.returns:
        callee = term.callee if isinstance(term, CallTerm) else None
        if isinstance(callee, AttributeTerm) and isinstance(callee.value, NameTerm) and callee.value.id == "self":
            yield callee.name


def _collected(fact: CallFact, use: Use, subject: Subject) -> Iterator[Finding]:
    """A list that is returned has the coroutine in the place of an item: `return [self.load(), *others]`."""
    function, node = subject.frame.function, use.node
    if function.kind != "coroutine" or not isinstance(node, CONTAINERS):
        return
    parent = subject.places.parents.get(node)
    while isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add):
        node, parent = parent, subject.places.parents.get(parent)
    if isinstance(parent, ast.Return) and subject.summaries.expectations.items_exclude(subject.frame):
        says = f"is returned by {function.name} as an item in place of its result"
        yield _finding(fact, says, subject, Level.ERROR)


def _is_tried(node: ast.AST, subject: Subject) -> bool:
    """Tell whether a statement stands in a try that has an except: making a coroutine object raises nothing."""
    parents = subject.places.parents
    here, parent = node, parents.get(node)
    while parent is not None:
        if isinstance(parent, ast.Try) and parent.handlers and here in parent.body:
            return True
        here, parent = parent, parents.get(parent)
    return False


def _is_plain(term: Term, subject: Subject) -> bool:
    """Tell whether a return gives something that nobody would await."""
    if isinstance(term, ConstantTerm):
        return term.kind != "NoneType"
    if isinstance(term, NameTerm):
        return _holds_awaited(term.id, subject)
    return isinstance(term, (AwaitTerm, DisplayTerm))


def _holds_awaited(name: str, subject: Subject) -> bool:
    """Tell whether a local name is bound to nothing but what has been awaited."""
    function = subject.frame.function
    if any(p.name == name for p in function.parameters):
        return False
    bound = [function.bindings[number].term for number in function.named(name)]
    return bool(bound) and all(isinstance(term, AwaitTerm) for term in bound)


def _finding(fact: CallFact, says: str, subject: Subject, level: Level) -> Finding:
    fix = "await it" if subject.is_loop_code else "its caller must be async def and await it"
    name = f"{fact.text}()" if fact.form == "call" else fact.text
    return subject.finding("BKM304", fact, f"the coroutine of {name} {says}; {fix}", level, "not-awaited")
