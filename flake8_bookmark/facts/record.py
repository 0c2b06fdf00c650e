"""A module's facts as bytes: written once, read function by function, each when it is first asked for.

The bytes depend on the module's text and on nothing else. They are MessagePack, decoded into the types of the records
alone: no code is run by reading them. https://jcristharif.com/msgspec/
"""

from __future__ import annotations

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
        self._outline = {s.key: (s.kind, s.parent) for s in record.scopes}
        self._binding = [s.key for s in record.scopes if s.has_globals]

    @property
    def _whole(self) -> ModuleFacts:
        if self._again is None:
            self._again = self._read_text()
        assert self._again is not None, "the text that was recorded can be read"
        return self._again

    def is_of(self, text: str) -> bool:
        return self._whole.is_of(text)

    def marks(self, word: str) -> dict[int, bool]:
        return self._whole.marks(word)

    def _extract(self, key: str) -> FunctionFacts:
        return _function.decode(self._record.functions[key])

    def _extract_class(self, key: str) -> ClassFacts:
        return _class.decode(self._record.classes[key])
