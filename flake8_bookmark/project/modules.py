"""The modules of a project: which of its names lead to a first-party definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flake8_bookmark.facts.model import ClassFacts, FunctionFacts
from flake8_bookmark.facts.module import ModuleFacts


@dataclass(frozen=True, slots=True)
class Frame:
    """A function, seen in its module: what the local names of a term refer to."""

    module: ModuleFacts
    function: FunctionFacts

    @property
    def name(self) -> str:
        return f"{self.module.name}:{self.function.key}"

    def sibling(self, key: str) -> Frame:
        """Return the frame of another function of the same module."""
        return self if key == self.function.key else Frame(self.module, self.module.function(key))


class Project:
    """The first-party modules that an analysis can see."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        self._modules = modules

    def module(self, name: str) -> ModuleFacts | None:
        return self._modules.get(name)

    def owns(self, name: str) -> bool:
        """Tell whether a dotted module name is first-party."""
        return name in self._modules

    def frame(self, name: str) -> Frame | None:
        """Return the frame of a first-party function, by qualified name."""
        module_name, _, key = name.partition(":")
        module = self._modules.get(module_name)
        return Frame(module, module.function(key)) if module is not None and key else None

    def class_(self, name: str) -> tuple[ModuleFacts, ClassFacts] | None:
        """Return the facts of a first-party class, by qualified name."""
        module_name, _, key = name.partition(":")
        module = self._modules.get(module_name)
        return (module, module.class_(key)) if module is not None and module.is_class(key) else None
