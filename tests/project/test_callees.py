"""The ladder inside one file: what each marked call resolves to."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library_types import LibraryTypes
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.project.modules import Frame, Project
from flake8_bookmark.project.resolver import Resolver
from flake8_bookmark.project.targets import TargetReader
from tests.markdown import Case, marks, read_cases

CASES = read_cases(Path(__file__).with_name("callees.md"))


def resolved(source: str) -> dict[int, set[str]]:
    """Return, by line, the names that the outermost call of the line may call."""
    module = ModuleFacts("mod", "mod.py", ast.parse(source))
    catalogue = Catalogue.shipped()
    project = Project()
    project.add(module)
    targets = TargetReader(Resolver(project, catalogue, LibraryTypes(catalogue)))
    found: dict[int, set[str]] = {}
    for facts in module.functions():
        for fact in facts.calls:
            if fact.form == "call":
                values = targets.callees(fact, Frame(module, facts))
                found[fact.site[0]] = {getattr(v, "name", "") for v in values} or {"?"}
    return found


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_callees(case: Case) -> None:
    found = resolved(case.source)
    expected = {line: set(names) for line, names in marks(case.source, r"[\w.:?]+", "-> ").items()}
    assert expected
    assert {line: found[line] for line in expected} == expected
