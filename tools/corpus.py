"""Real input: fetches the releases of corpus.txt and lints them.

    python tools/corpus.py fetch [NAME ...]           download and unpack (all, or those named)
    python tools/corpus.py lint [NAME ...] --out DIR  write the findings of each as DIR/NAME.txt
    python tools/corpus.py path NAME                  print where the sources are

A release never changes, so what is fetched once is fetched for good, and findings differ only when the linter
does. Nothing is installed and nothing of it runs; the sources stay out of the repository (`--cache` says
where).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("corpus.txt")
CACHE = Path.home() / ".cache" / "flake8-bookmark-corpus"


@dataclass(frozen=True, slots=True)
class Release:
    """One pinned release and the folder of its sources."""

    name: str
    version: str
    cache: Path

    @property
    def folder(self) -> Path:
        return self.cache / f"{self.name}-{self.version}"


def releases(cache: Path, names: list[str]) -> list[Release]:
    """Return the releases of the list, or those named, in the list's order."""
    lines = (line.partition("#")[0].split() for line in LIST.read_text().splitlines())
    pinned = [Release(*words[0].split("=="), cache) for words in lines if words]
    unknown = set(names) - {release.name for release in pinned}
    if unknown:
        raise SystemExit(f"not in {LIST.name}: {', '.join(sorted(unknown))}")
    return [release for release in pinned if not names or release.name in names]


def fetch(release: Release) -> None:
    """Download and unpack a release unless it is there. Half of a download is never taken for the whole."""
    if release.folder.is_dir():
        return
    partial = release.cache / f"partial-{release.name}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    requirement = f"{release.name}=={release.version}"
    # A wheel holds exactly the package's modules. Asking for another Python keeps pip from building anything:
    # a release without a wheel for it is taken as a source archive.
    for how in (
        ["--only-binary=:all:"],
        ["--only-binary=:all:", "--python-version=3.13"],
        ["--no-binary=:all:"],
    ):
        if pip_download(requirement, how, partial):
            break
    else:
        raise SystemExit(f"{requirement} can't be downloaded")
    (archive,) = partial.iterdir()
    unpack(archive, partial / "sources")
    (partial / "sources").rename(release.folder)
    shutil.rmtree(partial)
    print(f"{requirement}: {len(list(release.folder.rglob('*.py')))} files in {release.folder}")


def pip_download(requirement: str, how: list[str], folder: Path) -> bool:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, *how, "--dest", str(folder), requirement], stderr=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0


def unpack(archive: Path, target: Path) -> None:
    if archive.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(target, [name for name in wheel.namelist() if name.endswith(".py")])
        return
    with tarfile.open(archive) as source:
        source.extractall(target, [member for member in source if member.name.endswith(".py")], filter="data")


def lint(release: Release, out: Path, jobs: int) -> None:
    """Write the findings of a release, with what only flake8 can say about it at the end."""
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=BKM", f"--jobs={jobs}", "."]
    done = subprocess.run(command, cwd=release.folder, capture_output=True, text=True, check=False)
    lines = sorted(sortable(done.stdout))
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{release.name}.txt").write_text("".join(f"{line}\n" for _, _, line in lines))
    faults = sum(" BKM9" in line for _, _, line in lines)
    print(
        f"{release.name}: {len(lines)} findings, {faults} internal faults{', TRACEBACK' * bool(done.stderr)}"
    )
    if done.stderr:
        print(done.stderr, file=sys.stderr)


def sortable(output: str) -> Iterator[tuple[str, int, str]]:
    for line in output.splitlines():
        path, number, _ = line.split(":", 2)
        yield path, int(number), line.removeprefix("./")


def main() -> None:
    parser = argparse.ArgumentParser(description="Real input for the linter.")
    parser.add_argument("action", choices=["fetch", "lint", "path"])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help="where the sources are kept (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, default=Path("corpus-findings"), help="where lint writes")
    parser.add_argument("--jobs", type=int, default=2)
    request = parser.parse_args()
    for release in releases(request.cache, request.names):
        if request.action == "path":
            print(release.folder)
            continue
        fetch(release)
        if request.action == "lint":
            lint(release, request.out, request.jobs)


if __name__ == "__main__":
    main()
