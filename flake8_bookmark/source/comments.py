"""Comments that speak to flake8-bookmark: `# bkm: nonblocking the cache is warm`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass

MARK = re.compile(r"#\s*bkm:\s*([a-z]+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """One such comment; `stands_alone` says that there is nothing else on its line, `column` counts bytes."""

    word: str
    line: int
    stands_alone: bool
    column: int


def read_marks(text: str) -> dict[int, Mark]:
    """Return such comments by line, those inside strings left out; empty for text without any.

    https://docs.python.org/3/library/tokenize.html
    """
    if MARK.search(text) is None:
        return {}
    found: dict[int, Mark] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            mark = MARK.match(token.string) if token.type == tokenize.COMMENT else None
            if mark is not None:
                before = token.line[: token.start[1]]
                column = len(before.encode("utf-8", "surrogatepass"))
                found[token.start[0]] = Mark(mark[1], token.start[0], not before.strip(), column)
    except (tokenize.TokenError, SyntaxError):
        pass  # what was read so far counts
    return found


def marks_at_definition(node: ast.AST, marks: dict[int, Mark]) -> list[Mark]:
    """Return the marks that a function or class takes; none for any other node.

    They stand between the first decorator and the body, or on a line of their own above both.
    """
    if not marks or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return []
    first = min((d.lineno for d in node.decorator_list), default=node.lineno)
    lines = range(first - 1, max(node.lineno + 1, node.body[0].lineno))
    found = [marks[line] for line in lines if line in marks]
    return [mark for mark in found if mark.stands_alone or mark.line >= first]


def line_at_head(statement: ast.stmt, marks: dict[int, bool]) -> int | None:
    """Return the line of the mark at the head of a statement with a body, or on a line of its own above it.

    `marks` tells by line whether a mark stands alone there.
    """
    body = getattr(statement, "body", None)
    if not isinstance(body, list) or isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return None
    head = range(statement.lineno, max(statement.lineno + 1, body[0].lineno))
    above = statement.lineno - 1
    if marks.get(above):
        return above
    return next((line for line in head if marks.get(line) is False), None)
