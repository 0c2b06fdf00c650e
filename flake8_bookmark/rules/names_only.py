"""BKM404, BKM408: `async` and threads that bring nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import lru_cache

from flake8_bookmark.effects.model import Kind, Place
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.facts.module import ModuleFacts
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.names.terms import UNKNOWN as UNKNOWN_TERM
from flake8_bookmark.names.terms import CallTerm, ConstantTerm, ImportTerm
from flake8_bookmark.project.arguments import argument
from flake8_bookmark.project.bodies import is_log, is_stub
from flake8_bookmark.project.values import Symbol, is_first_party
from flake8_bookmark.rules.model import Subject

LOOPS = ("asyncio.", "anyio.", "trio.")
PURE_FUNCTIONS = """
    range len sum min max abs all any sorted reversed zip enumerate map filter list dict set frozenset tuple int float
    str bool ord chr round divmod pow isinstance bytes bytearray hash iter next repr format
"""
PURE_METHODS = """
    append add extend update insert setdefault pop get items keys values split join strip lower upper startswith
    endswith replace count index find copy discard remove clear sort reverse popleft appendleft isdigit isalpha
"""
PURE = frozenset(PURE_FUNCTIONS.split())
MOST_PURE = frozenset(PURE_METHODS.split())


# BKM404 ---------------------------------------------------------------------------------------------------------------


def async_in_name(subject: Subject) -> Iterator[Finding]:
    """A coroutine that never gives the loop back: a plain function with a detour."""
    frame, function = subject.frame, subject.frame.function
    if not subject.options.hints or function.kind != "coroutine" or subject.context.is_test:
        return
    if function.decorators or function.name.startswith("__"):
        return
    node = frame.module.node(function.key)
    if not isinstance(node, ast.AsyncFunctionDef) or _does_nothing(node):
        return
    if not subject.summaries.suspension.never(frame):
        return
    if subject.waits or _needs_a_loop(subject) or _is_asked_for(subject):
        return
    column = node.col_offset + len("async def ")
    site = (node.lineno, column, node.lineno, column + len(function.name))
    fact = CallFact("call", UNKNOWN_TERM, site, node.lineno, column, function.name, "other")
    message = (
        f"{function.name}() never suspends: it is async in name only, and runs to its end like a plain function; "
        "make it a plain def, if no interface asks for a coroutine"
    )
    yield subject.finding("BKM404", fact, message, Level.HINT, "async-in-name")


def _does_nothing(node: ast.AsyncFunctionDef) -> bool:
    """Tell whether a body is a stub, or only gives a constant: something for others to override."""
    if is_stub(node.body):
        return True
    rest = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, (ast.Constant, ast.Call)))]
    return all(isinstance(s, ast.Return) and isinstance(s.value, (ast.Constant, type(None))) for s in rest)


def _needs_a_loop(subject: Subject) -> bool:
    """Tell whether a function uses the running loop: being a coroutine makes sure that there is one."""
    for fact in subject.frame.function.calls:
        callees = subject.summaries.targets.callees(fact, subject.frame) if fact.form == "call" else ()
        if any(getattr(c, "name", "").startswith(LOOPS) for c in callees):
            return True
    return False


def _is_asked_for(subject: Subject) -> bool:
    """Tell whether somebody may want a coroutine here: a base class, a framework, whoever it is handed to."""
    frame, function = subject.frame, subject.frame.function
    module = _uses(frame.module)
    if function.name in module.handed or function.name in module.kept:
        return True
    if function.owner:
        facts = frame.module.class_(function.owner)
        if not function.name.startswith("_") or facts.bases or facts.metaclass is not None or facts.decorators:
            return True
    called = module.called if function.owner else module.called_plainly
    return function.name not in called and (bool(function.owner) or module.has_frameworks)


@lru_cache(maxsize=8)
def _uses(module: ModuleFacts) -> _Uses:
    return _Uses(module)


class _Uses:
    """How a module uses its own functions, by name: `called`, `handed` on, `kept` (called, but not awaited there)."""

    def __init__(self, module: ModuleFacts) -> None:
        tree = module.node("<module>")
        awaited = {n.value for n in ast.walk(tree) if isinstance(n, ast.Await)}
        self.kept = {_name(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call) and n not in awaited}
        called_nodes = {n.func for n in ast.walk(tree) if isinstance(n, ast.Call)}
        self.called = {_name(n) for n in called_nodes}
        self.called_plainly = {n.id for n in called_nodes if isinstance(n, ast.Name)}
        loads = (n for n in ast.walk(tree) if isinstance(n, (ast.Name, ast.Attribute)) and n not in called_nodes)
        self.handed = {_name(n) for n in loads if isinstance(n.ctx, ast.Load)}
        self.handed |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        imports = [b.term for b in module.function("<module>").bindings if isinstance(b.term, ImportTerm)]
        roots = {t.module.partition(".")[0] for t in imports if not t.level}
        self.has_frameworks = bool(roots - sys.stdlib_module_names)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


# BKM408 ---------------------------------------------------------------------------------------------------------------


def threads_for_computing(subject: Subject) -> Iterator[Finding]:
    """Pure Python code that computes is handed to a thread, where it keeps the GIL."""
    for fact in subject.facts if subject.options.hints else ():
        if fact.form != "call" or not isinstance(fact.term, CallTerm):
            continue
        for worker, handover in subject.summaries.handed(fact, subject.frame, Place.WORKER):
            if not _is_thread(worker, fact.term):
                continue
            term = argument(fact.term, handover)
            values = subject.summaries.resolver.resolve(term, subject.frame) if term is not None else ()
            names = [v.name for v in values if isinstance(v, Symbol)]
            if names and len(names) == len(values) and all(_holds_gil(n, subject) for n in names):
                yield _for_computing(fact, names[0], subject)


def _is_thread(worker: str, call: CallTerm) -> bool:
    """Tell whether a worker is a thread for certain: an executor that was chosen may be a process pool."""
    if worker.endswith(".run_in_executor"):
        first = call.arguments[0] if call.arguments else None
        return isinstance(first, ConstantTerm) and first.kind == "NoneType"
    return "thread" in worker


def _holds_gil(name: str, subject: Subject) -> bool:
    if not is_first_party(name):
        effects = subject.summaries.resolver.catalogue.effects(name)
        heavy = [e for e in effects if e.kind is Kind.COMPUTE and e.level > Level.HINT]
        return bool(heavy) and all(e.releases_gil is False for e in heavy)
    frame = subject.summaries.resolver.project.frame(name)
    node = frame.module.node(frame.function.key) if frame is not None else None
    if not isinstance(node, ast.FunctionDef) or subject.summaries.through(name):
        return False
    return _depth(node) > 1 and all(_is_pure(n) for n in ast.walk(node) if isinstance(n, ast.Call))


def _depth(node: ast.AST) -> int:
    """Return how deep loops stand in one another."""
    inner = max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return inner + len(node.generators)
    return inner + isinstance(node, (ast.For, ast.While))


def _is_pure(node: ast.Call) -> bool:
    """Tell whether a call is one of plain Python: nothing that waits, or computes outside the GIL."""
    if isinstance(node.func, ast.Name):
        return node.func.id in PURE
    return isinstance(node.func, ast.Attribute) and (node.func.attr in MOST_PURE or is_log(node))


def _for_computing(fact: CallFact, name: str, subject: Subject) -> Finding:
    shown = name.rpartition(":")[2].rpartition("<locals>.")[2] or name
    message = (
        f"{shown} computes in Python and keeps the GIL: in a thread it still takes turns with the event loop; "
        "use a process pool for long work"
    )
    return subject.finding("BKM408", fact, message, Level.HINT, "threads-for-computing")


