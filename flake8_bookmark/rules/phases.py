"""In which part of its object's life a method runs: while the object starts, while it ends, or in between.

Nothing in the text binds a method to such a part, so its name has to say it: `start`, `async_setup`, `close_all`. A
private method that nobody calls but these runs where they do.
"""

from __future__ import annotations

import ast

from flake8_bookmark.facts.expressions import site_of
from flake8_bookmark.facts.model import CallFact, FunctionFacts
from flake8_bookmark.flow.sharing import statements
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.rules.guarded import ENTRANCES, callers_of
from flake8_bookmark.rules.model import Subject

STARTS = "init initialize initialise setup startup start started boot bootstrap"
OPENS = "load prepare connect open"
ENDS = "close aclose stop shutdown cleanup teardown terminate dispose destroy disconnect unload exit quit remove done"
STARTING = frozenset(STARTS.split())
ENDING = frozenset(ENDS.split())
EDGES = STARTING | ENDING | frozenset(OPENS.split())
OWNERS = frozenset({"server", "app", "application", "service", "component", "cog", "plugin", "module"})
ASIDE = frozenset({"async", "on", "do", "all", "server", "app", "application", "service"})
"""Words that say nothing about the part."""
MOST_WORDS = 3
DEEPEST = 3


def is_at_an_edge(frame: Frame, subject: Subject, above: tuple[str, ...] = ()) -> bool:
    """Tell whether a method runs only while its object starts or ends."""
    function = frame.function
    if _says_so(function, EDGES):
        return True
    if len(above) >= DEEPEST or frame.name in above or not function.name.startswith("_"):
        return False
    callers = list(callers_of(frame, subject))
    return bool(callers) and all(
        (fact.use == "awaited" or function.kind == "function")  # a task that is started goes on
        and (caller.function.name == "__init__" or is_at_an_edge(caller, subject, (*above, frame.name)))
        for fact, caller in callers
    )


def may_run_once(frame: Frame) -> bool:
    """Tell whether a method starts or ends its object, by its name; what opens or connects may be called later, too."""
    return _says_so(frame.function, STARTING | ENDING)


def is_asked_for(frame: Frame, subject: Subject) -> bool:
    """Tell whether a method is awaited at the beginning of several others that are at no edge: it is made on demand.

    `await self.initialize()` in `get` and in `set`: the first who comes makes what all need. They do nothing with what
    it gives, or it would be an answer.
    """
    owner = frame.function.owner
    calls = [(f, c) for f, c in callers_of(frame, subject) if f.use == "awaited" and c.function.owner == owner]
    plain = [c for fact, c in calls if c.function.name not in ENTRANCES and _is_statement(fact, c)]
    on_demand = any(not is_at_an_edge(caller, subject) for caller in plain)
    return on_demand and len({caller.function.key for _, caller in calls}) > 1


def _is_statement(fact: CallFact, caller: Frame) -> bool:
    """Tell whether an awaited call stands for itself, and nobody uses what it gives."""
    body = getattr(caller.module.node(caller.function.key), "body", [])
    alone = (s.value for s in statements(body) if isinstance(s, ast.Expr) and isinstance(s.value, ast.Await))
    return any(site_of(node.value) == fact.site for node in alone)


def _says_so(function: FunctionFacts, said: frozenset[str]) -> bool:
    """Tell whether a name is that of a beginning or an end: `start`, `_stop_all`, `server_init`.

    With one more word, a method may be about something else than its object: `start_game`, `last_boot`. That is so
    where that word comes first, and where others tell it what, by a parameter.
    """
    words = [w for w in function.name.strip("_").split("_") if w and w not in ASIDE]
    if len(words) == 2 and words[0] in OWNERS:
        words = words[1:]
    if not words or len(words) > MOST_WORDS or words[0] not in said:
        return False
    return len(words) == 1 or len(function.parameters) <= 1 or function.name.startswith("_")
