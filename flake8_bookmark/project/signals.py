"""Whether somebody said beforehand that a thread is done: what it was given was awaited.

    done = loop.create_future()
    thread = Thread(target=work, args=(done,))
    await done                       # the thread sets it last
    thread.join()

    future.add_done_callback(lambda _: loop.call_soon_threadsafe(event.set))
    await event.wait()
    future.result()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.names.terms import CallTerm, DisplayTerm, FunctionTerm, NameTerm, Term
from flake8_bookmark.project.modules import Frame

CALLBACK = ".add_done_callback"


def was_signalled(fact: CallFact, frame: Frame) -> bool:
    """Tell whether the function awaits something first that the thread, or a callback of the future, was given."""
    receiver = fact.text.rpartition(".")[0]
    function = frame.function
    calls = [c.term for c in function.calls if c.text == f"{receiver}{CALLBACK}"]
    made = [function.bindings[number].term for number in function.named(receiver)]
    terms = [term for call in (*calls, *made) if isinstance(call, CallTerm) for term in call.given]
    given = {name for term in terms for name in _told(term, frame)} - {receiver}
    waits = {f"{name}.wait" for name in given}
    waited = (c.use == "awaited" and c.line < fact.line and c.text in waits | given for c in function.calls)
    return any(waited)


def _told(term: Term, frame: Frame) -> Iterator[str]:
    """Yield the local names that an argument is, holds, or is a function inside that speaks of them."""
    match term:
        case DisplayTerm(items=items):
            for item in items:
                yield from _told(item, frame)
        case FunctionTerm(key=key):
            yield from (node.id for node in ast.walk(frame.module.node(key)) if isinstance(node, ast.Name))
        case NameTerm(id=name, scope="local", bindings=bindings):
            yield name
            for bound in (frame.function.bindings[number].term for number in bindings):
                if isinstance(bound, FunctionTerm):
                    yield from _told(bound, frame)
