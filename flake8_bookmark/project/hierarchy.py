"""Who answers a call of an abstract method: the classes of the project that override it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import ConstantTerm, FunctionTerm, Term, TypedTerm
from flake8_bookmark.project.values import UNKNOWN, WIDEST, Instance, Method, Value, Values, is_first_party, union

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

MOST_CLASSES = 30
"""Subclasses that are looked at; of a base with more of them, not all are known."""
MOST_NAMED = 60
"""Classes that name a base of this name; more of them make it a common name, such as `Base`."""
MOST_KINDS = 2
"""Classes below a library's that may have an attribute which it has not."""
MOST_FITTING = 12
"""Classes that fit a Protocol without naming it; with more of them, none is looked at."""
PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
Signatures: TypeAlias = dict[str, tuple[str | bool, ...]]
OVERRIDE = "<override>"
"""The variable of an object that stands for one of the classes that an abstract one may be."""


class HierarchyReader:
    """Finds subclasses and overrides for a resolver; each class is asked about once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._below: dict[str, tuple[tuple[str, ...], bool]] = {}
        self._fits: dict[str, tuple[str, ...]] = {}
        self._below_library: dict[tuple[str, str], tuple[str, ...]] = {}

    def overrides(self, receiver: Instance, name: str) -> tuple[Method, ...]:
        """Return the methods that stand for an abstract one; none where the receiver was made as what it is."""
        if receiver.origin is not None or receiver.variable:
            return ()
        found: dict[str, Method] = {}
        for cls in self._possible(receiver) or self._fitting(receiver.cls):
            method = self._method(cls, name)
            if method and len(found) < WIDEST:
                found.setdefault(method, Method(method, name, Instance(cls, variable=OVERRIDE)))
        return tuple(found.values())

    def below(self, receiver: Instance, name: str, through: tuple[str, ...] = ()) -> Values:
        """Return what the classes below give an object that was not made as what it is: those of a mixin, say."""
        is_any = receiver.origin is None and not receiver.variable and is_first_party(receiver.cls)
        if not is_any or name.startswith("__") or not self._leaves_open(receiver.cls, name):
            return UNKNOWN
        below = (Instance(cls, variable=OVERRIDE) for cls in self._possible(receiver))
        return _first(self.resolver.attributes.of_instance(instance, name, through) for instance in below)

    def below_library(self, receiver: Instance, name: str, module: ModuleFacts) -> Values:
        """Return an attribute that an object of a library's class has in the project's classes below it only.

        `ctx.bot.database`: a plain bot has no such attribute, so it is the project's own that is passed around.
        """
        is_any = receiver.origin is None and not receiver.variable and not is_first_party(receiver.cls)
        if not is_any or name.startswith("__") or self.resolver.library.member(receiver.cls, name) is not None:
            return UNKNOWN
        key = (receiver.cls, module.path.rpartition("/")[0])
        if key not in self._below_library:
            self._below_library[key] = tuple(self._derived(receiver.cls, module))
        below = (Instance(cls, variable=OVERRIDE) for cls in self._below_library[key])
        found = [self.resolver.attributes.by_line(instance, name) for instance in below]
        return union(*found) if sum(map(bool, found)) <= MOST_KINDS else UNKNOWN

    def _derived(self, cls: str, module: ModuleFacts) -> Iterator[str]:
        """Yield the classes of the project that inherit from a library's class itself, or from one below that."""
        for base in self.resolver.catalogue.below(cls):
            written = self.resolver.project.classes_below(module, base.rpartition(".")[2]) or ()
            for name in dict.fromkeys(f"{owner}:{key}" for owner, key in written if len(written) <= MOST_NAMED):
                if self._has_base(name, base):
                    yield name

    def variables_below(self, cls: str, name: str) -> Values:
        """Return what the classes below a class bind to a class variable that it leaves open (`model = None`)."""
        if not self._leaves_open(cls, name):
            return UNKNOWN
        return _first(self.resolver.attributes.of_class(other, name) for other in self.subclasses(cls))

    def _leaves_open(self, cls: str, name: str) -> bool:
        """Tell whether a class and those above it give an attribute no value, or none but None.

        What they do give it may be unknown, and is not what a class below makes of it.
        """
        for ancestor in filter(is_first_party, self.resolver.attributes.mro(cls)):
            found = self.resolver.project.class_(ancestor)
            if found is not None:
                module, facts = found
                body = module.function(facts.key)
                terms = [body.bindings[n].term for n in body.named(name)]
                terms += [attribute.term for _, attribute in module.attributes(facts.key).get(name, ())]
                if not all(_is_open(term) for term in terms):
                    return False
        return True

    def _method(self, cls: str, name: str) -> str:
        """Return the function that a class has for a method; empty if it has none, or again an abstract one."""
        for ancestor in self.resolver.attributes.mro(cls):
            found = self.resolver.attributes.body_function(ancestor, name) if is_first_party(ancestor) else None
            if found is not None:
                module, key = found
                return "" if module.function(key).is_stub else f"{module.name}:{key}"
        return ""

    def _fitting(self, cls: str) -> tuple[str, ...]:
        """Return the classes of the project that fit a Protocol without naming it; none if there are too many."""
        if cls not in self._fits:
            line = list(self.resolver.attributes.mro(cls))
            is_protocol = not PROTOCOLS.isdisjoint(line)
            own = [c for c in line if is_first_party(c)]
            wanted = {name: names for c in reversed(own) for name, names in self._methods(c).items()}
            asked = is_protocol and not all(name.startswith("_") for name in wanted)
            self._fits[cls] = tuple(self._find_fitting(cls, wanted)) if asked else ()
        return self._fits[cls]

    def _find_fitting(self, cls: str, wanted: Signatures) -> list[str]:
        owner = self.resolver.project.module(cls.partition(":")[0])
        modules = self.resolver.project.with_methods(owner, sorted(wanted)) if owner is not None else []
        found: list[str] = []
        for name in modules if len(modules) <= MOST_FITTING else ():
            module = self.resolver.project.module(name)
            classes = [f"{name}:{key}" for key in module.keys_of("class")] if module is not None else []
            found.extend(c for c in classes if wanted.items() <= self._methods(c).items() and not self._is_protocol(c))
        return found if len(found) <= MOST_FITTING else []

    def _is_protocol(self, cls: str) -> bool:
        return not PROTOCOLS.isdisjoint(self.resolver.attributes.mro(cls))

    def _methods(self, cls: str) -> Signatures:
        """Return the methods of a class body: the names of their parameters, and whether they are coroutines."""
        found = self.resolver.project.class_(cls)
        if found is None:
            return {}
        module, facts = found
        keys = (b.term.key for b in module.function(facts.key).bindings if isinstance(b.term, FunctionTerm))
        functions = (module.function(key) for key in keys)
        return {f.name: (*(p.name for p in f.parameters), f.kind == "coroutine") for f in functions}

    def subclasses(self, cls: str) -> tuple[str, ...]:
        """Return the classes of the project below a class, direct or not: those found first, if there are too many."""
        if cls not in self._below:
            self._below[cls] = self._search(cls)
        return self._below[cls][0]

    def all_below(self, cls: str) -> tuple[str, ...] | None:
        """Return the classes of the project below a class, direct or not; None if there are too many to look at."""
        found = self.subclasses(cls)
        return found if self._below[cls][1] else None

    def _possible(self, receiver: Instance) -> tuple[str, ...]:
        """Return the classes below an object's own of which it may be, as far as is known of it."""
        found, excluded = self.subclasses(receiver.cls), set(receiver.excluded)
        return tuple(c for c in found if not self.resolver.attributes.is_a(c, excluded)) if excluded else found

    def redefined(self, method: Method) -> tuple[str, ...] | None:
        """Return the functions that override a method in the classes below; None if there are too many to look at.

        An object that was made as what it is has no classes below it.
        """
        if method.receiver.origin is not None or not is_first_party(method.receiver.cls):
            return ()
        below = self._possible(method.receiver) if self.all_below(method.receiver.cls) is not None else None
        found = (self.resolver.attributes.body_function(cls, method.attribute) for cls in below or ())
        return tuple(f"{module.name}:{key}" for module, key in filter(None, found)) if below is not None else None

    def _search(self, cls: str) -> tuple[tuple[str, ...], bool]:
        """Return the classes below a class, and whether these are all."""
        found: dict[str, None] = {}
        pending, all_known = [cls], True
        while pending and len(found) < MOST_CLASSES:
            direct = self._direct(pending.pop(0))
            if direct is None:
                all_known = False
                continue
            pending.extend(other for other in direct if other not in found)
            found.update(dict.fromkeys(direct))
        return tuple(found)[:MOST_CLASSES], all_known and not pending and len(found) <= MOST_CLASSES

    def _direct(self, cls: str) -> list[str] | None:
        """Return the classes that name a class as a base; None where too many use its name."""
        owner = self.resolver.project.module(cls.partition(":")[0])
        short = cls.rpartition(":")[2].rpartition(".")[2]
        written = self.resolver.project.classes_below(owner, short) if owner is not None else None
        if owner is None or written is None or len(written) > MOST_NAMED:
            return None
        names = [f"{owner.name}:{key}" for key in owner.keys_of("class")]
        names += [f"{module}:{name}" for module, name in written if module != owner.name]
        return [name for name in dict.fromkeys(names) if name != cls and self._has_base(name, cls)]

    def _has_base(self, name: str, base: str) -> bool:
        found = self.resolver.project.class_(name)
        return found is not None and base in self.resolver.attributes.bases(*found)


def _is_open(term: Term) -> bool:
    value = term.value if isinstance(term, TypedTerm) else term
    return value is None or (isinstance(value, ConstantTerm) and value.value is None)


def _first(parts: Iterable[Values]) -> Values:
    """Join what several classes give, up to the number of values that is looked at."""
    found: dict[Value, None] = {}
    for values in parts:
        if len(found) + len(values) <= WIDEST:
            found.update(dict.fromkeys(values))
    return tuple(found)
