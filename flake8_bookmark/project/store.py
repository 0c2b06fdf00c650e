"""A store on disk for what was worked out: it may be lost, damaged or forged at any time, and nothing but time is lost.

Each record is a file of its own, named by the digest of what it was made from, and begins with a keyed hash of itself.
The key is a random one in the user's own cache folder. So a record that is truncated, that belongs to another
version, or that a project brings along in its repository is not read. Writers write to a file of their own and
rename it: two that race write the same bytes. What can't be read or written is left alone, and so is a full disk; the
store only remembers why.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import re
import secrets
import stat
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path

OFF = "off"
KEY_SIZE = 32
MAC_SIZE = 32
LARGEST = 64_000_000
KEPT_DAYS = 30
SWEPT_DAYS = 7
DAY = 86_400
VERSIONS = "versions"
VERSION_FOLDER = re.compile(rf"[0-9a-f]{{32}}|{VERSIONS}")
RECORD_FILE = re.compile(r"[0-9a-f]{38}\.[a-z]+(\.[0-9]+\.[0-9a-f]{8})?")


class Store:
    """Records below one folder; without a folder or a key it holds nothing.

    `trouble` says why nothing can be kept, if something was to be; it is empty as long as all goes well.
    """

    def __init__(self, folder: str | None, key: bytes | None, trouble: str = "") -> None:
        self.trouble = trouble
        self._folder: str | None = None
        self._key = key or b""
        self._made: set[str] = set()
        if folder and key:
            self._folder = os.path.join(folder, VERSIONS)
            self._folder = os.path.join(folder, self._version())
            _sweep(folder)

    def _version(self) -> str:
        """Return a name for this tool, by its content; what an installation holds is read once.

        So the records of one CI job serve the next, where the same release has been installed anew.
        """
        installation = installed()
        known = self.get("version", installation)
        if known is None:
            known = content().encode()
            self.put("version", installation, known)
        return known.decode()

    @property
    def is_open(self) -> bool:
        return self._folder is not None

    def get(self, kind: str, digest: str) -> bytes | None:
        """Return the payload of a record; None if there is none that we wrote."""
        if self._folder is None:
            return None
        try:
            with open(self._path(kind, digest), "rb", opener=_open_at_once) as file:
                data = file.read(LARGEST) or b""
        except OSError:
            return None
        payload = data[MAC_SIZE:]
        return payload if hmac.compare_digest(data[:MAC_SIZE], self._mac(kind, digest, payload)) else None

    def put(self, kind: str, digest: str, payload: bytes) -> None:
        """Write a record, whole or not at all."""
        if self._folder is None or len(payload) > LARGEST - MAC_SIZE:
            return
        path = self._path(kind, digest)
        data = self._mac(kind, digest, payload) + payload
        try:
            self._write(path, data)
        except OSError as error:
            self.trouble = self.trouble or f"{self._folder}: {error.strerror or error}"

    def _write(self, path: str, data: bytes) -> None:
        mine = f"{path}.{os.getpid()}.{secrets.token_hex(4)}"
        folder = os.path.dirname(path)
        if folder not in self._made or not os.path.isdir(folder):
            os.makedirs(folder, exist_ok=True)
            self._made.add(folder)
        try:
            with open(mine, "xb") as file:
                file.write(data)
            os.replace(mine, path)
        except OSError:
            _remove(mine)
            raise

    def _path(self, kind: str, digest: str) -> str:
        assert self._folder is not None
        return os.path.join(self._folder, digest[:2], f"{digest[2:]}.{kind}")

    def _mac(self, kind: str, digest: str, payload: bytes) -> bytes:
        mac = hashlib.blake2b(f"{kind}:{digest}:".encode(), key=self._key, digest_size=MAC_SIZE)
        mac.update(payload)
        return mac.digest()


@lru_cache(maxsize=8)
def open_store(cache_dir: str) -> Store:
    """Return the store for a setting of `bkm-cache-dir`: a folder, "off", or empty for the user's cache folder."""
    home = user_folder()
    if cache_dir == OFF:
        return Store(None, None)
    if home is None:
        return Store(None, None, "the folder for caches is not known: there is no home folder")
    try:
        return Store(cache_dir or os.path.join(home, "records"), read_key(home))
    except OSError as error:
        return Store(None, None, f"{error.filename or home}: {error.strerror or error}")


