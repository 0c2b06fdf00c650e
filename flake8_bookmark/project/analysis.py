"""One analysis per project and process: what is learned from one file serves the next.

Sharing changes nothing but the time taken. What is known of a module depends on its text alone, and what is known of a
function on the modules below it; so a file whose text is not the one on disk (standard input, an editor's buffer) gets
an analysis of its own, and an analysis that has grown too large is dropped and begun anew.
"""

from __future__ import annotations

import os
from functools import lru_cache

from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.library_types import LibraryTypes
from flake8_bookmark.options import Options
from flake8_bookmark.project.layout import Layout, find_root
from flake8_bookmark.project.modules import Project, read_text
from flake8_bookmark.project.resolver import Resolver
from flake8_bookmark.project.spellings import Spellings
from flake8_bookmark.project.summaries import SummaryReader

MOST_MODULES = 400
_shared: dict[tuple[str, Options], SummaryReader] = {}


def enter_project(path: str, text: str, options: Options) -> tuple[SummaryReader, str]:
    """Return the analysis that a file belongs to, and the file's path below its root, with forward slashes.

    A file that is nowhere on this disk (standard input without a name) is alone.
    """
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        return _begin(None, options), path.replace("\\", "/")
    root = _root_of(folder)
    place = os.path.relpath(os.path.abspath(path), root).replace(os.sep, "/")
    if read_text(path) != text:
        return _begin(root, options), place
    key = (root, options)
    summaries = _shared.get(key)
    if summaries is None or summaries.resolver.project.size > MOST_MODULES:
        _shared.clear()
        summaries = _shared[key] = _begin(root, options)
    return summaries, place


def _begin(root: str | None, options: Options) -> SummaryReader:
    catalogue = _catalogue(options.blocking, options.nonblocking, options.offloaders, options.spawners)
    layout = Layout(root, options.source_roots, frozenset(catalogue.libraries())) if root is not None else None
    library = _library(catalogue)
    spellings = Spellings(options)
    if spellings.declared:
        catalogue = catalogue.for_project(spellings.of)
    resolver = spellings.resolver = Resolver(Project(layout), catalogue, library)
    return SummaryReader(resolver, options.max_depth)


@lru_cache(maxsize=4)
def _catalogue(*declared: tuple[str, ...]) -> Catalogue:
    keys = ("blocking", "nonblocking", "offloaders", "spawners")
    return Catalogue.shipped(dict(zip(keys, declared, strict=True)))


@lru_cache(maxsize=4)
def _library(catalogue: Catalogue) -> LibraryTypes:
    return LibraryTypes(catalogue)


@lru_cache(maxsize=4096)
def _root_of(folder: str) -> str:
    return find_root(folder)
