"""Whether a file is small by its nature: a format that people write by hand, or one of the things a caller may give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bookmark.effects.model import Effect
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.names.terms import (
    AttributeTerm,
    CallTerm,
    ConstantTerm,
    DisplayTerm,
    EnteredTerm,
    NameTerm,
    NarrowedTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.contents import ContentReader
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Symbol

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

OPENS = frozenset({"builtins.open", "io.open", "os.fdopen", "pathlib.Path.open", "tempfile.NamedTemporaryFile"})
DUMPS = frozenset({"json.dump", "yaml.dump", "yaml.safe_dump"})
WRITES = {"pathlib.Path.write_text": 0, "pathlib.Path.write_bytes": 0, "os.write": 1}
"""What writes all of an argument, by its number."""
READS = frozenset({"pathlib.Path.read_text", "pathlib.Path.read_bytes"})
PARSERS = frozenset(
    {
        *(f"yaml.{name}" for name in ("load", "load_all", "safe_load", "safe_load_all", "full_load", "unsafe_load")),
        *("tomllib.load", "tomllib.loads", "tomli.load", "tomli.loads", "toml.load", "toml.loads"),
        *("tomlkit.load", "tomlkit.loads", "tomlkit.parse", "ruamel.yaml.YAML.load", "ruamel.yaml.YAML.load_all"),
        *("configparser.RawConfigParser.read_file", "configparser.RawConfigParser.read_string"),
    }
)
"""What reads formats that are made for people: nobody writes a megabyte of them."""
PATHS = frozenset({"builtins.str", "os.PathLike", "pathlib.Path", "pathlib.PurePath"})
LONGEST = 8


class SmallFileReader:
    """Answers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.contents = ContentReader(resolver)

    def is_small(self, effect: Effect, fact: CallFact, frame: Frame) -> bool:
        """Tell whether a call opens or reads a file that is written by hand, or one of the things it may be given."""
        if not isinstance(fact.term, CallTerm):
            return False
        if effect.name in DUMPS:
            return self.contents.is_for_people(fact.term, frame)
        if effect.name in WRITES:
            written = fact.term.arguments[WRITES[effect.name] :][:1]
            return any(self.contents.is_little_text(text, frame) for text in written)
        if effect.name in OPENS and self.contents.is_little(fact, frame, _handles(fact, frame)):
            return True
        if effect.name in OPENS | READS:
            return self._is_parsed(fact, frame) or self._is_alternative(fact.term, frame)
        return effect.name.startswith("io.") and any(
            self._is_parsed(opened, frame)
            or self._is_alternative(opened.term, frame)
            or self.contents.is_little(opened, frame, _handles(opened, frame))
            for opened in _opened(fact.term, frame)
            if isinstance(opened.term, CallTerm)
        )

    def _is_parsed(self, fact: CallFact, frame: Frame) -> bool:
        """Tell whether what is in the file goes to a parser of such a format."""
        names = set(_holders(fact, frame))
        for call in frame.function.calls:
            term = call.term
            if call.form != "call" or not isinstance(term, CallTerm):
                continue
            if any(_is_content(part, fact.term, names) for part in term.given):
                values = self.resolver.resolve(term.callee, frame)
                if any(getattr(v, "name", "") in PARSERS for v in values):
                    return True
        return False

    def _is_alternative(self, call: CallTerm, frame: Frame) -> bool:
        """Tell whether the path is a value that was asked whether it is a path: it may be the content as well."""
        if not call.arguments or any(k == "mode" for k, _ in call.keywords):
            return False
        return any(self._is_path(n) for n in _narrowed(call.arguments[0], frame))

    def _is_path(self, term: tuple[NarrowedTerm, Frame]) -> bool:
        narrowed, frame = term
        classes = narrowed.cls.items if isinstance(narrowed.cls, DisplayTerm) else (narrowed.cls,)
        found = [v.name for c in classes for v in self.resolver.resolve(c, frame) if isinstance(v, Symbol)]
        return len(found) == len(classes) and PATHS.issuperset(found)


def _opened(call: CallTerm, frame: Frame) -> Iterator[CallFact]:
    """Yield the call that opened the file whose method a call is."""
    callee = call.callee
    if not isinstance(callee, AttributeTerm) or not isinstance(callee.value, NameTerm):
        return
    name = callee.value.id
    made = [unannotated(b.term) for b in frame.function.bindings if b.name == name]
    terms = [t.manager if isinstance(t, EnteredTerm) else t for t in made]
    yield from (f for f in frame.function.calls if f.form == "call" and any(f.term == t for t in terms))


def _handles(fact: CallFact, frame: Frame) -> set[str]:
    """Return the names of a file that is opened."""
    entered = ((b.name, b.term) for b in frame.function.bindings if isinstance(b.term, EnteredTerm))
    return {*fact.targets, *(name for name, term in entered if term.manager == fact.term)}


def _holders(fact: CallFact, frame: Frame) -> Iterator[str]:
    """Yield the names of a file, and of the text that is read from it."""
    names = _handles(fact, frame)
    yield from names
    for binding in frame.function.bindings:
        if _is_content(unannotated(binding.term), fact.term, names):
            yield binding.name


def _is_content(term: Term, opened: Term, names: set[str]) -> bool:
    """Tell whether a term is the file, or all that is in it."""
    if isinstance(term, CallTerm) and isinstance(term.callee, AttributeTerm) and term.callee.name == "read":
        term = term.callee.value
    return term == opened or (isinstance(term, NameTerm) and term.id in names)


def _narrowed(term: Term, frame: Frame) -> Iterator[tuple[NarrowedTerm, Frame]]:
    """Yield the tests of its type that a value passed."""
    for _ in range(LONGEST):
        if isinstance(term, NarrowedTerm) and not term.excluded:
            yield term, frame
            return
        if isinstance(term, CallTerm) and len(term.arguments) == 1 and not isinstance(term.arguments[0], ConstantTerm):
            term = term.arguments[0]  # str(path), Path(path)
        elif isinstance(term, NameTerm) and len(term.bindings) == 1 and term.owner == frame.function.key:
            term = unannotated(frame.function.bindings[term.bindings[0]].term)
        else:
            return
