"""The modules of a project: which names lead to a first-party definition, and the facts of each file."""

from __future__ import annotations

import ast
import os
import warnings
from collections import deque
from collections.abc import Sequence
from pathlib import PurePosixPath

from flake8_bookmark.facts.model import ClassFacts, FunctionFacts
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.facts.record import decode, encode
from flake8_bookmark.names.terms import AttributeTerm, CallTerm, ImportTerm, NameTerm, Term
from flake8_bookmark.project.files import decoded, read_bytes
from flake8_bookmark.project.headers import HeaderIndex
from flake8_bookmark.project.layout import Layout
from flake8_bookmark.project.questions import ANYWHERE, CALLS, METHODS, together
from flake8_bookmark.project.store import Store, digest_of
from flake8_bookmark.source.text import settled

EVERYWHERE = ""
"""Stands for what any module may depend on: the modules that the settings name."""
NOWHERE: frozenset[str] = frozenset()
MOST_TREES = 500
"""Modules that keep their trees from one file to the next."""
SWEPT_AFTER = 50
PATH_CALLS = frozenset({"site.addsitedir", "sys.path.append", "sys.path.insert", "sys.path.extend"})


class Frame:
    """A function, seen in its module: what the local names of a term refer to."""

    __slots__ = ("function", "module", "name")

    def __init__(self, module: ModuleFacts, function: FunctionFacts) -> None:
        self.module = module
        self.function = function
        self.name = f"{module.name}:{function.key}"

    def sibling(self, key: str) -> Frame:
        """Return the frame of another function of the same module."""
        return self if key == self.function.key else Frame(self.module, self.module.function(key))


