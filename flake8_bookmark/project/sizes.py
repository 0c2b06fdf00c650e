"""How many rounds a loop takes, where the text says so: constants, and arguments that are constants at the call."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from flake8_bookmark.names import terms as t
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Symbol

if TYPE_CHECKING:
    from flake8_bookmark.project.resolver import Resolver

Arguments = tuple[tuple[int, int], ...]
"""Parameters of a function, by number, that are whole numbers at the call."""

DEEPEST = 12
LARGEST = 10**12
SAME_SIZE = frozenset(
    f"builtins.{name}" for name in ("enumerate", "reversed", "list", "tuple", "sorted", "iter")
) | {"tqdm.tqdm", "rich.progress.track"}
_OPERATORS: Mapping[str, Callable[[int, int], int | float]] = {
    "__add__": operator.add,
    "__sub__": operator.sub,
    "__mul__": operator.mul,
    "__floordiv__": operator.floordiv,
    "__truediv__": operator.truediv,
    "__lshift__": operator.lshift,
    "__pow__": operator.pow,
}


class SizeReader:
    """Reads sizes for one resolver; None stands for unknown everywhere."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    # iterables --------------------------------------------------------------------------------------------------------

    def size(self, term: t.Term | None, frame: Frame, given: Arguments, depth: int = 0) -> int | None:
        """Return how many elements an iterable has."""
        if term is None or depth > DEEPEST:
            return None
        match term:
            case t.DisplayTerm():
                starred = any(isinstance(i, t.StarTerm) for i in term.items)
                return None if starred else len(term.items)
            case t.ConstantTerm(kind="str", value=str() as text):
                return len(text)
            case t.NameTerm():
                bound, owner = self._bound(term, frame)
                if bound is None or owner is None or (isinstance(bound, t.DisplayTerm) and not bound.items):
                    return None  # what begins empty is filled later
                return self.size(bound, owner, given, depth + 1)
            case t.CallTerm():
                return self._called(term, frame, given, depth)
        return None

    def _called(self, term: t.CallTerm, frame: Frame, given: Arguments, depth: int) -> int | None:
        names = {v.name if isinstance(v, Symbol) else "" for v in self.resolver.resolve(term.callee, frame)}
        if len(names) != 1 or any(isinstance(a, t.StarTerm) for a in term.arguments):
            return None
        name = names.pop()
        if name == "builtins.range":
            return _range([self.number(a, frame, given, depth + 1) for a in term.arguments])
        if name in SAME_SIZE and term.arguments:
            return self.size(term.arguments[0], frame, given, depth + 1)
        sizes = [self.size(a, frame, given, depth + 1) for a in term.arguments]
        known = [s for s in sizes if s is not None]
        if name == "builtins.zip":
            return min(known, default=None)
        if name.startswith("itertools.") and len(known) == len(sizes) and known:
            numbers = {k: self.number(v, frame, given, depth + 1) for k, v in term.keywords}
            second = self.number(term.arguments[1], frame, given, depth + 1) if len(sizes) > 1 else numbers.get("r")
            return _combined(name.rpartition(".")[2], known, second, numbers)
        if name in ("itertools.permutations", "itertools.combinations") and len(sizes) == 2 and sizes[0] is not None:
            second = self.number(term.arguments[1], frame, given, depth + 1)
            return _combined(name.rpartition(".")[2], [sizes[0]], second, {})
        return None

    # whole numbers ----------------------------------------------------------------------------------------------------

    def number(self, term: t.Term | None, frame: Frame, given: Arguments, depth: int = 0) -> int | None:
        """Return the value of a whole number that is written down, or computed from such."""
        if term is None or depth > DEEPEST:
            return None
        match term:
            case t.ConstantTerm(value=bool()):
                return None
            case t.ConstantTerm(value=int() as value):
                return value
            case t.ConstantTerm(kind="float", value=float() as real):
                return int(real) if real.is_integer() and abs(real) < LARGEST else None
            case t.NameTerm():
                return self._named(term, frame, given, depth)
            case t.BinaryTerm():
                left = self.number(term.left, frame, given, depth + 1)
                right = self.number(term.right, frame, given, depth + 1)
                return _computed(term.operator, left, right)
            case t.CallTerm(arguments=(only,)) if not term.keywords:
                names = {getattr(v, "name", "") for v in self.resolver.resolve(term.callee, frame)}
                if names == {"builtins.int"}:
                    return self.number(only, frame, given, depth + 1)
                if names == {"builtins.len"}:
                    return self.size(only, frame, given, depth + 1)
        return None

    def _named(self, term: t.NameTerm, frame: Frame, given: Arguments, depth: int) -> int | None:
        bound, owner = self._bound(term, frame)
        if bound is None or owner is None:
            return None
        if isinstance(bound, t.ParameterTerm):
            return dict(given).get(bound.index) if owner.name == frame.name else None
        return self.number(bound, owner, given if owner.name == frame.name else (), depth + 1)

    def _bound(self, term: t.NameTerm, frame: Frame) -> tuple[t.Term | None, Frame | None]:
        """Return what the only binding of a name binds, and the function that it belongs to."""
        if term.scope == "global":
            facts = frame.module.function("<module>")
            owner, numbers = Frame(frame.module, facts), facts.named(term.id)
            if frame.module.global_bindings(term.id):
                return None, None
        else:
            owner = frame.sibling(term.owner) if term.owner else frame
            numbers = term.bindings or owner.function.named(term.id)
        if len(numbers) != 1:
            return None, None
        bound = owner.function.bindings[numbers[0]].term
        if isinstance(bound, t.TypedTerm):
            bound = bound.value if bound.value is not None else t.UNKNOWN
        if isinstance(bound, t.ImportTerm):
            return self._elsewhere(bound, frame)
        return bound, owner

    def _elsewhere(self, term: t.ImportTerm, frame: Frame) -> tuple[t.Term | None, Frame | None]:
        """Follow `from .settings import SIZE` to the constant."""
        found = self.resolver.project.find(frame.module, term.module, term.level) if term.name else None
        module = self.resolver.project.module(found) if found is not None else None
        if module is None:
            return None, None
        facts = module.function("<module>")
        numbers = facts.named(term.name)
        if len(numbers) != 1 or module.global_bindings(term.name):
            return None, None
        bound = facts.bindings[numbers[0]].term
        return (None, None) if isinstance(bound, t.ImportTerm) else (bound, Frame(module, facts))


