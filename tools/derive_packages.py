"""From what the package index has to a folder of modules: wheels and source archives are unpacked, never installed."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NOT_LIBRARIES = frozenset({"tests", "test", "docs", "examples", "example", "scripts", "tools", "benchmarks"})


@dataclass(frozen=True, slots=True)
class Package:
    """A library: its name on the package index, its top-level import, and where the facts come from."""

    name: str
    root: str
    source: str


def unpack(path: Path, folder: Path, root: str = "") -> Package:
    """Put the top-level modules of `path` into `folder`; `root` chooses among several.

    Raises SystemExit, with a sentence, for what is no library.
    """
    if not path.exists():
        raise SystemExit(f"{path}: there is no such file or folder")
    place = folder / f".{path.name}"
    if path.is_dir():
        place = path.resolve()
    elif path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(place)
    else:
        with tarfile.open(path) as archive:
            archive.extractall(place, filter="data")
    tops = {top.stem: top for top in top_levels(place)}
    if not tops:
        raise SystemExit(f"{path}: there is no Python package in it")
    for name, top in tops.items():
        copy = shutil.copytree if top.is_dir() else shutil.copyfile
        copy(top, folder / (name if top.is_dir() else top.name))
    chosen = root if root in tops else next(iter(tops))
    name, version = _metadata(place)
    return Package(name or chosen, chosen, f"https://pypi.org/project/{name or chosen}/{version}".rstrip("/") + "/")


def top_levels(place: Path) -> list[Path]:
    """Return the packages and modules that an unpacked library brings, the largest first."""
    if (place / "__init__.py").exists():
        return [place]
    for folder in (place, place / "src", *sorted(place.glob("*/")), *sorted(place.glob("*/src/"))):
        found = [top for top in sorted(folder.glob("*")) if _is_top(top)]
        if found:
            return sorted(found, key=lambda top: -sum(1 for _ in top.rglob("*.py")))
    return []


def _is_top(path: Path) -> bool:
    if path.name in NOT_LIBRARIES or not path.stem.isidentifier() or path.name == "setup.py":
        return False
    return path.suffix == ".py" if path.is_file() else any(_modules(path))


def _modules(path: Path) -> Iterator[Path]:
    """Yield what makes a folder a package: its own modules, or those of packages below (a namespace)."""
    yield from path.glob("*.py")
    yield from path.glob("*/__init__.py")


def _metadata(place: Path) -> tuple[str, str]:
    """Return the name and version that the archive's own metadata gives; empty texts where it has none."""
    for file in (*place.glob("*.dist-info/METADATA"), *place.glob("PKG-INFO"), *place.glob("*/PKG-INFO")):
        fields = dict(line.split(": ", 1) for line in file.read_text("utf-8").splitlines() if ": " in line)
        return fields.get("Name", ""), fields.get("Version", "")
    return "", ""