class Project:
    """The first-party modules that an analysis can see: the given ones, and what they import from below the root."""

    def __init__(self, layout: Layout | None = None, store: Store | None = None) -> None:
        self._layout = layout
        self._store = store or Store(None, None)
        self._digests: dict[str, str] = {}
        self._edges: dict[str, set[str]] = {}
        self._extending: dict[str, bool] = {}
        self._modules: dict[str, ModuleFacts | None] = {}
        self._classes: dict[str, tuple[ModuleFacts, ClassFacts] | None] = {}
        self._frames: dict[str, Frame] = {}
        self._places: dict[str, str] = {}
        self._found: dict[tuple[str, str, int], str | None] = {}
        self._headers: HeaderIndex | None = None
        self._asked: dict[str, set[str]] = {}
        self._answers: dict[str, tuple[str, str]] = {}
        self._trees: deque[ModuleFacts] = deque()
        self._released: list[ModuleFacts] = []
        self._files = 0

    @property
    def size(self) -> int:
        """How many modules are in memory."""
        return len(self._modules)

    def add(self, module: ModuleFacts) -> None:
        """Take a module whose tree is already there."""
        self._modules[module.name] = module
        self._trees.append(module)
        self._places[module.name] = module.path

    def read_before(self, place: str, text: str) -> ModuleFacts | None:
        """Return the facts of a file that are in memory, if they are those of this text."""
        known = self._modules.get(module_name(place))
        return known if known is not None and known.path == place and known.is_of(text) else None

    def release(self) -> None:
        """Let go of the oldest trees, most of which are not asked for again: what was read from them stays."""
        while len(self._trees) > MOST_TREES:
            self._released.append(self._trees.popleft())
            self._released[-1].release()
        self._files += 1
        if self._files % SWEPT_AFTER == 0:  # some of them were asked for after all
            for module in self._released:
                module.release()

    def keep(self, module: ModuleFacts, text: str) -> None:
        """Write down the facts of a module for the next process, if its text is the one on disk."""
        if self._layout is None or not self._store.is_open:
            return
        data = read_bytes(os.path.join(self._layout.root, module.path))
        digest = self._digests[module.path] = digest_of(data) if data is not None else ""
        if data is not None and self._store.get("facts", digest) is None and decoded(data) == text:
            record = encode(module)
            if record is not None:
                self._store.put("facts", digest, record)

    def module(self, name: str) -> ModuleFacts | None:
        """Return the facts of a first-party module; None for a bare folder, or a file that can't be read."""
        if name not in self._modules:
            found = self._modules[name] = self._load(name)
            if found is not None:
                self._trees.append(found)
        return self._modules[name]

    def _load(self, name: str) -> ModuleFacts | None:
        place = self._places.get(name, "")
        if self._layout is None or not place.endswith(".py"):
            return None
        return self._read(name, place)

    def _read(self, name: str, place: str) -> ModuleFacts | None:
        """Return the facts of a file: from the store, or from its text."""
        assert self._layout is not None
        data = read_bytes(os.path.join(self._layout.root, place))
        self._digests[place] = digest_of(data) if data is not None and self._store.is_open else ""
        if data is None:
            return None
        record = self._store.get("facts", self._digests[place])
        if record is not None:
            recorded = decode(name, place, place.endswith("__init__.py"), record, lambda: module_of(place, data))
            if recorded is not None:
                return recorded
        return module_of(place, data)

    def place(self, name: str) -> str:
        """Return the path of a module that was found or given; empty for another."""
        return self._places.get(name, "")

    def is_package(self, folder: str) -> bool:
        """Tell whether a folder, relative to the root, is a regular package."""
        if self._layout is not None:
            return "__init__.py" in self._layout.listing(folder)
        return os.path.exists(os.path.join(folder, "__init__.py"))

    def locate(self, module: str) -> str | None:
        """Return the name of the module that an absolute import at the root would find."""
        place = self._layout.locate("_.py", module, 0) if self._layout is not None else None
        return self._led(EVERYWHERE, self._named(place)) if place is not None else None

    def footprint(self, name: str) -> list[tuple[str, str]]:
        """Return the place and digest of each other module in memory that a module's imports led to, in order.

        A question for subclasses is there, too, with the digest of its answer.
        """
        seen, pending = {name, EVERYWHERE}, [name, EVERYWHERE]
        while pending:
            further = self._edges.get(pending.pop(), NOWHERE) - seen
            seen |= further
            pending += further
        places = {self._places[n] for n in seen - {name} if n in self._places}
        known = {(place, self._digests[place]) for place in places if place in self._digests}
        if self._headers is not None:
            asked = together(q for n in seen & self._asked.keys() for q in self._asked[n])
            known.update(map(self._answered, asked))
        return sorted(known)

    def _answered(self, question: str) -> tuple[str, str]:
        assert self._headers is not None
        if question not in self._answers:
            self._answers[question] = (question, self._headers.digest(question))
        return self._answers[question]

    # imports --------------------------------------------------------------------------------------------------------

    def find(self, importer: ModuleFacts, module: str, level: int) -> str | None:
        """Return the name of the first-party module that an import names; None if it is not first-party."""
        key = (importer.name, module, level)
        if key not in self._found:
            self._found[key] = self._find(importer, module, level)
        return self._led(importer.name, self._found[key])

    def _find(self, importer: ModuleFacts, module: str, level: int) -> str | None:
        if self._layout is None:
            return None
        extends = not level and self._extends_path(importer)
        place = self._layout.locate(importer.path, module, level, extends)
        return self._named(place) if place is not None else None

    def _extends_path(self, importer: ModuleFacts) -> bool:
        """Tell whether a module, or its package before it, adds folders to those that imports are looked for in."""
        known = self._extending.get(importer.name)
        if known is None:
            body = importer.function(MODULE_KEY)
            calls = (c.term for c in body.calls if isinstance(c.term, CallTerm))
            known = any(_imported(call.callee, body) in PATH_CALLS for call in calls)
            self._extending[importer.name] = known
        return known

    def submodule(self, name: str, part: str) -> str | None:
        """Return the name of a module inside a package."""
        place = self._places.get(name)
        if self._layout is None or place is None or (place.endswith(".py") and not place.endswith("__init__.py")):
            return None
        folder = str(PurePosixPath(place).parent) if place.endswith(".py") else place
        found = self._layout.below(folder, [part])
        return self._led(name, self._named(found)) if found is not None else None

    def _led(self, name: str, found: str | None) -> str | None:
        """Note that what is known of a module may depend on another one."""
        if found is not None:
            self._edges.setdefault(name, set()).add(found)
        return found

    def _named(self, place: str) -> str:
        name = module_name(place)
        self._places.setdefault(name, place)
        return name

    def classes_below(self, module: ModuleFacts, name: str) -> list[tuple[str, str]] | None:
        """Return (module, class) for the classes of a module's package that write `name` as a base; None: too many."""
        if self._layout is None:
            return []
        if self._headers is None:
            self._headers = HeaderIndex(self._layout)
        query = self._headers.query(module.path, name)
        self._asked.setdefault(module.name, set()).add(query)
        found = self._headers.answer(query)
        return None if found is None else [(self._led_to(module, place), cls) for place, cls in found]

    def with_methods(self, module: ModuleFacts, names: Sequence[str]) -> list[str]:
        """Return the modules of a module's package that have methods of all these names."""
        asked = f"{METHODS}{','.join(names)}"
        return [name for name, _ in self.classes_below(module, asked) or ()]

    def that_call(self, module: ModuleFacts, names: Sequence[str]) -> list[ModuleFacts] | None:
        """Return the modules of a module's package, or of those beside it, whose text calls one of these names.

        A name with SET or PUT before it is one that is set.
        """
        found = self.classes_below(module, f"{CALLS}{','.join(names)}")
        if found is None:
            return None
        modules = (self.module(name) for name, _ in found)
        return [m for m in modules if m is not None]

    def anywhere_called(self, module: ModuleFacts, name: str) -> list[str]:
        """Return the names of the modules whose text calls a name, in packages of any size: a costly question."""
        return [found for found, _ in self.classes_below(module, f"{ANYWHERE}{name}") or ()]

    def _led_to(self, module: ModuleFacts, place: str) -> str:
        name = self._named(place)
        self._led(module.name, name)
        return name

    # definitions ----------------------------------------------------------------------------------------------------

    def frame(self, name: str) -> Frame | None:
        """Return the frame of a first-party function, by qualified name."""
        found = self._frames.get(name)
        if found is None:
            module_name, _, key = name.partition(":")
            module = self.module(module_name)
            if module is None or not key:
                return None
            found = self._frames[name] = Frame(module, module.function(key))
        return found

    def class_(self, name: str) -> tuple[ModuleFacts, ClassFacts] | None:
        """Return the facts of a first-party class, by qualified name."""
        if name not in self._classes:
            module_name, _, key = name.partition(":")
            module = self.module(module_name)
            is_class = module is not None and module.is_class(key)
            self._classes[name] = (module, module.class_(key)) if module is not None and is_class else None
        return self._classes[name]


