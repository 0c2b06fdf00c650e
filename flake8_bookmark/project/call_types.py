"""What a library call gives where that depends on the types of its arguments: `sorted(paths)` is a list of paths.

The library's types speak in text, the resolver in values. A value that has no name in that text (something of the
project, a function) goes in under a made-up name and is put back into the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_bookmark.names.terms import CallTerm, StarTerm, Term
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import UNKNOWN, Instance, Value, Values, is_first_party

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MOST_ARGUMENTS = 8
DEEPEST = 4
ANY = "typing.Any"


class TypeWriter:
    """Writes values as type text, and remembers what its made-up names stand for."""

    def __init__(self) -> None:
        self.names: dict[str, Values] = {}

    def write(self, values: Values, depth: int = 0) -> str:
        """Return the text of a union of values; empty for unknown."""
        if depth > DEEPEST:
            return ""
        return " | ".join(dict.fromkeys(self._write_one(v, depth) for v in values))

    def _write_one(self, value: Value, depth: int) -> str:
        if not isinstance(value, Instance) or is_first_party(value.cls):
            name = f"_given{len(self.names)}"
            self.names[name] = (value,)
            return name
        head = value.cls.removeprefix("builtins.")
        if not value.arguments:
            return head
        inner = [self.write(a, depth + 1) or ANY for a in value.arguments]
        return f"{head}[{', '.join(inner)}]"


def call_values(resolver: Resolver, name: str, call: CallTerm, frame: Frame, receiver: Instance | None) -> Values:
    """Return what a library call gives, by the types of its arguments; unknown where they don't tell."""
    if len(call.arguments) > MOST_ARGUMENTS or any(isinstance(a, StarTerm) for a in call.arguments):
        return UNKNOWN
    writer = TypeWriter()

    def written(term: Term) -> str:
        return writer.write(resolver.resolve(term, frame))

    positional = tuple(written(a) for a in call.arguments)
    keywords = {k: written(t) for k, t in call.keywords if k}
    owner = writer.write((receiver,)) if receiver is not None and not is_first_party(receiver.cls) else ""
    text = resolver.library.call_type(name, positional, keywords, owner)
    return resolver.types.expression(text, (receiver,) if receiver else UNKNOWN, writer.names) if text else UNKNOWN
