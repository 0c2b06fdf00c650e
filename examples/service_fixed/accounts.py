"""Who may order: passwords and tokens."""

from __future__ import annotations

import asyncio
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


def matches(user: str, password: str) -> bool:
    known = stored_hash(user)
    return known is not None and bcrypt.checkpw(password.encode(), known)


def store(user: str, password: str) -> None:
    value = bcrypt.hashpw(password.encode(), bcrypt.gensalt())
    with USERS.open("a", encoding="utf-8") as file:
        file.write(f"{user}:{value.decode()}\n")


async def log_in(user: str, password: str) -> str | None:
    if not await asyncio.to_thread(matches, user, password):
        return None
    token = secrets.token_urlsafe()
    tokens[token] = user
    return token


async def register(user: str, password: str) -> None:
    await asyncio.to_thread(store, user, password)


async def user_of(token: str) -> str | None:
    return tokens.get(token)
