"""What a function does with the coroutines and tasks that it binds to local names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bookmark.facts.model import CallFact, ParameterFact
from flake8_bookmark.flow.graph import Op, OpKind
from flake8_bookmark.flow.places import INNER, Places, Role, Use
from flake8_bookmark.rules.model import Subject

INSPECTORS = frozenset({"iscoroutine", "isawaitable", "iscoroutinefunction", "isinstance", "isfuture", "type"})
INSPECTORS |= {"isasyncgen", "isgenerator", "hasattr"}
GROWS = frozenset({"append", "add", "insert", "appendleft"})
LOOKS = frozenset({*GROWS, "clear"})
LENGTHS = frozenset({"len", "bool"})


@dataclass(frozen=True, slots=True)
class Local:
    """A value in a local name: the name, the ops that bind it there, and what later reads it.

    `uses` are the places where the name is read with this value; `is_captured` says that an inner function may read
    it, so that nothing is known of its further way.
    """

    name: str
    stores: tuple[Op, ...]
    loads: tuple[Op, ...]
    uses: tuple[Use, ...]
    is_captured: bool

    @property
    def is_inspected(self) -> bool:
        """Tell whether the code itself asks what kind of value this is."""
        return any(u.role is Role.PASSED and _called_name(u.node) in INSPECTORS for u in self.uses)


def local_of(use: Use, value: ast.expr, subject: Subject) -> Local | None:
    """Return the local name that an assignment binds to exactly this value; None if it is bound otherwise."""
    target = _target(use, value)
    if target is None or subject.frame.function.kind == "module":
        return None
    return _local(target, OpKind.STORE, subject)


def _local(binding: ast.Name | ast.arg, kind: OpKind, subject: Subject) -> Local | None:
    machine = subject.machine
    stores = tuple(op for _, op in machine.places.get(binding, ()) if op.kind is kind)
    if not stores or stores[0].name in machine.graph.rewrites:
        return None
    reads = machine.uses_of(binding)
    loads = tuple(op for op in reads if op.kind is OpKind.LOAD)
    nodes = dict.fromkeys(op.node for op in loads)
    uses = tuple(subject.places.use_of(node) for node in nodes if isinstance(node, ast.expr))
    return Local(stores[0].name, stores, loads, uses, len(loads) < len(reads))


def _target(use: Use, value: ast.expr) -> ast.Name | None:
    match use.node:
        case ast.Assign(targets=[ast.Name() as name], value=bound) if bound is value:
            return name
        case ast.AnnAssign(target=ast.Name() as name, value=bound) if bound is value:
            return name
    return None


def bound_locals(subject: Subject) -> Iterator[tuple[CallFact, Local]]:
    """Yield the coroutines that are bound to a local name, each with what is done to it."""
    for fact, _ in subject.coroutines:
        node = subject.call_nodes.get(fact.site) if fact.use == "bound" else None
        local = local_of(subject.places.use_of(node), node, subject) if node is not None else None
        if local is not None:
            yield fact, local


def coroutine_parameters(subject: Subject) -> Iterator[Local]:
    """Yield the parameters that are annotated as coroutine objects."""
    function = subject.frame.function
    wanted = [p.name for p in function.parameters if p.annotation is not None and _is_coroutine(p, subject)]
    ops = subject.machine.graph.entry.ops if wanted else ()
    for op in [op for op in ops if op.kind is OpKind.PARAMETER and op.name in wanted]:
        assert isinstance(op.node, ast.arg)
        local = _local(op.node, OpKind.PARAMETER, subject)
        if local is not None:
            yield local


def _is_coroutine(parameter: ParameterFact, subject: Subject) -> bool:
    frame = subject.frame
    outer = frame.sibling(frame.function.parent)
    return parameter.kind != "vararg" and subject.summaries.coroutines.names_coroutine(parameter.annotation, outer)


def captured_uses(local: Local, subject: Subject) -> tuple[Use, ...] | None:
    """Return the places where inner functions read a name that is bound once; None where more may become of it."""
    if len(subject.frame.function.named(local.name)) != 1:
        return None
    reads = subject.machine.uses_of(local.stores[0].node)
    found: list[Use] = []
    for node in dict.fromkeys(op.node for op in reads if op.kind is not OpKind.LOAD):
        if not isinstance(node, INNER) or _is_bound_in(node, local.name):
            return None
        places = Places(node)
        names = (n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == local.name)
        found.extend(places.use_of(name) for name in names)
    return tuple(found)


def _is_bound_in(function: ast.AST, name: str) -> bool:
    """Tell whether a name stands for something else somewhere in a function: a parameter, or what is assigned there."""
    for node in ast.walk(function):
        match node:
            case ast.arg(arg=bound) | ast.Name(id=bound, ctx=ast.Store() | ast.Del()) if bound == name:
                return True
            case ast.Nonlocal(names=names) | ast.Global(names=names) if name in names:
                return True
    return False


def is_only(load: Op, locals_: list[Local], subject: Subject) -> bool:
    """Tell whether a name that is read can have no other value than those of these locals."""
    stores = {store for local in locals_ for store in local.stores}
    return all(binding in stores for binding in subject.machine.reaching(load))


# containers -----------------------------------------------------------------------------------------------------------


def collected_in(use: Use, subject: Subject) -> Local | None:
    """Return the local container that a value is put into, if that is a fresh one."""
    match use:
        case Use(role=Role.STORED, node=ast.List() | ast.Set() | ast.Tuple() | ast.ListComp() | ast.SetComp() as node):
            assert isinstance(node, ast.expr)
            return local_of(subject.places.use_of(node), node, subject)
        case Use(role=Role.PASSED, node=ast.Call(func=ast.Attribute(value=ast.Name() as name, attr=method))):
            return _filled(name, subject) if method in GROWS else None
    return None


def _filled(name: ast.Name, subject: Subject) -> Local | None:
    loads = [op for _, op in subject.machine.places.get(name, ()) if op.kind is OpKind.LOAD]
    makers = {binding.node for op in loads for binding in subject.machine.reaching(op)}
    if len(makers) != 1:
        return None
    statement = subject.places.parents.get(makers.pop())
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or not _is_fresh(statement.value):
        return None
    assert statement.value is not None
    return local_of(Use(Role.BOUND, statement, statement.value), statement.value, subject)


def _is_fresh(value: ast.expr | None) -> bool:
    match value:
        case ast.List(elts=[]) | ast.Call(func=ast.Name(id="list" | "set" | "deque"), args=[], keywords=[]):
            return True
    return False


def is_forgotten(container: Local, index: int | None = None) -> bool:
    """Tell whether nobody takes anything out of a container: it is only filled, measured or tested.

    With an index, tell whether nobody takes out what stands there.
    """
    return not container.is_captured and all(_only_looks(use) or _takes_another(use, index) for use in container.uses)


def index_of(use: Use) -> int | None:
    """Return the number of an item that a list or tuple display is made of; None where it can't be told."""
    elements = use.node.elts if isinstance(use.node, (ast.List, ast.Tuple)) else []
    if any(isinstance(element, ast.Starred) for element in elements):
        return None
    return next((number for number, element in enumerate(elements) if element is use.operand), None)


def _takes_another(use: Use, index: int | None) -> bool:
    match use:
        case Use(role=Role.SUBSCRIPTED, node=ast.Subscript(slice=ast.Constant(value=int(taken)))):
            return index is not None and taken >= 0 and taken != index
    return False


def _only_looks(use: Use) -> bool:
    if use.role is Role.ATTRIBUTE:
        return use.detail in LOOKS
    return use.role is Role.TESTED or (use.role is Role.PASSED and _called_name(use.node) in LENGTHS)


def _called_name(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""
