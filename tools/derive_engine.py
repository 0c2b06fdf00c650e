"""Runs the engine over a library: its public names, what they give back, and what they do to their thread."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library_types import LibraryTypes
from flake8_bookmark.effects.model import Effect
from flake8_bookmark.facts.model import CallFact, FunctionFacts
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.facts.parameter_tests import OWN
from flake8_bookmark.finding import Hop
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ConstantTerm
from flake8_bookmark.project.attributes import SUPER
from flake8_bookmark.project.decisions import answer_of
from flake8_bookmark.project.layout import Layout
from flake8_bookmark.project.modules import Frame, Project, read_module
from flake8_bookmark.project.resolver import Resolver
from flake8_bookmark.project.summaries import Hit, SummaryReader
from flake8_bookmark.project.targets import Target, TargetReader
from flake8_bookmark.project.values import Awaitable, Instance, Method, Symbol, Values, is_first_party

SKIPPED = frozenset({"tests", "test", "testing", "__pycache__", "_vendor", "vendored", "examples", "conftest.py"})
CONSTRUCTOR = "__init__"
SPECIAL = frozenset(
    {CONSTRUCTOR, "__call__", "__enter__", "__exit__", "__iter__", "__next__", "__aenter__", "__aexit__"}
)
EVERYDAY = frozenset(name for cls in (dict, list, set, str, bytes, tuple) for name in dir(cls)) | {
    "close", "read", "write", "flush", "start", "stop", "run", "wait", "acquire", "release", "put", "set", "info",
    "debug", "error", "warning", "exception", "log", "group", "match", "search", "sub", "add_argument", "result",
}  # fmt: skip
MOST_GUESSES = 5
PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


@dataclass(frozen=True, slots=True)
class Member:
    """A public function or method: its public name and its facts."""

    name: str
    frame: Frame
    cls: str = ""

    @property
    def shown(self) -> str:
        """The name as the catalogue writes it: making an object is calling its class."""
        return self.name.removesuffix(f".{CONSTRUCTOR}")


class UnawareCatalogue(Catalogue):
    """The catalogue without what it says of the libraries that are read here: the source speaks for itself."""

    __slots__ = ("roots",)
    roots: frozenset[str]

    def effects(self, name: str) -> tuple[Effect, ...]:
        return () if self.canonical(name).partition(".")[0] in self.roots else super().effects(name)

    def is_safe(self, name: str) -> bool:
        return self.canonical(name).partition(".")[0] not in self.roots and super().is_safe(name)


class GuessingTargets(TargetReader):
    """Follows a method whose receiver is unknown by its name, and a known one into what overrides it.

    It does so only where few classes of the library have such a method. That is no proof, and would be none for a
    linter; for a draft that a person reads it finds what is dynamic.
    """

    def __init__(self, resolver: Resolver, methods: dict[str, list[str]]) -> None:
        super().__init__(resolver)
        self._methods = methods
        self.guesses: set[tuple[str, int, str]] = set()

    def _of(self, fact: CallFact, frame: Frame) -> Iterator[Target]:
        found = list(super()._of(fact, frame))
        yield from found
        if fact.form != "call" or fact.use == "awaited" or not isinstance(fact.term, CallTerm):
            return
        callee = fact.term.callee
        for target in found:
            if target.is_function and target.receiver is not None and target.receiver.variable != SUPER:
                for name in self._overrides(target.name):
                    yield self._guess(name, fact, frame)
        if not found and isinstance(callee, AttributeTerm) and not self.resolver.resolve(callee.value, frame):
            for name in self._methods.get(callee.name, ()):
                yield self._guess(name, fact, frame)

    def _guess(self, name: str, fact: CallFact, frame: Frame) -> Target:
        self.guesses.add((frame.module.path, fact.line, name.rpartition(":")[2]))
        return Target(name, True)

    def _overrides(self, name: str) -> Iterator[str]:
        """Yield the methods of the same name on classes below; for a protocol, on all that may stand for it."""
        owner = name.rpartition(".")[0]
        found = self.resolver.project.class_(owner)
        bases = self.resolver.attributes.bases(*found) if found is not None else []
        is_protocol = not PROTOCOLS.isdisjoint(bases)
        for other in self._methods.get(name.rpartition(".")[2], ()):
            below = owner in self.resolver.attributes.mro(other.rpartition(".")[0])
            if other != name and (below or is_protocol):
                yield other


class Deriver:
    """Answers about one library below a folder of unpacked ones."""

    def __init__(self, folder: Path, root: str) -> None:
        catalogue = UnawareCatalogue.shipped()
        assert isinstance(catalogue, UnawareCatalogue)
        catalogue.roots = frozenset(top.stem for top in folder.glob("[!.]*"))
        self.root = root
        self.project = Project(Layout(str(folder), (), frozenset()))
        self.modules = list(self._load(folder, root))
        self.resolver = Resolver(self.project, catalogue, LibraryTypes(catalogue))
        self.summaries = SummaryReader(self.resolver)
        self.summaries.many_choices = sys.maxsize  # a library's ways are long, and its reader sees the branches
        every = [m for other in sorted(catalogue.roots - {root}) for m in self._load(folder, other)]
        self.targets = GuessingTargets(self.resolver, _methods([*self.modules, *every]))
        self.summaries.targets = self.targets
        self._public = self._find_public()
        self._known_classes: set[str] = set()

    def _load(self, folder: Path, root: str) -> Iterator[ModuleFacts]:
        for path in sorted((*folder.glob(f"{root}.py"), *folder.joinpath(root).rglob("*.py"))):
            place = path.relative_to(folder)
            module = read_module(str(folder), place.as_posix()) if SKIPPED.isdisjoint(place.parts) else None
            if module is not None:
                self.project.add(module)
                yield module

    # public names -----------------------------------------------------------------------------------------------------

    def _find_public(self) -> dict[str, list[str]]:
        """Return the spellings of each function and class that has a public one, the documented one first."""
        found: dict[str, set[str]] = defaultdict(set)
        for module in self.modules:
            for name, target in self._exports(module):
                if target.startswith((f"{self.root}:", f"{self.root}.")):
                    found[target].add(f"{_dotted(module)}.{name}")
        out = {}
        for target, spellings in found.items():
            own = f"{_plain(target)}"
            public = [s for s in spellings if not _is_private(s)]
            if public:
                out[target] = sorted(public, key=lambda s: (s.count("."), s != own, len(s), s))
        return out

    def _exports(self, module: ModuleFacts) -> Iterator[tuple[str, str]]:
        """Yield (name, function or class of the library) for what a module binds, star imports included."""
        facts = module.function(MODULE_KEY)
        names = set(facts.numbers)
        for number in facts.named("*"):
            for value in self.resolver.binding(facts.bindings[number], Frame(module, facts)):
                source = self.project.module(_starred(value))
                if source is not None:
                    names.update(n for n in source.function(MODULE_KEY).numbers if not n.startswith("_"))
        for name in sorted(names - {"*"}):
            values = self.resolver.member_of_module(module.name, name)
            only = values[0] if len(values) == 1 else None
            if isinstance(only, Symbol) and only.name.partition(":")[2]:
                yield name, only.name

    def public(self, target: str) -> str:
        """Return the documented name of a class or function; its own dotted one where none is public."""
        return self._public[target][0] if target in self._public else _plain(target)

    def aliases(self, wanted: set[str]) -> dict[str, str]:
        """Return where a name is defined, and where a package shows it, by the documented spelling."""
        packages = {_dotted(m) for m in self.modules if m.is_package}
        out = {}
        for target, (first, *others) in self._public.items():
            if first not in wanted:
                continue
            others = [s for s in others if s.rpartition(".")[0] in packages]
            out.update({other: first for other in (*others, _plain(target)) if other != first})
        return out

    def spellings(self) -> frozenset[str]:
        """Return all names of functions, classes and their members, to tell what is gone."""
        classes = {self.public(t): t for t in self._classes()}
        inside = {f"{c}.{name}" for c, t in classes.items() for name in self._names_in(t)}
        return frozenset({*(s for spellings in self._public.values() for s in spellings), *classes, *inside})

    def _names_in(self, target: str) -> Iterator[str]:
        found = self.project.class_(target)
        if found is not None:
            module, facts = found
            yield from module.function(facts.key).numbers
            yield from module.attributes(facts.key)

    # members ----------------------------------------------------------------------------------------------------------

    def members(self) -> Iterator[Member]:
        """Yield the public functions, and the methods of public classes and of those that they are based on."""
        for target in sorted(self._public):
            frame = self.project.frame(target)
            if self.project.class_(target) is None and frame is not None:
                yield Member(self.public(target), frame)
        for target in sorted(self._classes()):
            yield from self._methods_of(target)

    def _methods_of(self, target: str) -> Iterator[Member]:
        found = self.project.class_(target)
        if found is None:
            return
        module, facts = found
        last = dict(facts.methods)  # an overload's body comes last
        reached = {call.text.rpartition(".")[2] for key in last.values() for call in module.function(key).calls}
        for name, key in sorted(last.items()):
            if name in SPECIAL or not name.startswith("_") or (name not in reached and not name.endswith("__")):
                yield Member(f"{self.public(target)}.{name}", Frame(module, module.function(key)), target)

    def _classes(self) -> set[str]:
        """Return the public classes, what they are based on, and the private ones that they hold or give back."""
        if not self._known_classes:
            waiting = list(self._public)
            while waiting:
                target = waiting.pop()
                known = self.project.class_(target)
                if target not in self._known_classes and known is not None:
                    self._known_classes.add(target)
                    waiting.extend(b for b in self.resolver.attributes.bases(*known) if is_first_party(b))
                    waiting.extend(self._held(target))
                elif known is None:
                    waiting.extend(self._given(target, None))
        return self._known_classes

    def _held(self, target: str) -> Iterator[str]:
        for name in self._names_in(target):
            for value in self.resolver.attributes.of_instance(Instance(target), name):
                if isinstance(value, Instance) and is_first_party(value.cls):
                    yield value.cls
                elif isinstance(value, Method):
                    yield from self._given(value.name, value.receiver)

    def _given(self, target: str, receiver: Instance | None) -> Iterator[str]:
        frame = self.project.frame(target)
        for value in self._result(frame, receiver) if frame is not None else ():
            if isinstance(value, Instance) and is_first_party(value.cls):
                yield value.cls

    def bases(self) -> dict[str, list[str]]:
        """Return the classes with their bases, as far as they are the library's own or have a name of a library."""
        out = {}
        for target in self._classes():
            known = self.project.class_(target)
            names = self.resolver.attributes.bases(*known) if known is not None else []
            shown = [self.public(n) if is_first_party(n) else n for n in dict.fromkeys(names)]
            out[self.public(target)] = [n for n in shown if not n.startswith(("builtins.", "typing.", "abc."))]
        return out

    # answers ----------------------------------------------------------------------------------------------------------

    def hits(self, member: Member) -> tuple[Hit, ...]:
        """Return what calling a function does when nothing optional is passed, best way first."""
        facts, known = member.frame.function, []
        for question in self.summaries.decisions.questions(member.frame):
            default = facts.parameters[question[0]].default if question[0] != OWN else None
            plain = default if isinstance(default, ConstantTerm) and _is_plain(default) else None
            answer = answer_of(question, plain) if plain is not None else None
            known.extend([(question, answer)] if answer is not None else [])
        return self.summaries.through(member.frame.name, tuple(known))

    def is_guess(self, hop: Hop) -> bool:
        """Tell whether a step of a chain was guessed."""
        return (hop.path, hop.line, hop.name) in self.targets.guesses

    def is_async(self, member: Member) -> bool:
        """Tell whether calling a function gives a coroutine: its own, or always another one's."""
        if member.frame.function.kind == "coroutine":
            return True
        found = self.resolver.results.returned(member.frame, Instance(member.cls) if member.cls else None)
        return bool(found) and all(isinstance(v, Awaitable) and v.callee for v in found)

    def is_property(self, member: Member) -> bool:
        """Tell whether reading an attribute runs a method."""
        return self.resolver.attributes.is_property(member.frame.module, member.frame.function.key)

    def types(self, members: list[Member]) -> dict[str, str]:
        """Return what functions give back and attributes hold, where that is one class of a library."""
        out = {}
        for member in members:
            if not member.name.endswith(f".{CONSTRUCTOR}"):
                receiver = Instance(member.cls) if member.cls else None
                out[member.name] = self._type(self._result(member.frame, receiver))
        for target in self._classes():
            for name in self._names_in(target):
                if not name.startswith("_"):
                    values = self.resolver.attributes.of_instance(Instance(target), name)
                    key = f"{self.public(target)}.{name}"
                    out.setdefault(key, self._type(values))
        return {name: text for name, text in out.items() if text}

    def _result(self, frame: Frame, receiver: Instance | None) -> Values:
        found = self.resolver.results.returned(frame, receiver)
        return tuple(r for v in found for r in (v.results if isinstance(v, Awaitable) else (v,)))

    def _type(self, values: Values) -> str:
        if len(values) != 1 or not isinstance(values[0], Instance):
            return ""
        name = values[0].cls
        if is_first_party(name):
            return self.public(name)
        return name if name.partition(".")[0] not in ("builtins", "typing", "collections") else ""


def _methods(modules: list[ModuleFacts]) -> dict[str, list[str]]:
    """Return the plain methods of all classes by name, where only a few classes have one."""
    found: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        for facts in module.functions():
            if facts.owner and facts.kind == "function" and not _is_everyday(facts):
                found[facts.name].append(f"{module.name}:{facts.key}")
    return {name: keys for name, keys in found.items() if len(keys) <= MOST_GUESSES}


def _is_everyday(facts: FunctionFacts) -> bool:
    return facts.name in EVERYDAY or facts.name.startswith("__")


def _is_plain(term: ConstantTerm) -> bool:
    """Tell whether a constant's value is known: a long one is left out of a term."""
    return term.value is not None or term.kind == "NoneType"


def _starred(value: object) -> str:
    """Return the module that `from module import *` names; the empty text for another value."""
    return value.name[:-2] if isinstance(value, Symbol) and value.name.endswith(":*") else ""


def _dotted(module: ModuleFacts) -> str:
    return module.name.removesuffix(".__init__")


def _plain(target: str) -> str:
    module, _, key = target.partition(":")
    return f"{module.removesuffix('.__init__')}.{key}"


def _is_private(name: str) -> bool:
    return any(part.startswith("_") for part in name.split("."))