def user_folder() -> str | None:
    """Return the folder for caches of this tool, by the habits of the platform; None where there is none.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    try:
        home = Path.home()
    except (RuntimeError, OSError):
        return None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "") or str(home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(home / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "") or str(home / ".cache")
    return os.path.join(base, "flake8-bookmark") if os.path.isabs(base) else None


def read_key(home: str) -> bytes:
    """Return the user's key, made when it is first asked for; OSError where none can be kept that others can't read."""
    path = os.path.join(home, "key")
    os.makedirs(home, mode=0o700, exist_ok=True)
    for is_made in (False, True):
        try:
            with open(path, "rb", opener=_open_at_once) as file:
                known, key = os.fstat(file.fileno()), file.read(KEY_SIZE + 1) or b""
        except FileNotFoundError:
            known, key = None, b""
        if known is not None and not _is_private(known):
            raise PermissionError(errno.EACCES, "not a file of yours that nobody else can read (mode 600)", path)
        if len(key) == KEY_SIZE:
            return key
        if not is_made:
            _make_key(path)
    raise OSError(errno.EIO, "can't be kept", path)


def _make_key(path: str) -> None:
    """Write a new key, whole or not at all. Of two processes that race, one works with a key of its own this once."""
    number, mine = tempfile.mkstemp(prefix=".key.", dir=os.path.dirname(path))
    try:
        with open(number, "wb") as file:
            file.write(secrets.token_bytes(KEY_SIZE))
        os.replace(mine, path)
    except OSError:
        _remove(mine)
        raise


def _open_at_once(path: str, flags: int) -> int:
    """Open what may be a pipe that nobody writes to, without waiting for them."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _is_private(known: os.stat_result) -> bool:
    if sys.platform == "win32":
        return True
    return stat.S_ISREG(known.st_mode) and known.st_uid == os.getuid() and not known.st_mode & 0o077


ROOT = Path(__file__).resolve().parent.parent
GRAMMAR = str(sys.version_info[:2])


@lru_cache(maxsize=1)
def installed() -> str:
    """Return a name for this installation, and the Python that it runs on; it changes when a file is written."""
    found = hashlib.blake2b(f"{GRAMMAR}{ROOT}".encode(), digest_size=20)
    for entry in _own_files():
        known = entry.stat()
        found.update(f"{entry.path}:{known.st_size}:{known.st_mtime_ns};".encode("utf-8", "surrogateescape"))
    return found.hexdigest()


@lru_cache(maxsize=1)
def content() -> str:
    """Return a name for the code and data of this tool and the grammar of this Python."""
    found = hashlib.blake2b(GRAMMAR.encode(), digest_size=16)
    for entry in _own_files():
        with open(entry.path, "rb") as file:
            data = file.read()
        name = os.path.relpath(entry.path, ROOT).replace(os.sep, "/")
        found.update(f"{name}:{len(data)};".encode("utf-8", "surrogateescape") + data)
    return found.hexdigest()


def _own_files() -> list[os.DirEntry[str]]:
    pending, found = [str(ROOT)], list[os.DirEntry[str]]()
    for folder in pending:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    found.append(entry)
                elif entry.name != "__pycache__":
                    pending.append(entry.path)
    return sorted(found, key=lambda entry: entry.path)


def digest_of(*parts: bytes) -> str:
    """Return the digest of byte strings, told apart by their lengths."""
    found = hashlib.blake2b(digest_size=20)
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()


# old records ----------------------------------------------------------------------------------------------------------


def _sweep(folder: str) -> None:
    """Remove records that were written long ago, once a week, and nothing else that may lie in the folder."""
    mark = os.path.join(folder, "swept")
    now = time.time()
    try:
        if os.path.exists(mark) and os.stat(mark).st_mtime > now - SWEPT_DAYS * DAY:
            return
        os.makedirs(folder, exist_ok=True)
        with open(mark, "wb"):
            os.utime(mark, (now, now))
        versions = [name for name in os.listdir(folder) if VERSION_FOLDER.fullmatch(name)]
    except OSError:
        return
    for where, _, files in (step for name in versions for step in os.walk(os.path.join(folder, name))):
        for path in (os.path.join(where, name) for name in files if RECORD_FILE.fullmatch(name)):
            if _age(path, now) > KEPT_DAYS * DAY:
                _remove(path)


def _age(path: str, now: float) -> float:
    try:
        return now - os.stat(path).st_mtime
    except OSError:
        return 0.0


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        return
