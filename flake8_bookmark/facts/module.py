"""One module's facts, read from its tree function by function, each when it is first asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_bookmark.facts import stubs
from flake8_bookmark.facts.model import AttributeFact, BindingFact, ClassFacts, FunctionFacts, ParameterFact
from flake8_bookmark.facts.shapes import COMPOUND, awaits, bodies, first_awaits, kind_of
from flake8_bookmark.facts.statements import StatementReader
from flake8_bookmark.facts.type_parameters import HAS_TYPE_PARAMETERS, read_type_parameters, type_parameters
from flake8_bookmark.names.scopes import Scope, ScopeNode, parameters
from flake8_bookmark.names.terms import ClassTerm, FunctionTerm, NameTerm, ParameterTerm, Term
from flake8_bookmark.source.comments import Mark, marks_at_definition, read_marks
from flake8_bookmark.source.text import parsed

MODULE_KEY = "<module>"
FunctionAst = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp


class ModuleFacts:
    """Facts about one module.

    `name` is its dotted name as the project knows it, `path` its path relative to the project root; `text` is only
    read for comments.
    """

    _tree: ast.Module | None

    def __init__(self, name: str, path: str, tree: ast.Module, is_package: bool = False, text: str = "") -> None:
        self._start(name, path, is_package)
        self._tree = tree
        self._text = text
        self._binds_inside = not text or ":=" in text
        root = Scope(MODULE_KEY, "module", None, tree, self._binds_inside)
        self._register(MODULE_KEY, tree, root)
        self._index(tree.body, root)

    def _start(self, name: str, path: str, is_package: bool) -> None:
        self.name = name
        self.path = path
        self.is_package = is_package
        self._text = ""
        self._tree = None
        self._again: ModuleFacts | None = None
        self._marks: dict[int, Mark] | None = None
        self._scopes: dict[str, Scope] = {}
        self._outline: dict[str, tuple[str, str]] = {}
        self._nodes: dict[str, ast.AST] = {}
        self._keys: dict[int, str] = {}
        self.classes: dict[str, ClassFacts] = {}
        self._read: dict[str, FunctionFacts] = {}
        self._attributes: dict[str, dict[str, list[tuple[str, AttributeFact]]]] = {}
        self._global_bindings: dict[str, list[tuple[str, BindingFact]]] | None = None
        self._binding: list[str] | None = None

    # the index: every def and class, found from statements alone -----------------------------------------------------

    def _index(self, body: list[ast.stmt], parent: Scope) -> None:
        stack: list[tuple[list[ast.stmt], Scope]] = [(body, parent)]
        while stack:
            statements, scope = stack.pop()
            for node in statements:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    stack.append((node.body, self._scope_of(node, node.name, scope, "function")))
                elif isinstance(node, ast.ClassDef):
                    stack.append((node.body, self._scope_of(node, node.name, scope, "class")))
                elif isinstance(node, COMPOUND):
                    stack.extend((inner, scope) for inner in bodies(node))

    def _scope_of(self, node: ScopeNode, name: str, parent: Scope, kind: str) -> Scope:
        known = self._keys.get(id(node))
        if known is not None:
            return self._scopes[known]
        prefix = {"module": "", "class": f"{parent.key}.", "function": f"{parent.key}.<locals>."}[parent.kind]
        base = key = prefix + name
        number = 1
        while key in self._scopes:
            number += 1
            key = f"{base}#{number}"
        scope = Scope(key, kind, parent, node, self._binds_inside)
        self._register(key, node, scope)
        return scope

    def _register(self, key: str, node: ScopeNode, scope: Scope) -> None:
        self._scopes[key] = scope
        self._outline[key] = (scope.kind, scope.parent.key if scope.parent is not None else "")
        self._nodes[key] = node
        self._keys[id(node)] = key

    # what the readers ask for ----------------------------------------------------------------------------------------

    def define(self, node: ast.Lambda | ast.GeneratorExp, parent: Scope) -> str:
        # By its place, and not by its number: what is read first depends on who asks.
        name = "<lambda>" if isinstance(node, ast.Lambda) else "<genexpr>"
        return self._scope_of(node, f"{name}#{node.lineno},{node.col_offset}", parent, "function").key

    def define_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, parent: Scope) -> Term:
        return FunctionTerm(self._scope_of(node, node.name, parent, "function").key)

    def define_class(self, node: ast.ClassDef, parent: Scope) -> Term:
        return ClassTerm(self._scope_of(node, node.name, parent, "class").key)

    def scopes(self) -> Iterator[Scope]:
        """Return all scopes found so far."""
        return iter(list(self._scopes.values()))

    # queries ---------------------------------------------------------------------------------------------------------

    def outline(self) -> list[tuple[str, str, str, bool]]:
        """Read everything; return each scope's key, kind, parent, and whether it binds names of the module."""
        self.read_all()
        binding = set(self._keys_with_globals())
        return [(key, kind, parent, key in binding) for key, (kind, parent) in self._outline.items()]

    def key_of(self, node: ast.AST) -> str | None:
        """Return the key of a def, class, lambda or generator expression of this tree."""
        if self._tree is None:
            return self._whole.key_of(node)
        key = self._keys.get(id(node))
        if key is None and isinstance(node, (ast.Lambda, ast.GeneratorExp)):
            self.read_all()
            key = self._keys.get(id(node))
        return key

    @property
    def tree(self) -> ast.Module:
        return self._tree if self._tree is not None else self._whole.tree

    @property
    def _whole(self) -> ModuleFacts:
        """The module with its tree, read from the text once more."""
        if self._again is None:
            self._again = ModuleFacts(self.name, self.path, parsed(self._text), self.is_package, self._text)
        return self._again

    def release(self) -> None:
        """Let go of the tree, and keep what was read; who asks for more after all has the text parsed again."""
        if self._tree is not None and self._text:
            self._tree = None
            self._scopes, self._nodes, self._keys = {}, {}, {}
        self._again = None

    def is_of(self, text: str) -> bool:
        return self._text == text

    def node(self, key: str) -> ast.AST:
        """Return the tree node of a function, class or the module."""
        if self._tree is None:
            return self._whole.node(key)
        if key not in self._nodes:
            self.read_all()  # lambdas and generator expressions are only found by reading
        return self._nodes[key]

    def has_mark(self, key: str, word: str) -> bool:
        """Tell whether a function, or a class around it, has the comment `# bkm: word` at its definition.

        That is a line between the first decorator and the body, or a line of its own above them.
        """
        while key and key != MODULE_KEY:
            if word in self.function(key).marks:
                return True
            key = self.parent_of(key)
        return False

    def marks(self, word: str) -> dict[int, bool]:
        """Return the lines that have the comment `# bkm: word`, and whether it stands there alone."""
        return {line: mark.stands_alone for line, mark in self._all_marks().items() if mark.word == word}

    def _all_marks(self) -> dict[int, Mark]:
        if self._marks is None:
            self._marks = read_marks(self._text)
        return self._marks

    def is_class(self, key: str) -> bool:
        return self._outline.get(key, ("", ""))[0] == "class"

    def keys_of(self, kind: str) -> list[str]:
        """Return the keys of all scopes of a kind, "function" or "class"; lambdas may be missing."""
        return [key for key, (found, _) in self._outline.items() if found == kind]

    def parent_of(self, key: str) -> str:
        """Return the key of the scope around a function or class."""
        return self._outline[key][1]

    def function(self, key: str) -> FunctionFacts:
        """Return the facts of a function, class body or (for `MODULE_KEY`) the module body."""
        facts = self._read.get(key)
        if facts is None:
            facts = self._read[key] = self._extract(key)
        return facts

    def functions(self) -> Iterator[FunctionFacts]:
        """Read everything and return it: the module body, classes and functions in the order of their keys."""
        self.read_all()
        return (self._read[key] for key in sorted(self._read))

    def read_all(self) -> None:
        while missing := [key for key in self._outline if key not in self._read]:
            for key in missing:
                self.function(key)

    def class_(self, key: str) -> ClassFacts:
        facts = self.classes.get(key)
        if facts is None:
            facts = self.classes[key] = self._extract_class(key)
        return facts

    def attributes(self, class_key: str) -> dict[str, list[tuple[str, AttributeFact]]]:
        """Return, by name, (method key, assignment) for every `self.name = …` in the methods of a class."""
        found = self._attributes.get(class_key)
        if found is None:
            found = self._attributes[class_key] = {}
            methods = {key for _, key in self.class_(class_key).methods}
            for key in self._keys_inside(class_key):
                if key in methods or key.partition(".<locals>.")[0] in methods:
                    for attribute in self.function(key).attributes:
                        found.setdefault(attribute.name, []).append((key, attribute))
        return found

    def global_bindings(self, name: str) -> list[tuple[str, BindingFact]]:
        """Return (function key, binding) for assignments made under a `global name` statement."""
        if self._global_bindings is None:
            self._global_bindings = {}
            for key in self._keys_with_globals():
                for binding in self.function(key).global_bindings:
                    self._global_bindings.setdefault(binding.name, []).append((key, binding))
        return self._global_bindings.get(name, [])

    def _keys_inside(self, class_key: str) -> list[str]:
        return [key for key in self._outline if key.startswith(f"{class_key}.")]

    def _keys_with_globals(self) -> list[str]:
        if self._tree is None:
            self._binding = self._whole._keys_with_globals() if self._binding is None else self._binding
            return self._binding
        return [key for key, scope in self._scopes.items() if scope.binds_globals]

    # reading one scope -----------------------------------------------------------------------------------------------

    def _extract(self, key: str) -> FunctionFacts:
        if self._tree is None:
            return self._extract_again(key)
        node, scope = self._nodes[key], self._scopes[key]
        if isinstance(node, (ast.Module, ast.ClassDef)):
            reader = self._reader(scope, None)
            reader.read_body(node.body)
            return self._facts(key, node, reader, "module" if isinstance(node, ast.Module) else "class", ())
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp))
        reader = self._reader(scope, self._self_name(scope))
        found = () if isinstance(node, ast.GeneratorExp) else self._parameters(node, scope, reader)
        kind = _read_function(node, reader)
        return self._facts(key, node, reader, kind, found)

    def _extract_again(self, key: str) -> FunctionFacts:
        """Read a function from the text; a lambda is found by reading what it stands in."""
        whole = self._whole
        if key not in whole._outline:
            self._extract_again(self.parent_of(key))
        facts = whole.function(key)
        self._outline.update(whole._outline)
        return facts

    def _facts(
        self, key: str, node: ast.AST, reader: StatementReader, kind: str, found: tuple[ParameterFact, ...]
    ) -> FunctionFacts:
        scope = self._scopes[key]
        parent = scope.parent
        numbers: dict[str, list[int]] = {}
        for number, binding in enumerate(reader.bindings):
            numbers.setdefault(binding.name, []).append(number)
        awaits = (c.term for c in reader.calls if c.form == "await")
        annotation, decorators = self._signature(node, scope)
        return FunctionFacts(
            key=key,
            name=getattr(node, "name", key.rpartition(".")[2].partition("#")[0]),
            kind=kind,
            line=getattr(node, "lineno", 1),
            owner=parent.key if parent is not None and parent.kind == "class" else "",
            parent=parent.key if parent is not None else "",
            is_lambda=isinstance(node, ast.Lambda),
            parameters=found,
            annotation=annotation,
            decorators=decorators,
            bindings=tuple(reader.bindings),
            numbers={name: tuple(found) for name, found in numbers.items()},
            calls=tuple(reader.calls),
            returns=tuple(reader.returns),
            yields=tuple(reader.yields),
            attributes=tuple(reader.attributes),
            placed=tuple(reader.placed),
            global_bindings=tuple(reader.global_bindings),
            loops=tuple(reader.looping.facts),
            may_return_none=reader.returns_none or (reader.alive and not isinstance(node, ast.Lambda)),
            awaited=tuple(sorted({term.id for term in awaits if isinstance(term, NameTerm)})),
            first_awaits=tuple(first_awaits(node)),
            marks=tuple(mark.word for mark in marks_at_definition(node, self._all_marks())),
            is_stub=isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and stubs.is_stub(node),
        )

    def _outer_reader(self, scope: Scope) -> StatementReader:
        """Annotations, defaults and decorators are read in the scope around the definition."""
        assert scope.parent is not None
        reader = self._reader(scope.parent, None)
        if HAS_TYPE_PARAMETERS and type_parameters(scope.node):
            reader.type_parameters = {**reader.type_parameters, **read_type_parameters(reader, scope.node)}
        return reader

    def _reader(self, scope: Scope, self_name: tuple[str, str] | None) -> StatementReader:
        reader = StatementReader(scope, self, self_name)
        here: Scope | None = scope if HAS_TYPE_PARAMETERS else None
        while here is not None:
            if type_parameters(here.node):
                reader.type_parameters = {**read_type_parameters(reader, here.node), **reader.type_parameters}
            here = here.parent
        return reader

    def _signature(self, node: ast.AST, scope: Scope) -> tuple[Term | None, tuple[Term, ...]]:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None, ()
        outer = self._outer_reader(scope)
        annotation = outer.annotation(node.returns) if node.returns is not None else None
        return annotation, outer.read_all(node.decorator_list)

    def _parameters(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, reader: StatementReader
    ) -> tuple[ParameterFact, ...]:
        outer = self._outer_reader(scope)
        arguments = node.args
        defaults: dict[str, ast.expr] = {}
        plain = [*arguments.posonlyargs, *arguments.args]
        for arg, default in zip(reversed(plain), reversed(arguments.defaults), strict=False):
            defaults[arg.arg] = default
        for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if value is not None:
                defaults[arg.arg] = value
        found = []
        for index, arg in enumerate(parameters(arguments)):
            kind = kind_of(arguments, arg)
            annotation = outer.annotation(arg.annotation) if arg.annotation is not None else None
            default_term = outer.read(defaults[arg.arg]) if arg.arg in defaults else None
            found.append(ParameterFact(arg.arg, kind, annotation, default_term))
            reader.bind(arg.arg, ParameterTerm(index), arg.lineno)
        return tuple(found)

    def _self_name(self, scope: Scope) -> tuple[str, str] | None:
        """Return (name, key of the binding method) of the object whose method encloses a scope."""
        here: Scope | None = scope
        while here is not None and here.parent is not None:
            node = here.node
            if here.parent.kind == "class" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                plain = [*node.args.posonlyargs, *node.args.args]
                return (plain[0].arg, here.key) if plain else None
            here = here.parent
        return None

    def _extract_class(self, key: str) -> ClassFacts:
        if self._tree is None:
            return self._whole.class_(key)
        node = self._nodes[key]
        scope = self._scopes[key]
        assert isinstance(node, ast.ClassDef)
        outer = self._outer_reader(scope)
        body = self.function(key)
        methods = [(b.name, b.term.key) for b in body.bindings if isinstance(b.term, FunctionTerm)]
        return ClassFacts(
            key=key,
            name=node.name,
            line=node.lineno,
            parent=scope.parent.key if scope.parent is not None else "",
            bases=outer.read_all(node.bases),
            decorators=outer.read_all(node.decorator_list),
            methods=tuple(methods),
            metaclass=next((outer.read(k.value) for k in node.keywords if k.arg == "metaclass"), None),
            type_parameters=tuple(p.name for p in type_parameters(node)),
        )


def _read_function(node: FunctionAst, reader: StatementReader) -> str:
    """Read a function's body; return its kind."""
    if isinstance(node, ast.Lambda):
        reader.returns.append(reader.read(node.body, "returned"))
    elif isinstance(node, ast.GeneratorExp):
        reader.yields.extend(reader.comprehended(node.generators, (node.elt,), first_read=True))
        is_async = any(g.is_async for g in node.generators) or awaits(node)
        return "asyncgenerator" if is_async else "generator"
    else:
        reader.read_body(node.body)
    if isinstance(node, ast.AsyncFunctionDef):
        return "asyncgenerator" if reader.yielding else "coroutine"
    return "generator" if reader.yielding else "function"
