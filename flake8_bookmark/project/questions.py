"""What is asked of the texts of packages, as text: the folder of a package, MARK, and what is looked for in it."""

from __future__ import annotations

from collections.abc import Iterable

MARK = " class("
"""Stands between folder and name in a question."""
CALLS = "call "
"""Stands before the names of functions, with commas between them; SET, PUT and DECORATED make other questions."""
ANYWHERE = "calls "
"""Stands before the name of one function that is looked for in packages of any size."""
SET = "."
"""Stands before the name of an attribute that is set from outside."""
PUT = "["
"""Stands before the key of an item that is set."""
DECORATED = "@"
"""Stands before the name of a decorator."""
TEXTS = "text"
"""Asks for all that questions about calls are answered from."""
METHODS = "def "
"""Stands before the names of methods, with commas between them."""


def together(questions: Iterable[str]) -> set[str]:
    """Return questions, those about calls put together as one for each package, with the one for all its texts."""
    out, called = set[str](), dict[str, set[str]]()
    for question in questions:
        top, _, name = question.partition(MARK)
        if name.startswith(CALLS):
            called.setdefault(top, set()).update(name.removeprefix(CALLS).split(","))
        else:
            out.add(question)
    for top, names in called.items():
        out.update((f"{top}{MARK}{CALLS}{','.join(sorted(names))}", f"{top}{MARK}{TEXTS}"))
    return out


def whole(question: str) -> str:
    """Return the question for all that one about calls is answered from; empty for another question."""
    top, mark, name = question.partition(MARK)
    return f"{top}{MARK}{TEXTS}" if mark and name.startswith(CALLS) else ""
