"""One analysis per project and process: what is learned from one file serves the next.

Sharing changes nothing but the time taken. What is known of a module depends on its text alone, and what is known of a
function on the modules below it; so a file whose text is not the one on disk (standard input, an editor's buffer) gets
an analysis of its own, and an analysis that has grown too large is dropped and begun anew.
"""

from __future__ import annotations

import gc
from functools import lru_cache

from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library_types import LibraryTypes
from flake8_bookmark.options import Options
from flake8_bookmark.project.files import is_on_disk, locate
from flake8_bookmark.project.layout import Layout
from flake8_bookmark.project.modules import Project
from flake8_bookmark.project.resolver import Resolver
from flake8_bookmark.project.spellings import Spellings
from flake8_bookmark.project.store import open_store
from flake8_bookmark.project.summaries import SummaryReader

MOST_MODULES = 4000
"""Modules in memory; a project whose modules all import each other is then analysed in as many parts as needed."""
_shared: dict[tuple[str, Options], SummaryReader] = {}


def enter_project(path: str, text: str, options: Options) -> tuple[SummaryReader, str]:
    """Return the analysis that a file belongs to, and the file's path below its root, with forward slashes.

    A file that is nowhere on this disk (standard input without a name) is alone.
    """
    found = locate(path)
    if found is None:
        return _begin(None, options), path.replace("\\", "/")
    root, place = found
    if not is_on_disk(path, text):
        return _begin(root, options), place
    key = (root, options)
    summaries = _shared.get(key)
    if sum(known.resolver.project.size for known in _shared.values()) > MOST_MODULES:
        summaries = None
        _shared.clear()
        free()
    if summaries is None:
        summaries = _shared[key] = _begin(root, options)
    return summaries, place


def free() -> None:
    """Free what an analysis held: its parts know each other, so only the collector can, once it looks at them again."""
    gc.unfreeze()
    gc.collect()


def _begin(root: str | None, options: Options) -> SummaryReader:
    catalogue = _catalogue(options.blocking, options.nonblocking, options.offloaders, options.spawners)
    layout = Layout(root, options.source_roots, frozenset(catalogue.libraries())) if root is not None else None
    library = _library(catalogue)
    project = Project(layout, open_store(options.cache_dir))
    spellings = Spellings(options)
    if spellings.declared:
        catalogue = catalogue.for_project(spellings.of)
    resolver = spellings.resolver = Resolver(project, catalogue, library)
    return SummaryReader(resolver, options.max_depth)


@lru_cache(maxsize=4)
def _catalogue(*declared: tuple[str, ...]) -> Catalogue:
    keys = ("blocking", "nonblocking", "offloaders", "spawners")
    return Catalogue.shipped(dict(zip(keys, declared, strict=True)))


@lru_cache(maxsize=4)
def _library(catalogue: Catalogue) -> LibraryTypes:
    return LibraryTypes(catalogue)
