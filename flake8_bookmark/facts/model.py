"""The records that a module's text is reduced to."""

from __future__ import annotations

import re

from msgspec import Struct

from flake8_bookmark.names.terms import Term

Site = tuple[int, int, int, int]
"""A place in a file: line, column, end line, end column, as `ast` counts them."""


def plain_key(key: str) -> str:
    """Return a function's key without the places of the lambdas around it, which move with every line above."""
    return re.sub(r"#\d+,\d+", "", key)


class ParameterFact(Struct, frozen=True, gc=False, array_like=True):
    """One parameter; `kind` is "positional", "vararg", "keyword" or "kwarg"."""

    name: str
    kind: str
    annotation: Term | None = None
    default: Term | None = None


class AttributeFact(Struct, frozen=True, gc=False, array_like=True):
    """An assignment to an attribute of the method's own object: `self.name = term`; `name[]` as in BindingFact."""

    name: str
    term: Term
    line: int


class PlacedFact(Struct, frozen=True, gc=False, array_like=True):
    """An assignment to an attribute or an item of another object than the method's own: `app.state.client = term`.

    `place` is the target, an AttributeTerm or a SubscriptTerm.
    """

    place: Term
    term: Term
    line: int


PICKED = 2
"""A branch that is taken for a certain text only is as rare as one behind so many choices."""


class ParameterTest(Struct, frozen=True, gc=False, array_like=True):
    """What must be so of a parameter, by number: `word` with `texts` is asked, and the answer must be `wanted`.

    Words: "true" (without texts), "equals", "begins", "ends", "contains" (one of the texts), and "holds": false of a
    text in which none of the texts occurs, otherwise unknown. "field" asks whether an attribute of the own object is
    true; its number is OWN. `picks` says that one branch of several is taken for such a text, and not that all others
    were sent away before.
    """

    index: int
    word: str
    texts: tuple[str, ...]
    wanted: bool
    picks: bool = False


class BindingFact(Struct, frozen=True, gc=False, array_like=True):
    """A place where a scope binds a name, and to what; `when` as in CallFact.

    `name[]` is not a name but what is put into the container of that name: `name[key] = term`, `name.append(term)`.
    """

    name: str
    term: Term
    line: int
    when: tuple[ParameterTest, ...] = ()


class CallFact(Struct, frozen=True, gc=False, array_like=True):
    """Something that runs code: a call, or an expression that calls implicitly.

    `form` is "call", "attribute" (reading it may run a property), "set" (assigning to it may), "enter" and "exit" (of a
    `with`), "iterate", "unpack", "operator", "class" (its body), "import", or "await" (of something that is no call).
    `term` is the CallTerm for a call, the AttributeTerm for an attribute, the manager for enter and exit, the iterable
    for iterate and unpack, the BinaryTerm for an operator (or an index or a comparison; `left` is whose special method
    runs), the ClassTerm for a class, the ImportTerm for an import, what is awaited for await.
    `line` and `column` are those of the callee's name, where a finding stands. `text` is the callee as written.
    `use` says what becomes of the result: "dropped", "underscore", "awaited", "returned", "yielded", "argument",
    "bound" (to a local name), "stored" (elsewhere), "condition" or "other".
    `handles` counts the `except` blocks around it, and the blocks that from there on can only end with a `raise`.
    `is_async` marks async with and async for. `guarded` says that it only runs while something shared is still missing:
    `if self.x is None: self.x = …`. `when` lists what must be so of the function's parameters for it to run. `choices`
    counts the branches around it that something else decides; one of many counts for more. `asked` lists what was asked
    (a call without arguments or with constants, an attribute that may be a property, a name of the module), and whether
    the answer was true: `if in_event_loop():`. `picks` counts the branches around it that are taken for a certain text
    or type of something else than a parameter.
    `loop` is the number of the loop around it, -1 for none, and `conditional` says that it does not run in every round
    of it.
    """

    form: str
    term: Term
    site: Site
    line: int
    column: int
    text: str
    use: str
    handles: int = 0
    is_async: bool = False
    loops: int = 0
    targets: tuple[str, ...] = ()
    guarded: bool = False
    when: tuple[ParameterTest, ...] = ()
    choices: int = 0
    asked: tuple[tuple[Term, bool], ...] = ()
    loop: int = -1
    conditional: bool = False
    picks: int = 0


class LoopFact(Struct, frozen=True, gc=False):
    """One loop; `form` is "for", "while" or "comprehension" (one for each `for` in it), `parent` the loop around it.

    `iterable` is None for a `while`. `conditional` says that it does not run in every round of the loop around it,
    or on every way through the function. `leaves` says that a `break` or `return` may end it early, `yields`
    that a `yield` inside hands over to whoever iterates.
    """

    form: str
    line: int
    column: int
    parent: int = -1
    iterable: Term | None = None
    is_async: bool = False
    conditional: bool = False
    leaves: bool = False
    yields: bool = False


class FunctionFacts(Struct, frozen=True, gc=False, array_like=True):
    """One function, lambda, generator expression, class body, or the module body.

    `key` is its qualified name, made unique with `#2` and so on where a module defines the same name again. `kind`
    is "function", "coroutine", "generator", "asyncgenerator", "class" or "module". `owner` is the key of the class
    whose body defines it, `parent` the key of the scope around it. `may_return_none` says that its end can be reached,
    or a return without a value. `awaited` lists the local names that it awaits (`await task`),
    `first_awaits` the places of what it awaits on every way, in the plain statements that it begins with.
    `marks` are the words of the comments `# bkm: word` at its definition. `is_stub` says
    that it only stands for others: its body is `...` or `raise NotImplementedError`, or it is marked as abstract.
    """

    key: str
    name: str
    kind: str
    line: int
    owner: str
    parent: str
    is_lambda: bool = False
    parameters: tuple[ParameterFact, ...] = ()
    annotation: Term | None = None
    decorators: tuple[Term, ...] = ()
    bindings: tuple[BindingFact, ...] = ()
    numbers: dict[str, tuple[int, ...]] = {}
    calls: tuple[CallFact, ...] = ()
    returns: tuple[Term, ...] = ()
    yields: tuple[Term, ...] = ()
    attributes: tuple[AttributeFact, ...] = ()
    placed: tuple[PlacedFact, ...] = ()
    global_bindings: tuple[BindingFact, ...] = ()
    may_return_none: bool = False
    awaited: tuple[str, ...] = ()
    first_awaits: tuple[Site, ...] = ()
    marks: tuple[str, ...] = ()
    loops: tuple[LoopFact, ...] = ()
    is_stub: bool = False

    def named(self, name: str) -> tuple[int, ...]:
        """Return the numbers of all bindings of `name`."""
        return self.numbers.get(name, ())


class ClassFacts(Struct, frozen=True, gc=False, array_like=True):
    """One class: its bases as written and the functions defined in its body: (name, key), in order.

    `type_parameters` are those of `class C[T]` (PEP 695).
    """

    key: str
    name: str
    line: int
    parent: str
    bases: tuple[Term, ...]
    decorators: tuple[Term, ...]
    methods: tuple[tuple[str, str], ...]
    metaclass: Term | None = None
    type_parameters: tuple[str, ...] = ()
