"""Whether coroutines suspend: each marked definition, whichever of them is asked about first."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest

from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library_types import LibraryTypes
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.project.modules import Frame, Project
from flake8_bookmark.project.resolver import Resolver
from flake8_bookmark.project.suspension import SuspensionReader
from tests.markdown import Case, marks, read_cases

CASES = read_cases(Path(__file__).with_name("suspension.md"))


def answers(source: str, seed: int) -> dict[int, str]:
    """Return, by line, whether the function that is defined there suspends."""
    module = ModuleFacts("mod", "mod.py", ast.parse(source))
    catalogue = Catalogue.shipped()
    project = Project()
    project.add(module)
    reader = SuspensionReader(Resolver(project, catalogue, LibraryTypes(catalogue)))
    functions = [f for f in module.functions() if f.kind in ("coroutine", "asyncgenerator")]
    random.Random(seed).shuffle(functions)
    return {f.line: reader.of(Frame(module, f)).value for f in functions}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_suspends(case: Case, seed: int) -> None:
    expected = {line: words[0] for line, words in marks(case.source, r"never|maybe|always", "-> ").items()}
    found = answers(case.source, seed)
    assert expected
    assert {line: found.get(line) for line in expected} == expected
