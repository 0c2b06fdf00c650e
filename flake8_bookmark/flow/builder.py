"""From a function's tree to its control flow graph."""

from __future__ import annotations

import ast

from flake8_bookmark.flow.comprehensions import generator_body
from flake8_bookmark.flow.emitter import Emitter
from flake8_bookmark.flow.expressions import EXPRESSIONS
from flake8_bookmark.flow.graph import BasicBlock, ControlFlowGraph, OpKind, Return
from flake8_bookmark.flow.statements import STATEMENTS
from flake8_bookmark.flow.variables import parameters
from flake8_bookmark.source.module import FunctionNode


def build_graph(function: FunctionNode) -> ControlFlowGraph:
    """Build the graph of one function; functions inside it are graphs of their own."""
    emitter = Emitter(function, EXPRESSIONS, STATEMENTS)
    entry = BasicBlock()
    entry.reached = True
    emitter.start(entry)
    node = function.node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        for parameter in parameters(node.args):
            emitter.store(parameter, parameter.arg, OpKind.PARAMETER)
    _body(emitter, function)
    emitter.end(Return(node.body if isinstance(node, ast.Lambda) else None))
    return emitter.finish()


def _body(emitter: Emitter, function: FunctionNode) -> None:
    node = function.node
    if isinstance(node, ast.GeneratorExp):
        generator_body(emitter, node)
    elif isinstance(node, ast.Lambda):
        emitter.expr(node.body)
    else:
        emitter.stmts(node.body)
