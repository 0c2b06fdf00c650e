"""One round of a loop: what it binds for itself, what it changes for the next, and what hangs on that.

    for key in keys:              own: key, row, found         changed: cache[key], hits
        row = cache.get(key)      deciding: row
        if row is None:           The await hangs on `row`, which hangs on `cache`; but each round looks at its
            found = await f(key)  own key of it only, so the rounds are independent.
            cache[key] = found
            hits += 1

Names are compared as *paths*: `self.cache` is touched by whatever reads or changes `self`, `self.cache` or
`self.cache.size`. `cache[key]` with a key of this round is a path of its own: rounds with different keys don't meet.
What a called function reads or changes is not known here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from flake8_bookmark.flow.definitions import Definitions
from flake8_bookmark.flow.graph import Comprehension, LoopNode, OpKind
from flake8_bookmark.flow.loops import Loop

INNER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
TAKING = frozenset({"pop", "popitem", "popleft", "get_nowait", "setdefault", "next", "__next__"})
FILLING = frozenset({"append", "add", "extend", "update", "insert", "setdefault", "appendleft", "discard"})
LOOKING = frozenset({"get", "setdefault", "pop", "add"})


@dataclass(eq=False)
class Round:
    """One round of a `for` or of one `for` of a comprehension; `parts` is what it evaluates.

    `carried` are the names that a round may read as an earlier one left them, `left` those that are read after the loop
    as the last round left them.
    """

    node: ast.For | ast.comprehension
    parts: tuple[ast.AST, ...]
    carried: frozenset[str]
    left: frozenset[str]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything that a round evaluates, in no inner scope, in source order."""
        return tuple(n for part in self.parts for n in within(part))

    @cached_property
    def own(self) -> frozenset[str]:
        """The names that each round binds anew before it reads them."""
        bound = {n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        bound |= {n.name for n in self.nodes if isinstance(n, ast.ExceptHandler) and n.name}
        return frozenset((bound | names_in(self.node.target)) - self.carried)

    @cached_property
    def items(self) -> frozenset[str]:
        """The names whose value hangs on the item of the round."""
        return frozenset(self._spread(names_in(self.node.target)))

    @cached_property
    def changed(self) -> frozenset[str]:
        """The paths of what outlives the round and is changed in it, with all that hangs on them."""
        shared = {p for p in self._mutated() if p.partition(".")[0].partition("[")[0] not in self.own}
        return frozenset(self._spread(self.carried | shared))

    @property
    def collects(self) -> bool:
        """Tell whether something of a round is kept: an element, an item, an attribute, a sum, a flag."""
        if isinstance(self.node, ast.comprehension):
            return True
        for node in self.nodes:
            if isinstance(node, (ast.AugAssign, ast.Attribute, ast.Subscript)):
                if isinstance(node, ast.AugAssign) or isinstance(node.ctx, ast.Store):
                    return True
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FILLING:
                return True
        return bool(self.left)

    @property
    def gathers(self) -> bool:
        """Tell whether each round adds an element to something: a comprehension does, and `found.append(…)`."""
        called = (n.func for n in self.nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute))
        return isinstance(self.node, ast.comprehension) or any(func.attr in ("append", "add") for func in called)

    @property
    def hands_on(self) -> bool:
        """Tell whether what a round has waited for is read after the loop, as the last round left it.

        A sum (`count += await size(item)`) is no such thing: it is of all rounds, in any order.
        """
        waited: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.AugAssign):
                continue
            for target, value in _bindings(node):
                if any(isinstance(n, ast.Await) for n in within(value)):
                    waited |= names_in(target)
        return bool(waited & self.left)

    @property
    def deciding(self) -> Iterator[ast.expr]:
        """Yield the tests that say whether a later part of the round runs."""
        for node in self.nodes:
            if isinstance(node, (ast.If, ast.While, ast.IfExp)) and any(
                isinstance(n, (ast.Await, ast.Continue, ast.AsyncWith, ast.AsyncFor, ast.Raise)) for n in within(node)
            ):
                yield node.test
            elif isinstance(node, ast.BoolOp) and any(isinstance(n, ast.Await) for n in within(node)):
                yield from node.values[:-1]
            elif isinstance(node, ast.comprehension):
                yield from node.ifs
        if isinstance(self.node, ast.comprehension):
            yield from self.node.ifs

    def hangs_on_change(self, parts: Iterable[ast.AST]) -> bool:
        """Tell whether any of these expressions reads what an earlier round may have changed."""
        return any(touch(p, q) for part in parts for p in self.reads(part) for q in self.changed)

    def reads_item(self, part: ast.AST) -> bool:
        """Tell whether an expression hangs on the item of the round."""
        return any(root_of(p) in self.items for p in self.reads(part))

    def reads(self, part: ast.AST) -> frozenset[str]:
        """Return the paths that an expression reads; a look-up by a key of the round is a path of its own."""
        return frozenset(self._reads(part))

    def _reads(self, node: ast.AST) -> Iterator[str]:
        keyed = self._keyed(node)
        if keyed is not None:
            path, key = keyed
            yield f"{path}[{ast.unparse(key)}]"
            yield from self._reads(key)
            if isinstance(node, ast.Call):
                for extra in node.args[1:]:
                    yield from self._reads(extra)
            return
        plain = path_of(node)
        if plain is not None:
            yield plain
            return
        for child in ast.iter_child_nodes(node):
            yield from self._reads(child)

    def _keyed(self, node: ast.AST) -> tuple[str, ast.expr] | None:
        """`d[key]`, `d.get(key)` and `key in d`, with a key that hangs on the item: the path of d, and the key."""
        found: tuple[ast.expr, ast.expr] | None = None
        match node:
            case ast.Subscript(value=value, slice=key):
                found = value, key
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=[key, *_]) if name in LOOKING:
                found = value, key
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[value]):
                found = value, key
        path = path_of(found[0]) if found is not None else None
        if found is None or path is None or not {root_of(p) for p in _plain_reads(found[1])} & self.items:
            return None
        return path, found[1]

    def _mutated(self) -> Iterator[str]:
        """Yield the paths that a round changes in place, seen from its own text."""
        for node in self.nodes:
            match node:
                case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                    yield from self._place(node)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=value)) as call):
                    keyed = self._keyed(call)
                    path = path_of(value)
                    yield from [f"{keyed[0]}[{ast.unparse(keyed[1])}]"] if keyed else [path] if path else []
                case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in TAKING:
                    keyed = self._keyed(node)
                    path = path_of(value)
                    yield from [f"{keyed[0]}[{ast.unparse(keyed[1])}]"] if keyed else [path] if path else []
                case ast.Call(func=ast.Name(id="next"), args=[first, *_]):
                    path = path_of(first)
                    yield from [path] if path else []

    def _place(self, node: ast.Subscript | ast.Attribute) -> Iterator[str]:
        keyed = self._keyed(node)
        if keyed is not None:
            yield f"{keyed[0]}[{ast.unparse(keyed[1])}]"
            return
        path = path_of(node if isinstance(node, ast.Attribute) else node.value)
        if path is not None:
            yield path

    def _spread(self, start: Iterable[str]) -> set[str]:
        """Return these paths, and the names that the round computes from them, directly or not."""
        found = set(start)
        bindings = [(names_in(target), value) for node in self.nodes for target, value in _bindings(node)]
        grown = True
        while grown:
            grown = False
            for names, value in bindings:
                missing = names - found
                if missing and any(touch(p, q) for p in _plain_reads(value) for q in found):
                    found |= missing
                    grown = True
        return found


