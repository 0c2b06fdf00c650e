"""Reads one scope's statements in order, keeping for each local name the bindings that may have set it.

This is a use-def map built in one forward walk: branches are read with copies of the environment and merged, code
after a leap is read with the environment before it, a loop's head knows every binding of its body through one joint
binding, and an `except` block may see any binding of its `try`. It is a little too generous and never too narrow.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from msgspec import structs

from flake8_bookmark.facts import branches, choices, guards, imports, shapes, specials
from flake8_bookmark.facts.bindings import BindingReader
from flake8_bookmark.facts.branches import Environment, merge
from flake8_bookmark.facts.expressions import Definer
from flake8_bookmark.facts.model import BindingFact
from flake8_bookmark.facts.patterns import bind_pattern
from flake8_bookmark.facts.places import written_name
from flake8_bookmark.names.scopes import Scope, bound_names
from flake8_bookmark.names.terms import (
    UNKNOWN,
    CaughtTerm,
    ElementTerm,
    EnteredTerm,
    ImportTerm,
    NameTerm,
    Term,
    TypedTerm,
)

LEAPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
TYPE_ALIAS = ImportTerm("typing", "TypeAlias")


class StatementDefiner(Definer, Protocol):
    """Whoever keeps track of the functions and classes found in statements."""

    def define_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, parent: Scope) -> Term: ...

    def define_class(self, node: ast.ClassDef, parent: Scope) -> Term: ...


class StatementReader(BindingReader):
    """Reads the statements of one scope into bindings, calls, returns and attributes."""

    def __init__(self, scope: Scope, definer: StatementDefiner, self_name: tuple[str, str] | None) -> None:
        super().__init__(scope, definer, self_name)
        self.definer: StatementDefiner = definer
        self.returns: list[Term] = []
        self.alive = True
        self.returns_none = False
        self.breaks: list[Environment] = []

    # statements ---------------------------------------------------------------------------------------------------

    def read_body(self, body: Sequence[ast.stmt]) -> None:
        outside, before, handles = self.under, self.looping.choices, self.handles
        failing = shapes.failing_from(body)
        for number, statement in enumerate(body):
            self.handles += number == failing
            _STATEMENTS.get(type(statement), StatementReader.other)(self, statement)
            if isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[-1], LEAPS):
                returns = isinstance(statement.body[-1], ast.Return)
                made = returns and guards.makes_absent(self, statement.test, body[number + 1 :])
                self.under = branches.outcome(self, statement.test, False, self.under, made, ways=1)
                self.looping.choices += not isinstance(statement.body[-1], ast.Raise)
            elif isinstance(statement, ast.Try) and isinstance((statement.orelse or statement.body)[-1], LEAPS):
                self.under = branches.failed(self, statement, self.under)
            if guards.gives_present(statement):
                self.under = structs.replace(self.under, guarded=True)
        self.under, self.looping.choices, self.handles = outside, before, handles

    def other(self, node: ast.stmt) -> None:
        self.read_children(node)

    def skip(self, node: ast.stmt) -> None:
        """Statements that name nothing: pass, global, nonlocal."""

    def expression(self, node: ast.Expr) -> None:
        if isinstance(node.value, (ast.ListComp, ast.SetComp)):
            self.comprehended(node.value.generators, (node.value.elt,), use="dropped")
        else:
            self.read(node.value, "dropped")

    def assign(self, node: ast.Assign) -> None:
        names = tuple(t.id for t in node.targets if isinstance(t, ast.Name))
        use = "underscore" if set(names) == {"_"} else "bound" if len(names) == len(node.targets) else "stored"
        unpacks = any(isinstance(t, (ast.Tuple, ast.List)) for t in node.targets)
        term = self.read(node.value, "other" if unpacks else use, names)
        for target in node.targets if unpacks else ():
            if isinstance(target, (ast.Tuple, ast.List)):
                specials.unpacking(self, term, target, node.value)
        for target in node.targets:
            self.bind_target(target, term)

    def annotated(self, node: ast.AnnAssign) -> None:
        annotation = self.annotation(node.annotation)
        is_name = isinstance(node.target, ast.Name)
        names = (node.target.id,) if isinstance(node.target, ast.Name) else ()
        if node.value and written_name(node.annotation) == "TypeAlias":
            value: Term | None = self.annotation(node.value)
        else:
            value = self.read(node.value, "bound" if is_name else "stored", names) if node.value else None
        says_nothing = value is not None and written_name(node.annotation) == "Final"
        self.bind_target(node.target, value if value is not None and says_nothing else TypedTerm(annotation, value))

    def augmented(self, node: ast.AugAssign) -> None:
        before: Term = UNKNOWN
        if isinstance(node.target, ast.Name):
            before = self.name(node.target)
        value = self.read(node.value, "stored")
        self.bind_target(node.target, specials.change(self, node, before, value))

    def checked(self, node: ast.Assert) -> None:
        self.read_children(node)
        self.narrow(node.test, True)

    def alias(self, node: ast.AST) -> None:
        """`type Name = value` (PEP 695); the grammar knows it from Python 3.12 on."""
        name, value = node.name, node.value  # type: ignore[attr-defined]
        self.bind(name.id, TypedTerm(TYPE_ALIAS, self.annotation(value)), name.lineno)

    def delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.env.pop(target.id, None)
            else:
                self.read(target)

    def define_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.read(decorator)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.read(default)
        self.bind(node.name, self.definer.define_function(node, self.scope), node.lineno)

    def define_class(self, node: ast.ClassDef) -> None:
        for expression in (*node.decorator_list, *node.bases, *(k.value for k in node.keywords)):
            self.read(expression)
        term = self.definer.define_class(node, self.scope)
        if self.scope.kind != "module":
            specials.class_body(self, node, term)
        self.bind(node.name, term, node.lineno)

    # leaps --------------------------------------------------------------------------------------------------------

    def returned(self, node: ast.Return) -> None:
        if node.value is not None:
            self.returns.append(self.read(node.value, "returned"))
        if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
            self.returns_none = True
        self.looping.returned()
        self.alive = False

    def raised(self, node: ast.Raise) -> None:
        self.read_children(node)
        self.alive = False

    def leap(self, node: ast.Break | ast.Continue) -> None:
        if isinstance(node, ast.Break) and self.breaks:
            self._meet(self.breaks[-1])
            self.looping.broken()
        self.alive = False

    def _meet(self, environment: Environment) -> None:
        joined = merge([environment, self.env]) or {}
        environment.update(joined)

    # branches -----------------------------------------------------------------------------------------------------

    def branch(self, body: Sequence[ast.stmt], start: Environment, choice: bool = False) -> Environment | None:
        """Read one branch from `start`; return what it binds, or None if it does not reach its end.

        A choice is a branch that does not always run.
        """
        self.env, self.alive = dict(start), True
        self.looping.choices += choice
        self.read_body(body)
        self.looping.choices -= choice
        return self.env if self.alive else None

    def join(self, environments: Sequence[Environment | None], fallback: Environment) -> None:
        merged = merge(environments)
        self.alive = merged is not None
        self.env = merged if merged is not None else dict(fallback)

    def conditional(self, node: ast.If) -> None:
        ends: list[Environment | None] = []
        current: ast.If = node
        ways, above, outside = shapes.ways_of(node), self.under, self.under
        while True:  # an `elif` chain is one If inside the other's `orelse`, thousands deep in generated code
            unseen = guards.is_type_checking(current.test)
            self.read(current.test, "condition")
            start, calls = dict(self.env), len(self.calls)
            self.narrow(current.test, True)
            makes = guards.makes_missing(self, current.test, current.body)
            self.under = branches.outcome(self, current.test, True, outside, makes, ways, current is not node)
            ends.append(self.branch(current.body, self.env, True))
            if unseen:
                del self.calls[calls:]
            self.env, self.alive = dict(start), True
            self.narrow(current.test, False)
            if len(current.orelse) == 1 and isinstance(current.orelse[0], ast.If):
                outside = branches.outcome(self, current.test, False, outside, ways=1)
                current, self.under = current.orelse[0], outside
                continue
            makes = bool(current.orelse) and guards.makes_absent(self, current.test, current.orelse)
            self.under = branches.outcome(self, current.test, False, outside, makes, ways)
            ends.append(self.branch(current.orelse, self.env, True))
            break
        self.under = above
        self.join(ends, start)

    def loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        if not isinstance(node, ast.While):
            term = self.read(node.iter)
            is_async = isinstance(node, ast.AsyncFor)
            self.note("iterate", term, node.iter, node.iter, "other", is_async=is_async)
        outside = entered = self.under
        if isinstance(node, ast.While):  # nobody comes in for whom the test fails at first
            entered = structs.replace(outside, when=branches.outcome(self, node.test, True, outside, ways=1).when)
        joints = self._open_joints(node)
        start, first = dict(self.env), len(self.bindings)
        self.loops += 1
        self.breaks.append({})
        form, iterable = ("while", None) if isinstance(node, ast.While) else ("for", term)
        with self.looping.reading(node, form, node.lineno, node.col_offset, iterable):
            if isinstance(node, ast.While):
                self.read(node.test, "condition")
                start, self.under = dict(self.env), entered
                self.narrow(node.test, True)
            else:
                self.bind_target(node.target, ElementTerm(term, is_async))
            end = self.branch(node.body, self.env)
        left = self.breaks.pop()
        self.loops -= 1
        self.under = outside
        self._close_joints(joints, first)
        done = self.branch(node.orelse, merge([start, end]) or start)
        forever = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value
        self.join([None if forever else done, left or None], start)

    def _open_joints(self, node: ast.For | ast.AsyncFor | ast.While) -> dict[str, int]:
        """Give each name that the loop binds one joint binding that stands for all of them."""
        joints: dict[str, int] = {}
        for name in sorted(bound_names(node.body, self.scope.binds_inside)[0]):
            if self.scope.kind != "module" and name in self.scope.names[1]:
                continue
            self.bindings.append(BindingFact(name, UNKNOWN, node.lineno))
            joints[name] = len(self.bindings) - 1
            self.env[name] = (*self.env.get(name, ()), joints[name])
        return joints

    def _close_joints(self, joints: dict[str, int], first: int) -> None:
        for name, number in joints.items():
            inner = tuple(i for i in range(first, len(self.bindings)) if self.bindings[i].name == name)
            term = NameTerm(name, "local", inner, self.scope.key) if inner else UNKNOWN
            self.bindings[number] = BindingFact(name, term, self.bindings[number].line)

    def attempt(self, node: ast.Try) -> None:
        start, first = dict(self.env), len(self.bindings)
        end = self.branch(node.body, start)
        anywhere = dict(start)
        for number in range(first, len(self.bindings)):
            name = self.bindings[number].name
            anywhere[name] = (*anywhere.get(name, ()), number)
        ends: list[Environment | None] = []
        if end is not None:
            ends.append(self.branch(node.orelse, end))
        outside = self.under
        for handler in node.handlers:
            self.under = branches.failed(self, node, outside, handler)
            ends.append(self.handler(handler, anywhere))
            self.under = outside
        if not node.finalbody:
            self.join(ends, anywhere)
            return
        self.join(ends, anywhere)
        arrives = self.alive
        after = self.branch(node.finalbody, self.env)
        self.alive = arrives and after is not None

    def handler(self, node: ast.ExceptHandler, start: Environment) -> Environment | None:
        self.env = dict(start)
        kind = self.read(node.type) if node.type is not None else UNKNOWN
        self.handles += 1
        if node.name:
            self.bind(node.name, CaughtTerm(kind), node.lineno)
        end = self.branch(node.body, self.env, True)
        self.handles -= 1
        return end

    def enter(self, node: ast.With | ast.AsyncWith) -> None:
        is_async = isinstance(node, ast.AsyncWith)
        managers = []
        for item in node.items:
            manager = self.read(item.context_expr, "other")
            managers.append((manager, item.context_expr))
            self.note("enter", manager, item.context_expr, item.context_expr, "other", is_async=is_async)
            if item.optional_vars is not None:
                self.bind_target(item.optional_vars, EnteredTerm(manager, is_async))
        self.read_body(node.body)
        for manager, expression in reversed(managers):
            self.note("exit", manager, expression, expression, "other", is_async=is_async)

    def match(self, node: ast.Match) -> None:
        subject = self.read(node.subject)
        start = dict(self.env)
        ends: list[Environment | None] = [start]
        outside = self.under
        weight = choices.weight_of(len(node.cases))
        self.under = structs.replace(outside, choices=outside.choices + weight)
        for case in node.cases:
            self.env = dict(start)
            bind_pattern(self, case.pattern, subject)
            for name, term in branches.narrowings_by_pattern(self, node.subject, case.pattern):
                self.bind(name, term, node.lineno)
            if case.guard is not None:
                self.read(case.guard, "condition")
            ends.append(self.branch(case.body, self.env, True))
        self.under = outside
        self.join(ends, start)


_STATEMENTS: dict[type[ast.stmt], Callable[[StatementReader, Any], None]] = {
    ast.Pass: StatementReader.skip,
    ast.Global: StatementReader.skip,
    ast.Nonlocal: StatementReader.skip,
    ast.Expr: StatementReader.expression,
    ast.Assign: StatementReader.assign,
    ast.AnnAssign: StatementReader.annotated,
    ast.AugAssign: StatementReader.augmented,
    ast.Delete: StatementReader.delete,
    ast.Import: imports.read_import,
    ast.ImportFrom: imports.read_import_from,
    ast.FunctionDef: StatementReader.define_function,
    ast.AsyncFunctionDef: StatementReader.define_function,
    ast.ClassDef: StatementReader.define_class,
    ast.Return: StatementReader.returned,
    ast.Raise: StatementReader.raised,
    ast.Break: StatementReader.leap,
    ast.Continue: StatementReader.leap,
    ast.If: StatementReader.conditional,
    ast.For: StatementReader.loop,
    ast.AsyncFor: StatementReader.loop,
    ast.While: StatementReader.loop,
    ast.Try: StatementReader.attempt,
    ast.TryStar: StatementReader.attempt,
    ast.With: StatementReader.enter,
    ast.AsyncWith: StatementReader.enter,
    ast.Match: StatementReader.match,
    ast.Assert: StatementReader.checked,
}
if hasattr(ast, "TypeAlias"):
    _STATEMENTS[ast.TypeAlias] = StatementReader.alias
