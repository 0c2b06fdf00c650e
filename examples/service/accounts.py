"""Who may order: passwords and tokens."""

from __future__ import annotations

import secrets
from pathlib import Path

import bcrypt

USERS = Path("users.txt")
tokens: dict[str, str] = {}


def stored_hash(user: str) -> bytes | None:
    for line in USERS.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == user:
            return value.encode()
    return None


def matches(password: str, known: bytes) -> bool:
    return bcrypt.checkpw(password.encode(), known)


async def log_in(user: str, password: str) -> str | None:
    known = stored_hash(user)  # BKM115
    if known is None or not matches(password, known):  # BKM212
        return None
    token = secrets.token_urlsafe()
    tokens[token] = user
    return token


async def register(user: str, password: str) -> None:
    value = bcrypt.hashpw(password.encode(), bcrypt.gensalt())  # BKM202
    with USERS.open("a", encoding="utf-8") as file:  # BKM105
        file.write(f"{user}:{value.decode()}\n")


async def user_of(token: str) -> str | None:
    return tokens.get(token)
