"""What the facts say of each call, as marked in the cases."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flake8_bookmark.facts.model import CallFact, ParameterTest
from flake8_bookmark.facts.module import ModuleFacts
from tests.markdown import Case, marks, read_cases

CASES = read_cases(Path(__file__).with_name("uses.md"))


def described(test: ParameterTest) -> str:
    texts = " ".join((test.word, *test.texts)) if test.texts else ""
    return f"{'+' if test.wanted else '-'}{test.index}" + (f"({texts})" if texts else "")


def said(fact: CallFact) -> str:
    words = [fact.use]
    words += ["handled"] if fact.handles else []
    words += ["looped"] if fact.loops else []
    words += ["guarded"] if fact.guarded else []
    if fact.when:
        words.append("when " + " ".join(map(described, fact.when)))
    words += [f"choices {fact.choices}"] if fact.choices else []
    return " ".join(words)


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_uses(case: Case) -> None:
    module = ModuleFacts("mod", "mod.py", ast.parse(case.source))
    found = {
        fact.line: said(fact)
        for facts in module.functions()
        for fact in facts.calls
        if fact.form == "call" and fact.text == "a"
    }
    expected = {line: words[0] for line, words in marks(case.source, r".+", "a: ").items()}
    assert found == expected
