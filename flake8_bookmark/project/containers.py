"""What is in a container that was made empty: what the same code puts into it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.names.terms import Term
from flake8_bookmark.project.arguments import parameter_of
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import UNKNOWN, WIDEST, Instance, Symbol, Value, Values, union

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

PLACES = {
    "builtins.list": 1,
    "builtins.set": 1,
    "builtins.dict": 2,
    "collections.deque": 1,
    "collections.defaultdict": 2,
    "collections.OrderedDict": 2,
    "weakref.WeakSet": 1,
    "weakref.WeakValueDictionary": 2,
    "asyncio.Queue": 1,
}
"""Containers, with the number of their type parameters; the last one is the type of their items."""
BARE = frozenset({"builtins.tuple", "builtins.list", "builtins.dict", "builtins.set", "builtins.frozenset"})
MOST_ITEMS = 30


def lacks_items(values: Values) -> bool:
    """Tell whether some of the values are containers of nothing that is known."""
    return any(
        isinstance(v, Instance) and v.cls in PLACES and not (v.arguments and v.arguments[-1]) for v in values
    )


def are_bare(values: Values) -> bool:
    """Tell whether values are containers as an annotation without brackets names them: `-> tuple`, `-> dict | None`."""
    return all(isinstance(v, Instance) and v.cls in BARE and not v.arguments for v in values)


def with_items(stated: Values, made: Values) -> Values:
    """Return what was made, as far as it is what is stated and more is known of its items; else what is stated."""
    classes = {v.cls for v in stated if isinstance(v, Instance)}
    better = tuple(v for v in made if isinstance(v, Instance) and v.cls in classes and any(v.arguments))
    return better or stated or made


class ContainerReader:
    """Fills containers for a resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._by_functions: dict[str, dict[str, list[tuple[Term, Frame]]]] = {}

    def filled(self, values: Values, frame: Frame, name: str) -> Values:
        """Return what a name holds, with the items that its scope puts into it."""
        if not lacks_items(values):
            return values
        function = frame.function
        items = [(function.bindings[n].term, frame) for n in function.named(f"{name}[]")]
        if function.kind == "module":
            items += self._put_by_functions(frame.module).get(f"{name}[]", ())
        return put_into(values, self._items(items)) if items else values

    def filled_attribute(self, values: Values, module: ModuleFacts, class_key: str, name: str) -> Values:
        """Return what an attribute holds, with the items that the methods of its class put into it."""
        if not lacks_items(values):
            return values
        items = module.attributes(class_key).get(f"{name}[]", ())
        return put_into(values, self._items([(item.term, Frame(module, module.function(key))) for key, item in items]))

    def _items(self, items: list[tuple[Term, Frame]]) -> Values:
        read = (self.resolver.resolve(term, frame) or self._registered(term, frame) for term, frame in items)
        return joined(read for read, _ in zip(read, range(MOST_ITEMS), strict=False))

    def _put_by_functions(self, module: ModuleFacts) -> dict[str, list[tuple[Term, Frame]]]:
        """Return what functions put into the containers of a module: `clients[name] = Client()`."""
        if module.name not in self._by_functions:
            found = self._by_functions[module.name] = {}
            for function in module.functions():
                for binding in function.global_bindings:
                    if binding.name.endswith("[]"):
                        found.setdefault(binding.name, []).append((binding.term, Frame(module, function)))
        return self._by_functions[module.name]

    def _registered(self, term: Term, frame: Frame) -> Values:
        """Return the classes and functions that a parameter puts into a container: `registry[name] = cls`."""
        number = parameter_of(term, frame.function)
        return self.resolver.registered.of(frame, number) if number is not None else UNKNOWN


def joined(parts: Iterable[Values]) -> Values:
    """Join what a container holds: of very many classes and functions, the first ones."""
    found: dict[Value, None] = dict.fromkeys(value for part in parts for value in part)
    if len(found) > WIDEST and all(isinstance(value, Symbol) for value in found):
        return tuple(found)[:WIDEST]
    return union(tuple(found))


def put_into(values: Values, items: Values) -> Values:
    if not items:
        return values
    out = []
    for value in values:
        if isinstance(value, Instance) and lacks_items((value,)):
            before = value.arguments[:-1] or (UNKNOWN,) * (PLACES[value.cls] - 1)
            value = replace(value, arguments=(*before, items))
        out.append(value)
    return tuple(out)