def _range(numbers: list[int | None]) -> int | None:
    known = [n for n in numbers if n is not None]
    if len(known) != len(numbers) or not 1 <= len(known) <= 3 or known[2:] == [0]:
        return None
    start, stop, step = (0, known[0], 1) if len(known) == 1 else (*known, 1)[:3]
    return max(0, -((start - stop) // step))


def _computed(name: str, left: int | None, right: int | None) -> int | None:
    apply = _OPERATORS.get(name)
    if apply is None or left is None or right is None or abs(left) > LARGEST or abs(right) > LARGEST:
        return None
    if name in ("__pow__", "__lshift__") and not 0 <= right <= 64:
        return None
    try:
        return int(apply(left, right))
    except (ArithmeticError, ValueError):
        return None


def _combined(name: str, sizes: list[int], chosen: int | None, keywords: Mapping[str, int | None]) -> int | None:
    if name == "product":
        repeat = keywords.get("repeat", 1)
        return None if repeat is None or not 0 <= repeat <= 64 else math.prod(sizes) ** repeat
    if name == "permutations":
        return math.perm(sizes[0], chosen if chosen is not None and chosen >= 0 else None) if sizes[0] < 30 else LARGEST
    if name in ("combinations", "combinations_with_replacement") and chosen is not None and chosen >= 0:
        return math.comb(sizes[0], chosen) if sizes[0] < LARGEST and chosen < 64 else LARGEST
    if name == "chain":
        return sum(sizes)
    return None
