"""Whether a file that is opened is also read or written here, or only opened: that is no more than a look at a path."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.effects.model import Effect
from flake8_bookmark.facts.model import CallFact, FunctionFacts
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    DisplayTerm,
    EnteredTerm,
    FunctionTerm,
    NameTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.modules import Frame

OPENS = frozenset({"builtins.open", "io.open", "os.fdopen", "pathlib.Path.open"}) | {
    "tempfile.NamedTemporaryFile",
    "tempfile.TemporaryFile",
}
STREAMS = frozenset({"stdin", "stdout", "stderr"})
"""Arguments by which another process is given a file to read or write."""
IDLE = frozenset({"close", "fileno"})
"""Methods of a file that neither read nor write what is in it."""


def is_only_opened(effect: Effect, fact: CallFact, facts: FunctionFacts) -> bool:
    """Tell whether nothing in the function works on a file that it opens: its methods are handed to others at most.

    `with open(path) as file: await asyncio.to_thread(file.read)`. Nobody else may have the file, but whoever a helper
    opens it for (`return open(path)`): what he does with it is told where he does it.
    """
    if effect.name not in OPENS or fact.form != "call":
        return False
    entered = (b.name for b in facts.bindings if isinstance(b.term, EnteredTerm) and b.term.manager == fact.term)
    names = {*fact.targets, *entered}
    if not names and facts.kind == "function" and any(_gives(term, fact.term) for term in facts.returns):
        return True
    if not names:
        return any(_is_closed(call.term, fact.term) for call in facts.calls if call.form == "call")
    if len(names) != 1:
        return False
    (name,) = names
    return not any(_is_at_work(term, name) for term in _used(facts, name))


def is_left_to_others(fact: CallFact, frame: Frame) -> bool:
    """Tell whether only functions inside a function speak of what it binds to a name, as a worker runs them."""
    if len(fact.targets) != 1:
        return False
    (name,) = fact.targets
    if any(_is_at_work(term, name) for term in _used(frame.function, name)):
        return False
    inside = (t.key for b in frame.function.bindings if isinstance(t := b.term, FunctionTerm))
    nodes = (node for key in inside for node in ast.walk(frame.module.node(key)))
    return any(isinstance(node, ast.Name) and node.id == name for node in nodes)


def _is_closed(term: Term, opened: Term) -> bool:
    """Tell whether a term closes what was just opened: `open(path, "w").close()`."""
    callee = term.callee if isinstance(term, CallTerm) else None
    return isinstance(callee, AttributeTerm) and callee.value == opened and callee.name in IDLE


def _used(facts: FunctionFacts, name: str) -> Iterator[Term]:
    """Yield what a function calls, passes, iterates, gives back, stores and gives other names than one."""
    for call in facts.calls:
        # What a coroutine of the project does with the file is told where it stands.
        is_told = call.use == "awaited" and isinstance(call.term, CallTerm) and isinstance(call.term.callee, NameTerm)
        if call.form not in ("enter", "exit", "attribute") and not is_told:
            yield call.term
    yield from (*facts.returns, *facts.yields)
    yield from (made.term for made in facts.attributes)
    yield from (bound.term for bound in facts.bindings if bound.name != name)


def _is_at_work(term: Term, name: str) -> bool:
    """Tell whether a term is a file of some name, calls a method of it, or passes it on."""
    term = unannotated(term)
    if isinstance(term, EnteredTerm):
        term = term.manager
    if isinstance(term, NameTerm):
        return term.id == name
    if not isinstance(term, CallTerm):
        return False
    callee = term.callee
    if isinstance(callee, AttributeTerm) and _is_named(callee.value, name) and callee.name not in IDLE:
        return True
    handed = (part for word, part in term.keywords if word not in STREAMS)
    return any(_is_named(part, name) for part in (*term.arguments, *handed))


def _gives(returned: Term, made: Term) -> bool:
    """Tell whether what a function returns is something that it made, or has it beside others."""
    return made in returned.items if isinstance(returned, DisplayTerm) else made == returned


def _is_named(term: Term, name: str) -> bool:
    return isinstance(term, NameTerm) and term.id == name