def _imported(term: Term, body: FunctionFacts) -> str:
    """Return the dotted name that a term of a module's body has by its imports; empty for another."""
    match term:
        case AttributeTerm(value=value, name=name):
            owner = _imported(value, body)
            return f"{owner}.{name}" if owner else ""
        case NameTerm(bindings=numbers) if len(numbers) == 1:
            bound = body.bindings[numbers[0]].term
            if isinstance(bound, ImportTerm) and not bound.level:
                return f"{bound.module}.{bound.name}" if bound.name else bound.module
    return ""


def module_name(path: str) -> str:
    """Return a dotted name for a path: unique in the project, and readable."""
    pure = PurePosixPath(path.replace("\\", "/"))
    parts = (pure.with_suffix("") if pure.suffix == ".py" else pure).parts
    return ".".join(p for p in parts if p not in (".", "/", "..")).replace(":", "_") or "module"


def read_module(root: str, place: str) -> ModuleFacts | None:
    """Return the facts of a file below a root; None for one that can't be read or parsed."""
    data = read_bytes(os.path.join(root, place))
    return module_of(place, data) if data is not None else None


def module_of(place: str, data: bytes) -> ModuleFacts | None:
    """Return the facts of a file's bytes; None for what can't be decoded or parsed."""
    text = decoded(data)
    tree = parse(text, place) if text is not None else None
    if text is None or tree is None:
        return None
    return ModuleFacts(module_name(place), place, tree, place.endswith("__init__.py"), text)


def parse(text: str, path: str) -> ast.Module | None:
    """Return the tree of a text; None for one that can't be parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return settled(ast.parse(text, path))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
