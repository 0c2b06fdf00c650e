"""A module's facts as bytes: written once, read function by function, each when it is first asked for.

The bytes depend on the module's text and on nothing else. They are MessagePack, decoded into the types of the records
alone: no code is run by reading them. https://jcristharif.com/msgspec/
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct

from flake8_bookmark.facts.model import ClassFacts, FunctionFacts
from flake8_bookmark.facts.module import ModuleFacts


class ScopeRecord(Struct, frozen=True, gc=False, array_like=True):
    """One scope: its key and kind, the key of the scope around it, and whether it binds names of the module."""

    key: str
    kind: str
    parent: str
    has_globals: bool


class ModuleRecord(Struct, frozen=True, array_like=True):
    """All facts of one module; the facts of functions and classes are left encoded."""

    scopes: tuple[ScopeRecord, ...]
    functions: dict[str, Raw]
    classes: dict[str, Raw]


_encoder = msgspec.msgpack.Encoder()
_module = msgspec.msgpack.Decoder(ModuleRecord)
_function = msgspec.msgpack.Decoder(FunctionFacts)
_class = msgspec.msgpack.Decoder(ClassFacts)


def encode(module: ModuleFacts) -> bytes | None:
    """Return the record of a module; None for one that is nested too deep."""
    scopes = module.outline()
    try:
        functions = {key: Raw(_encoder.encode(module.function(key))) for key, *_ in scopes}
        classes = {key: Raw(_encoder.encode(module.class_(key))) for key, kind, *_ in scopes if kind == "class"}
        return _encoder.encode(ModuleRecord(tuple(ScopeRecord(*s) for s in scopes), functions, classes))
    except (RecursionError, ValueError, OverflowError):
        return None


def decode(
    name: str, path: str, is_package: bool, data: bytes, read: Callable[[], ModuleFacts | None]
) -> ModuleFacts | None:
    """Return the module of a record; None for bytes that are none. `read` gives the module from its text."""
    try:
        record = _module.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return RecordedModule(name, path, is_package, record, read)


class RecordedModule(ModuleFacts):
    """Facts about one module without its tree, which is built when somebody asks for a node of it after all."""

    def __init__(
        self, name: str, path: str, is_package: bool, record: ModuleRecord, read: Callable[[], ModuleFacts | None]
    ) -> None:
        self._start(name, path, is_package)
        self._record = record
        self._read_text = read
        self._with_tree: ModuleFacts | None = None
        self._outline = {s.key: s for s in record.scopes}

    @property
    def _whole(self) -> ModuleFacts:
        if self._with_tree is None:
            self._with_tree = self._read_text()
        assert self._with_tree is not None, "the text that was recorded can be read"
        return self._with_tree

    @property
    def tree(self) -> ast.Module:
        return self._whole.tree

    def is_of(self, text: str) -> bool:
        return self._whole.is_of(text)

    def node(self, key: str) -> ast.AST:
        return self._whole.node(key)

    def marks(self, word: str) -> dict[int, bool]:
        return self._whole.marks(word)

    def key_of(self, node: ast.AST) -> str | None:
        return self._whole.key_of(node)

    def outline(self) -> list[tuple[str, str, str, bool]]:
        return [(s.key, s.kind, s.parent, s.has_globals) for s in self._record.scopes]

    def is_class(self, key: str) -> bool:
        scope = self._outline.get(key)
        return scope is not None and scope.kind == "class"

    def parent_of(self, key: str) -> str:
        return self._outline[key].parent

    def keys_of(self, kind: str) -> list[str]:
        return [s.key for s in self._record.scopes if s.kind == kind]

    def _keys_inside(self, class_key: str) -> list[str]:
        return [key for key in self._outline if key.startswith(f"{class_key}.")]

    def _keys_with_globals(self) -> list[str]:
        return [s.key for s in self._record.scopes if s.has_globals]

    def read_all(self) -> None:
        for key in self._outline:
            self.function(key)

    def _extract(self, key: str) -> FunctionFacts:
        return _function.decode(self._record.functions[key])

    def _extract_class(self, key: str) -> ClassFacts:
        return _class.decode(self._record.classes[key])