def read_round(loop: Loop, within_: Comprehension | None, definitions: Definitions) -> Round | None:
    """Return what a round of a loop does; None for loops that have no item, or are stepped through with awaits."""
    node: LoopNode = loop.node
    if isinstance(node, ast.For):
        parts: tuple[ast.AST, ...] = tuple(node.body)
    elif isinstance(node, ast.comprehension) and not node.is_async and within_ is not None:
        parts = (*_rest(within_, node),)
    else:
        return None
    return Round(node, parts, frozenset(_carried(loop, definitions)), frozenset(_left(loop, definitions)))


def _rest(comprehension: Comprehension, node: ast.comprehension) -> Iterator[ast.AST]:
    yield from node.ifs
    later = comprehension.generators[comprehension.generators.index(node) + 1 :]
    yield from later
    if isinstance(comprehension, ast.DictComp):
        yield comprehension.key
        yield comprehension.value
    else:
        yield comprehension.elt


def _carried(loop: Loop, definitions: Definitions) -> Iterator[str]:
    """Yield the names that a round may read as an earlier round left them."""
    inside = {op for op in loop.ops() if op.kind is OpKind.STORE}
    bound = {op.name for op in inside}
    for op in loop.ops():
        if op.kind is OpKind.LOAD and op.name in bound:
            sources = definitions.reaching(op)
            if any(s in inside for s in sources) and any(s not in inside for s in sources):
                yield op.name


def _left(loop: Loop, definitions: Definitions) -> Iterator[str]:
    """Yield the names that are read after a loop with a value that it gave them.

    What is read on a way that leaves the loop from inside (`raise Refused(answer)`) is of that round alone.
    """
    inside = set(loop.ops())
    own = set(ast.walk(loop.node)) if isinstance(loop.node, ast.For) else set()
    for op in inside:
        if op.kind is OpKind.STORE and any(u not in inside and u.node not in own for u in definitions.uses_of(op)):
            yield op.name


def within(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is below it, in source order, but not what inner functions and classes do."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        if not isinstance(here, INNER_SCOPES):
            stack.extend(reversed(list(ast.iter_child_nodes(here))))


def names_in(node: ast.AST) -> set[str]:
    """Return the plain names in a target."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def path_of(node: ast.AST) -> str | None:
    """Return the dotted path that an expression is; None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = path_of(node.value)
        return f"{before}.{node.attr}" if before is not None else None
    return None


def root_of(path: str) -> str:
    """Return the name that a path begins with."""
    return path.partition(".")[0].partition("[")[0]


def _plain_reads(node: ast.AST) -> Iterator[str]:
    path = path_of(node)
    if path is not None:
        yield path
        return
    for child in ast.iter_child_nodes(node):
        yield from _plain_reads(child)


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            yield target, value
        case ast.comprehension(target=target, iter=value):
            yield target, value
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            yield target, value


def touch(one: str, other: str) -> bool:
    """Tell whether two paths may be the same thing, or one lies inside the other."""
    if one == other:
        return "[" not in one
    return any(b.startswith(a) and b[len(a)] in ".[" for a, b in ((one, other), (other, one)))


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body and of those inside it, but not of inner functions and classes."""
    for part in body:
        for node in within(part):
            if isinstance(node, ast.stmt):
                yield node
