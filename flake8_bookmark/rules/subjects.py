"""From a file's text to the subjects of the rules: every function, ready for their questions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from flake8_bookmark.facts.model import FunctionFacts, Site
from flake8_bookmark.facts.module import MODULE_KEY, ModuleFacts
from flake8_bookmark.machine import StateMachine, build_machine
from flake8_bookmark.names.terms import ImportTerm
from flake8_bookmark.options import Options
from flake8_bookmark.project.analysis import enter_project
from flake8_bookmark.project.modules import Frame, module_name
from flake8_bookmark.rules.model import Context, Subject
from flake8_bookmark.source.module import SourceModule
from flake8_bookmark.source.text import parsed

TEST_TOOLS = frozenset({"pytest"})
"""What a module imports at its top if it is for tests, wherever it lies. Programs use `unittest.mock`, too."""
APART = frozenset({"benchmark", "benchmarks", "doc", "docs", "migrations", "scripts", "testing"})
"""Folders with programs that are no part of the one that serves, and with what tests are made of."""


def read_subjects(path: str, text: str, tree: ast.Module | None, options: Options) -> list[Subject]:
    """Return every function of a file, ready for the rules' questions.

    Without a tree, the text is parsed; NotPython if it can't be. What the project has read of this file, it reads
    no second time.
    """
    summaries, place = enter_project(path, text, options)
    project = summaries.resolver.project
    facts = project.read_before(place, text)
    if facts is None:
        tree = tree if tree is not None else parsed(text)
        facts = ModuleFacts(module_name(place), place, tree, place.endswith("__init__.py"), text)
        project.add(facts)
    source = SourceModule(path, text, facts.tree)
    context = read_context(place, facts, options)

    def build(node: ast.AST) -> StateMachine:
        return build_machine(source.function_of[node])

    functions = [f for f in facts.functions() if f.kind != "class"]
    project.keep(facts, text)
    return [Subject(Frame(facts, f), summaries, context, options, build) for f in functions]


def read_context(path: str, facts: ModuleFacts, options: Options) -> Context:
    """Return where a file stands: test or not, and its async library."""
    roots = frozenset(name for f in facts.functions() for name in _imported(f))
    framework = next((name for name in ("asyncio", "trio", "anyio") if name in roots), "asyncio")
    is_test = is_test_path(path, options.test_paths) or not TEST_TOOLS.isdisjoint(_imported(facts.function(MODULE_KEY)))
    return Context(is_test, not APART.isdisjoint(PurePosixPath(path).parts[:-1]), framework, roots)


def _imported(function: FunctionFacts) -> Iterator[str]:
    """Yield the outermost names of the packages that a function imports."""
    terms = (b.term for b in function.bindings)
    return (t.module.partition(".")[0] for t in terms if isinstance(t, ImportTerm) and not t.level)


def is_test_path(path: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether the test profile is for this path: a pattern names a file, or (`tests/`) a folder anywhere."""
    pure = PurePosixPath(path.replace("\\", "/"))
    for pattern in patterns:
        if pattern.endswith("/"):
            if pattern.strip("/") in pure.parts[:-1]:
                return True
        elif pure.match(pattern):
            return True
    return False


def call_names(subject: Subject) -> Iterator[tuple[Site, tuple[str, bool]]]:
    """Yield for each call its place, and its callee: as resolved (and True), or as written (and False)."""
    for fact in subject.frame.function.calls:
        if fact.form == "call":
            values = subject.summaries.targets.callees(fact, subject.frame)
            found = sorted({name for v in values if (name := getattr(v, "name", "") or getattr(v, "function", ""))})
            shown = " | ".join(n.rpartition(":")[2].removeprefix("builtins.") for n in found)
            yield fact.site, (shown, True) if shown else (fact.text, False)
