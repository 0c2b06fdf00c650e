"""What a change adds: the findings of the working tree that its merge base doesn't have.

Both states are analysed whole, because a changed helper may make an unchanged caller block. The older one is written
into a temporary folder, from git's objects; the working tree, the index and the list of worktrees stay as they are.
What was found in a commit is kept, so the next run with the same base looks at the working tree only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from flake8_bookmark.gate.baseline import Baseline
from flake8_bookmark.gate.discover import is_wanted
from flake8_bookmark.gate.keys import Key
from flake8_bookmark.gate.results import Place
from flake8_bookmark.gate.run import RunBroken, Watcher, examine_all
from flake8_bookmark.gate.settings import Settings
from flake8_bookmark.options import OptionsError
from flake8_bookmark.project.layout import ROOT_MARKS
from flake8_bookmark.project.store import digest_of, open_store

SHALLOW = "this clone is shallow: `git fetch --unshallow` completes it (`fetch-depth: 0` for actions/checkout)"
SUBMODULE = "160000"
RECORD = "since"


class GitRefused(Exception):
    """git ended with an error; the text is what it said."""


def git(folder: str, *arguments: str, given: str = "", index: str = "") -> str:
    """Run git in a folder and return what it prints."""
    env = {**os.environ, "LC_ALL": "C", **({"GIT_INDEX_FILE": index} if index else {})}
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            input=given.encode("utf-8", "surrogateescape"),
            capture_output=True,
            env=env,
            check=False,
        )
    except OSError as error:
        raise OptionsError(f"--since needs git, which can't be started: {error.strerror or error}") from error
    if done.returncode:
        raise GitRefused(done.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed")
    return done.stdout.decode("utf-8", "surrogateescape")


def findings_before(ref: str, paths: Sequence[str], settings: Settings, watch: Watcher | None = None) -> Baseline:
    """Return what was found before a change: in the merge base of `ref` and HEAD."""
    base = merge_base(ref, settings.home)
    try:
        # Not --show-toplevel, which resolves symbolic links: paths must compare with those given here.
        up = git(settings.home, "rev-parse", "--show-cdup").rstrip("\n")
        top = os.path.normpath(os.path.join(settings.home, up))
        renamed = renames(top, base)
        found = kept_keys(base, top, paths, settings, watch)
    except GitRefused as error:
        raise RunBroken(f"--since {ref}: git: {error}") from error
    entries = Counter(
        key.moved(settings.path_of(renamed.get(real(key, settings), real(key, settings)))) for key in found
    )
    # git has seen what was moved; a guess on top of that would take new findings for old ones.
    return Baseline(ref, settings.home, entries, follows_moves=False)


def kept_keys(base: str, top: str, paths: Sequence[str], settings: Settings, watch: Watcher | None) -> list[Key]:
    """Return the keys of a commit's findings: from the store, if the same was asked before."""
    store = open_store(settings.options.cache_dir)
    digest = digest_of(*map(os.fsencode, question(base, top, paths, settings)))
    data = store.get(RECORD, digest)
    if data is not None:
        return [Key(*entry) for entry in json.loads(data)]
    with exported(top, base) as (folder, names):
        # What a change doesn't touch is known from the working tree.
        results = examine_all(list(wanted(names, top, folder, paths, settings)), settings, watch)
    keys = [site.key for result in results if not result.fault for site in result.sites]
    if not any(name.endswith(".gitmodules") for name in git(top, "ls-tree", "--name-only", base).splitlines()):
        # With submodules, the answer depends on which of their commits are here.
        store.put(RECORD, digest, json.dumps(keys).encode())
    return keys


def question(base: str, top: str, paths: Sequence[str], settings: Settings) -> list[str]:
    """Return all that the keys of a commit depend on, beside this tool, whose version the store knows."""
    here = os.path.relpath(os.getcwd(), top)
    home = os.path.relpath(settings.home, top)
    return [
        base,
        here,
        home,
        repr([os.path.normpath(path) for path in paths]),
        settings.said,
    ]


def real(key: Key, settings: Settings) -> str:
    return os.path.normpath(os.path.join(settings.home, key.path))


