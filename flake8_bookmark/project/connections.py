"""Objects that serve one at a time, by how they are called: sessions, cursors, sockets, files, locks."""

from __future__ import annotations

import re

from flake8_bookmark.project.values import Instance, Values, is_first_party

CONNECTIONS = """
    session sess db database conn connection con cursor cur tx txn transaction sock socket ws websocket stream reader
    writer file fp fh f serial channel chan pipe browser page driver proc process queue q lock sem semaphore bus port
    transport protocol telnet ssh sftp ftp imap pop smtp mqtt modbus terminal shell stdin stdout
"""
ONE_AT_A_TIME = frozenset(CONNECTIONS.split())
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def classes_look_like_one(values: Values) -> bool:
    """Tell whether a class is named after a connection: `IOStream`, `SerialDevice`; a first-party one in its last word.

    The project's own `SessionRegistry` is no session; of a library's class no more is known than its name.
    """
    for value in values:
        if isinstance(value, Instance):
            words = [w.lower() for w in WORD.findall(value.cls.rpartition(".")[2].rpartition(":")[2])]
            if not ONE_AT_A_TIME.isdisjoint(words[-1:] if is_first_party(value.cls) else words):
                return True
    return False


def looks_like_one(path: str) -> bool:
    """Tell whether the last word of a dotted path is that of a connection: `self._db_session`."""
    words = path.rpartition(".")[2].lower().strip("_").split("_")
    return words[-1] in ONE_AT_A_TIME or words[-1].rstrip("0123456789") in ONE_AT_A_TIME
