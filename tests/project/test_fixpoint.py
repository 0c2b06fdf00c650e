"""Questions in a circle: the answer is the least fixed point, whoever asks first."""

from __future__ import annotations

import random

import pytest

from flake8_bookmark.project.fixpoint import DEEPEST, Fixpoint
from flake8_bookmark.project.values import UNKNOWN, Symbol, Values, union

Graph = dict[int, list[int]]


class Asker:
    """Each node's answer is its own value (for some) joined with the answers of its neighbours."""

    def __init__(self, graph: Graph, owners: set[int]) -> None:
        self.graph = graph
        self.owners = owners
        self.fixpoint = Fixpoint()
        self.asked = 0

    def answer(self, node: int) -> Values:
        def compute() -> Values:
            self.asked += 1
            own: Values = (Symbol(f"s{node}"),) if node in self.owners else UNKNOWN
            return union(own, *(self.answer(n) for n in self.graph[node]))

        return self.fixpoint.solve(node, compute)


def reachable(graph: Graph, start: int) -> set[int]:
    seen, pending = {start}, [start]
    while pending:
        for node in graph[pending.pop()]:
            if node not in seen:
                seen.add(node)
                pending.append(node)
    return seen


@pytest.mark.parametrize("seed", range(400))
def test_every_answer_is_what_can_be_reached(seed: int) -> None:
    chance = random.Random(seed)
    size = chance.randint(1, 12)
    graph = {n: chance.choices(range(size), k=chance.randint(0, 3)) for n in range(size)}
    owners = set(chance.sample(range(size), k=min(size, 4)))
    order = list(range(size))
    chance.shuffle(order)
    asker = Asker(graph, owners)
    for node in order:
        expected = {f"s{n}" for n in reachable(graph, node) & owners}
        assert {v.name for v in asker.answer(node) if isinstance(v, Symbol)} == expected


def test_a_ladder_of_choices_is_asked_once_per_step() -> None:
    size = DEEPEST - 1
    graph = {n: [n + 1, n + 2] for n in range(size)} | {size: [], size + 1: []}
    asker = Asker(graph, {size})
    assert asker.answer(0) == (Symbol(f"s{size}"),)
    assert asker.asked <= size + 2


def test_a_ladder_that_closes_in_a_circle_stays_cheap() -> None:
    size = 60
    graph = {n: [(n + 1) % size, (n + 2) % size] for n in range(size)}
    asker = Asker(graph, {30})
    assert asker.answer(0) == (Symbol("s30"),)
    assert asker.asked < 20 * size
