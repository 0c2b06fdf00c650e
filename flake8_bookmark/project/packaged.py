"""Whether a file comes with the code that reads it: its path is put together from `__file__`.

Such a file is as small as its author made it, and lies where the modules lie that were read when the program began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Effect
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.names.terms import (
    AttributeTerm,
    BinaryTerm,
    CallTerm,
    ChoiceTerm,
    ConstantTerm,
    EnteredTerm,
    ImportTerm,
    NameTerm,
    SubscriptTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.modules import Frame

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

HERE = "__file__"
OPENS = frozenset(
    {"builtins.open", "io.open", "pathlib.Path.open", "pathlib.Path.read_text", "pathlib.Path.read_bytes"}
)
LOADS = frozenset({"json.load", "tomllib.load", "pickle.load"})
READS = frozenset({"read", "readline", "readlines", "__iter__"})
LISTS = frozenset(
    {
        *("os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"),
        *(f"pathlib.Path.{name}" for name in ("iterdir", "glob", "rglob", "walk")),
    }
)
"""What lists a folder."""
WHOLE = OPENS | LOADS | LISTS
WRITING = frozenset("wax+")
DEEPEST = 16


class PackagedReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def is_packaged(self, effect: Effect, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call works on a file beside the code: its path is the first argument, or the object itself."""
        if not _is_reading(effect.name):
            return False
        if not isinstance(fact.term, CallTerm):
            return self._is_here(fact.term, frame, 0)
        callee, arguments = fact.term.callee, fact.term.arguments
        owner = callee.value if isinstance(callee, AttributeTerm) else None
        is_here = any(t is not None and self._is_here(t, frame, 0) for t in (owner, *arguments[:1]))
        return is_here and not _is_writing(fact.term)

    def _is_here(self, term: Term, frame: Frame, depth: int) -> bool:
        """Tell whether a path begins where the module lies."""
        term = unannotated(term)
        if depth > DEEPEST:
            return False
        match term:
            case NameTerm(id=name, scope="local", owner=owner, bindings=bindings) if name != HERE:
                holder = frame if owner == frame.function.key else frame.sibling(owner) if owner else None
                bound = [holder.function.bindings[n].term for n in bindings] if holder is not None else []
                return bool(bound) and all(self._is_here(b, holder or frame, depth + 1) for b in bound)
            case NameTerm(id=name, scope="global") if name != HERE:
                top = Frame(frame.module, frame.module.function(MODULE_KEY))
                made = [top.function.bindings[n].term for n in top.function.named(name)]
                return bool(made) and all(self._is_here(m, top, depth + 1) for m in made)
            case ImportTerm():
                found = self.resolver.definition(term, frame)
                return found is not None and self._is_here(found[0], found[1], depth + 1)
            case NameTerm(id=name) | AttributeTerm(name=name) if name == HERE:
                return True
            case AttributeTerm(value=NameTerm(id=owner), name=name) if owner in ("self", "cls"):
                return self._is_variable_here(name, frame, depth)
            case CallTerm(callee=callee, arguments=arguments):
                owner_term = callee.value if isinstance(callee, AttributeTerm) else None
                parts = (owner_term, *arguments[:1])
                return any(t is not None and self._is_here(t, frame, depth + 1) for t in parts)
            case EnteredTerm(manager=value) | AttributeTerm(value=value) | SubscriptTerm(value=value):
                return self._is_here(value, frame, depth + 1)
            case BinaryTerm(left=value):
                return self._is_here(value, frame, depth + 1)
            case ChoiceTerm(options=options):
                return all(self._is_here(o, frame, depth + 1) for o in options)
        return False

    def _is_variable_here(self, name: str, frame: Frame, depth: int) -> bool:
        """Tell whether a variable in the body of the class around a function is such a path."""
        owner = frame.function.owner
        body = frame.sibling(owner) if owner else frame
        made = [body.function.bindings[n].term for n in body.function.named(name)] if owner else []
        return bool(made) and all(self._is_here(m, body, depth + 1) for m in made)


def _is_reading(name: str) -> bool:
    """Tell whether an effect is to open a file or to read one, or to list a folder."""
    return name in WHOLE or (name.startswith("io.") and name.rpartition(".")[2] in READS)


def _is_writing(call: CallTerm) -> bool:
    """Tell whether a call says by its mode that it writes."""
    given = (*call.arguments, *(term for word, term in call.keywords if word == "mode"))
    modes = (t.value for t in given if isinstance(t, ConstantTerm) and isinstance(t.value, str) and len(t.value) <= 4)
    return any(WRITING & set(mode) for mode in modes)
