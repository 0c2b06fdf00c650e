"""Whether what a file is read or written for is small, as far as the text says.

JSON that is indented is there for people to read, as YAML and TOML are; a short text, or a number, stands in the code;
the header of a file is read to see what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.names.terms import (
    AttributeTerm,
    BinaryTerm,
    CallTerm,
    ConstantTerm,
    NameTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

INDENT = "indent"
WRITERS = frozenset(
    {
        *("yaml.dump", "yaml.dump_all", "yaml.safe_dump", "yaml.safe_dump_all", "ruamel.yaml.YAML.dump"),
        *("toml.dump", "toml.dumps", "tomlkit.dump", "tomlkit.dumps", "tomli_w.dump", "tomli_w.dumps"),
        "configparser.RawConfigParser.write",
    }
)
"""What writes formats that are made for people."""
RECORD, DUMP = "pydantic.BaseModel", "model_dump_json"
"""What one object is written with by its named fields: a manifest, a state, a message."""
NUMBERS = frozenset({"builtins.int", "builtins.float", "builtins.bool"})
HEADER = 65536
"""So many bytes of a file are read at once by any disk."""
IDLE = frozenset({"close", "fileno", "flush"})
APPENDING = frozenset({"a", "at"})
DEEPEST = 6


class ContentReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def is_little(self, opened: CallFact, frame: Frame, names: set[str]) -> bool:
        """Tell whether all that a function does with a file, known by some names, is to read or write a little."""
        uses = list(_uses(frame, names))
        if not uses:
            return False
        is_log = frame.function.kind == "function" and _is_appending(opened.term)
        is_line = is_log and all(_is_line(fact, term, names) for fact, term in uses)
        return is_line or all(self._is_little_use(fact, term, names, frame) for fact, term in uses)

    def _is_little_use(self, fact: CallFact, term: CallTerm, names: set[str], frame: Frame) -> bool:
        callee = term.callee
        if not isinstance(callee, AttributeTerm) or not _is_named(callee.value, names):
            return self.is_for_people(term, frame)  # it is an argument: `json.dump(value, file, indent=2)`
        if callee.name == "read":
            return not fact.loops and len(term.arguments) == 1 and self._is_header(term.arguments[0], frame)
        return callee.name == "write" and len(term.arguments) == 1 and self.is_little_text(term.arguments[0], frame)

    def _is_header(self, term: Term, frame: Frame) -> bool:
        if isinstance(term, NameTerm) and term.scope == "global":
            top = Frame(frame.module, frame.module.function(MODULE_KEY))
            numbers = top.function.named(term.id)
            term = unannotated(top.function.bindings[numbers[0]].term) if len(numbers) == 1 else term
        size = term.value if isinstance(term, ConstantTerm) else None
        return isinstance(size, int) and 0 <= size <= HEADER

    def is_little_text(self, term: Term, frame: Frame, depth: int = 0) -> bool:
        """Tell whether a text is made for people to read, is written out in the code, or says one number."""
        term = unannotated(term)
        match term:
            case ConstantTerm(value=value):
                return value is not None
            case BinaryTerm(operator="__add__", left=left, right=right) if depth < DEEPEST:
                sides = (side for side in (left, right) if not isinstance(side, ConstantTerm))  # an end of line
                return all(self.is_little_text(side, frame, depth + 1) for side in sides)
            case NameTerm(bindings=numbers, owner=owner) if numbers and owner == frame.function.key and depth < DEEPEST:
                bound = [frame.function.bindings[number].term for number in numbers]
                return all(self.is_little_text(b, frame, depth + 1) for b in bound)
            case CallTerm(callee=AttributeTerm(name="encode", value=text)) if depth < DEEPEST:
                return self.is_little_text(text, frame, depth + 1)
            case CallTerm(callee=NameTerm(id="str"), arguments=(number,)):
                values = self.resolver.resolve(number, frame)
                return bool(values) and all(isinstance(v, Instance) and v.cls in NUMBERS for v in values)
            case CallTerm():
                return self.is_for_people(term, frame) or self._is_record(term, frame)
        return False

    def _is_record(self, term: CallTerm, frame: Frame) -> bool:
        """Tell whether a call gives one object as JSON, by its fields."""
        if not isinstance(term.callee, AttributeTerm) or term.callee.name != DUMP:
            return False
        values = self.resolver.resolve(term.callee.value, frame)
        is_a = self.resolver.attributes.is_a
        return bool(values) and all(isinstance(v, Instance) and is_a(v.cls, {RECORD}) for v in values)

    def is_for_people(self, term: CallTerm, frame: Frame) -> bool:
        """Tell whether a call writes what people read: it is indented, or in such a format."""
        indent = next((value for word, value in term.keywords if word == INDENT), None)
        if indent is not None:
            return not (isinstance(indent, ConstantTerm) and indent.value is None)
        return any(getattr(v, "name", "") in WRITERS for v in self.resolver.resolve(term.callee, frame))


def _uses(frame: Frame, names: set[str]) -> Iterator[tuple[CallFact, CallTerm]]:
    """Yield the calls of a file's methods, but closing it, and those that are given it."""
    for fact in frame.function.calls:
        term = fact.term
        if fact.form == "iterate" and _is_named(term, names):
            yield fact, CallTerm(term, (), (), fact.site)
        elif fact.form == "call" and isinstance(term, CallTerm):
            callee = term.callee
            is_method = isinstance(callee, AttributeTerm) and _is_named(callee.value, names)
            idle = is_method and isinstance(callee, AttributeTerm) and callee.name in IDLE
            if not idle and (is_method or any(_is_named(part, names) for part in term.given)):
                yield fact, term


def _is_appending(term: Term) -> bool:
    """Tell whether a call opens a file to write at its end."""
    given = term.given if isinstance(term, CallTerm) else ()
    return any(isinstance(t, ConstantTerm) and t.value in APPENDING for t in given)


def _is_line(fact: CallFact, term: CallTerm, names: set[str]) -> bool:
    """Tell whether a call writes one text that is put together there, as a line of a log is."""
    callee = term.callee
    is_write = isinstance(callee, AttributeTerm) and callee.name == "write" and _is_named(callee.value, names)
    return is_write and not fact.loops and all(isinstance(t, ConstantTerm) for t in term.given)


def _is_named(term: Term, names: set[str]) -> bool:
    return isinstance(term, NameTerm) and term.id in names
