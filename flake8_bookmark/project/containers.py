"""What is in a container that was made empty: what the same code puts into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import UNKNOWN, Instance, Values, union

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

    def filled(self, values: Values, frame: Frame, name: str) -> Values:
        """Return what a name holds, with the items that its scope puts into it."""
        numbers = frame.function.named(f"{name}[]")
        if not numbers or not lacks_items(values):
            return values
        bindings = frame.function.bindings
        return put_into(values, union(*(self.resolver.binding(bindings[n], frame) for n in numbers[:MOST_ITEMS])))

    def filled_attribute(self, values: Values, module: ModuleFacts, class_key: str, name: str) -> Values:
        """Return what an attribute holds, with the items that the methods of its class put into it."""
        if not lacks_items(values):
            return values
        items = module.attributes(class_key).get(f"{name}[]", ())[:MOST_ITEMS]
        found = (self.resolver.resolve(item.term, Frame(module, module.function(key))) for key, item in items)
        return put_into(values, union(*found))


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