def merge_base(ref: str, folder: str) -> str:
    """Return the commit that the change began at; OptionsError says what to do if it isn't there."""
    try:
        git(folder, "rev-parse", "--git-dir")
    except GitRefused as error:
        raise OptionsError(f"--since {ref}: {error}") from error
    try:
        git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except GitRefused as error:
        raise OptionsError(f"--since {ref}: no such commit here; {advice(folder)}") from error
    try:
        return git(folder, "merge-base", "--", ref, "HEAD").strip()
    except GitRefused as error:
        raise OptionsError(f"--since {ref}: HEAD and {ref} have no common commit here; {advice(folder)}") from error


def advice(folder: str) -> str:
    is_shallow = git(folder, "rev-parse", "--is-shallow-repository").strip() == "true"
    return SHALLOW if is_shallow else "fetch it first, or name another one"


def renames(top: str, base: str) -> dict[str, str]:
    """Return the new path of each file that has been renamed since, by the old one; git need not know the new one."""
    with tempfile.TemporaryDirectory(prefix="flake8-bookmark-", ignore_cleanup_errors=True) as folder:
        index = os.path.join(folder, "index")
        known = os.path.join(top, git(top, "rev-parse", "--git-path", "index").rstrip("\n"))
        if os.path.exists(known):
            shutil.copyfile(known, index)
        git(top, "add", "--all", "--intent-to-add", index=index)
        fields = git(top, "diff", "-z", "--name-status", "-M", "--diff-filter=R", base, index=index).split("\0")
    return {
        os.path.join(top, old): os.path.join(top, new) for old, new in zip(fields[1::3], fields[2::3], strict=False)
    }


@contextmanager
def exported(top: str, commit: str) -> Iterator[tuple[str, list[str]]]:
    """Write a commit's Python files into a temporary folder; yield it, and the files' paths below it."""
    with tempfile.TemporaryDirectory(prefix="flake8-bookmark-", ignore_cleanup_errors=True) as folder:
        tree = os.path.join(os.path.realpath(folder), "tree")
        # The mark of a project's root, for repositories that have no other.
        os.makedirs(os.path.join(tree, ".git"))
        # An import may mean a folder without Python files; and what is known is named by all folders.
        for name in git(top, "ls-tree", "-r", "-d", "-z", "--name-only", commit).split("\0"):
            os.makedirs(os.path.join(tree, name), exist_ok=True)
        yield tree, list(export(top, commit, tree, os.path.join(folder, "index")))


def export(top: str, commit: str, folder: str, index: str) -> Iterator[str]:
    """Write the files of a repository, and of its submodules as far as their commits are here."""
    git(top, "read-tree", commit, index=index)
    files, modules = [], []
    for row in git(top, "ls-files", "-z", "--stage", index=index).split("\0"):
        about, _, name = row.partition("\t")
        if about.startswith(SUBMODULE):
            modules.append((about.split()[1], name))
        elif name.endswith((".py", ".pyi")) or os.path.basename(name) in ROOT_MARKS:
            files.append(name)
    given = "".join(f"{name}\0" for name in files)
    git(top, "checkout-index", "-q", "-z", "--stdin", f"--prefix={folder}/", given=given, index=index)
    os.unlink(index)
    yield from files
    for sha, name in modules:
        inner = os.path.join(top, name)
        if os.path.exists(os.path.join(inner, ".git")) and has_commit(inner, sha):
            os.makedirs(os.path.join(folder, name, ".git"), exist_ok=True)
            yield from (f"{name}/{file}" for file in export(inner, sha, os.path.join(folder, name), index))


def has_commit(folder: str, sha: str) -> bool:
    try:
        git(folder, "cat-file", "-e", f"{sha}^{{commit}}")
    except GitRefused:
        return False
    return True


def wanted(names: Sequence[str], top: str, folder: str, paths: Sequence[str], settings: Settings) -> Iterator[Place]:
    """Yield the exported files that a run over `paths` would have checked then, under the names they have here."""
    roots = [os.path.abspath(path) for path in paths or ["."]]
    for name in names:
        absolute = os.path.join(top, name)
        if not any(absolute == root or absolute.startswith(os.path.join(root, "")) for root in roots):
            continue
        shown = os.path.relpath(absolute)
        if absolute in roots or is_wanted(shown, settings.exclude, settings.flake8.filename):
            yield Place(shown, os.path.join(folder, name))
