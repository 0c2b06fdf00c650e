"""From a text to its tree."""

from __future__ import annotations

import ast
import gc
import warnings


class NotPython(Exception):
    """A text that can't be parsed; `line` is where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def settled(tree: ast.Module) -> ast.Module:
    """Return a tree that the garbage collector, where it is off for an analysis, will not look at.

    It is kept to the end, and holds most of all objects. https://docs.python.org/3/library/gc.html#gc.freeze
    """
    if not gc.isenabled():
        gc.freeze()
    return tree


def parsed(text: str) -> ast.Module:
    """Return the tree of a text; NotPython if it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the code that is analysed
            return settled(ast.parse(text))
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        raise NotPython(str(error.args[0]), line or 1) from error
