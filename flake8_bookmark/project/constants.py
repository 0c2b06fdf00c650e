"""Which flags of modules and classes never change: `IS_SYNC = False`, and then `if IS_SYNC: …` runs nowhere.

A flag is written once, as True or False, and nothing sets it from outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.names.terms import AttributeTerm, ConstantTerm, NameTerm, Term, unannotated
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.questions import SET
from flake8_bookmark.project.values import Symbol, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver


class ConstantReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def contradicts(self, term: Term, answer: bool, frame: Frame) -> bool:
        """Tell whether a term is a flag that never has a value."""
        if not isinstance(term, (NameTerm, AttributeTerm)):
            return False
        found = self._of_class(term, frame) if isinstance(term, AttributeTerm) else None
        found = found or self.resolver.definition(term, frame)
        made = unannotated(found[0]) if found is not None else None
        if found is None or not isinstance(made, ConstantTerm) or made.kind != "bool" or made.value is answer:
            return False
        name = term.id if isinstance(term, NameTerm) else term.name
        return made.value is not None and not self._is_set(name, found[1])

    def _of_class(self, term: AttributeTerm, frame: Frame) -> tuple[Term, Frame] | None:
        """Return what the body of a class binds a name to that is asked of the class itself."""
        values = self.resolver.resolve(term.value, frame)
        cls = values[0].name if len(values) == 1 and isinstance(values[0], Symbol) else ""
        known = self.resolver.project.class_(cls) if is_first_party(cls) else None
        if known is None:
            return None
        module, facts = known
        body = module.function(facts.key)
        numbers = body.named(term.name)
        return (body.bindings[numbers[0]].term, Frame(module, body)) if len(numbers) == 1 else None

    def _is_set(self, name: str, home: Frame) -> bool:
        """Tell whether anything may set a flag but its own statement; in large projects, a private one is not set."""
        if home.module.global_bindings(name):
            return True
        modules = self.resolver.project.that_call(home.module, [f"{SET}{name}"])
        return bool(modules) if modules is not None else not name.startswith("_")
