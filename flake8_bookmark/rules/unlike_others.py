"""BKM304, hints: a call of something unknown that is used as a value, and awaited wherever else it is called.

What the call gives is not known. But its own class, function or module awaits it again and again, by the same words;
then what stands in an item, a loop or a sum is no more than something to await.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import MODULE_KEY
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.flow.places import Role, Use
from flake8_bookmark.names.terms import CallTerm
from flake8_bookmark.project.values import is_first_party
from flake8_bookmark.rules.model import Subject

ENOUGH = 3
"""Places that await it, for each that does not."""

PLAIN = re.compile(r"\w+(\.\w+)*")
SAYS = {
    Role.SUBSCRIPTED: "subscripted",
    Role.COMPUTED: "computed with",
    Role.UNPACKED: "unpacked",
    Role.ITERATED: "iterated over",
    Role.TESTED: "tested",
    Role.COMPARED: "compared",
}
DROPPED = frozenset({"dropped", "underscore"})
VALUED = DROPPED | {"condition", "other"}
"""Uses that speak against it, if many places have them; who drops what others await may have started a task."""


def unlike_others(subject: Subject) -> Iterator[Finding]:
    """An unknown call is used as a value here, and awaited at most other places."""
    function = subject.frame.function
    if not subject.options.hints or subject.context.is_test or function.kind not in ("coroutine", "asyncgenerator"):
        return
    for fact in subject.facts:
        node = subject.call_nodes.get(fact.site) if _may_be_meant(fact) else None
        use = subject.places.use_of(node) if node is not None else None
        if use is None or not _is_value(use) or _is_known(fact, subject):
            continue
        lines = _awaited_at(fact, subject)
        if len(lines) >= ENOUGH and not _is_other_branch(use.operand, fact.text, subject):
            says = f"{fact.text}() is {SAYS[use.role]} here, and awaited at {len(lines)} other places"
            message = f"{says}, such as line {lines[0]}: what it gives is a coroutine, and not its result; await it"
            yield subject.finding("BKM304", fact, message, Level.HINT, "awaited-elsewhere")


def _may_be_meant(fact: CallFact) -> bool:
    return fact.form == "call" and fact.use in ("other", "condition") and PLAIN.fullmatch(fact.text) is not None


def _is_value(use: Use) -> bool:
    if use.role is Role.ITERATED:
        return isinstance(use.node, ast.For) or (isinstance(use.node, ast.comprehension) and not use.node.is_async)
    return use.role in SAYS


def _is_known(fact: CallFact, subject: Subject) -> bool:
    """Tell whether a call is of something that the project or the catalogue describes."""
    resolver = subject.summaries.resolver
    callees = resolver.resolve(fact.term.callee, subject.frame) if isinstance(fact.term, CallTerm) else ()
    names = [getattr(callee, "name", "") for callee in callees]
    return any(not name or is_first_party(name) or resolver.library.declaration(name) is not None for name in names)


def _awaited_at(fact: CallFact, subject: Subject) -> list[int]:
    """Return the lines that await a call of the same words; nothing where others do without."""
    frame, root = subject.frame, fact.text.partition(".")[0]
    functions = [frame.function]
    if root == "self" and frame.function.owner:
        functions = [f for f in frame.module.functions() if f.owner == frame.function.owner]
    elif frame.module.function(MODULE_KEY).named(root):
        functions = list(frame.module.functions())
    calls = [f for function in functions for f in function.calls if f.form == "call" and f.text == fact.text]
    awaited = [f.line for f in calls if f.use == "awaited"]
    valued = [f for f in calls if f.use in VALUED]
    return awaited if len(valued) * ENOUGH <= len(awaited) and not any(f.use in DROPPED for f in valued) else []


def _is_other_branch(node: ast.AST, text: str, subject: Subject) -> bool:
    """Tell whether a branch beside this one awaits the same call: the test tells two kinds of object apart."""
    here, parents = node, subject.places.parents
    while (parent := parents.get(here)) is not None:
        if isinstance(parent, (ast.If, ast.IfExp, ast.Match, ast.Try)):
            awaits = (n.value for n in ast.walk(parent) if isinstance(n, ast.Await))
            if any(isinstance(v, ast.Call) and ast.unparse(v.func) == text for v in awaits):
                return True
        here = parent
    return False
