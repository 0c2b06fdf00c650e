"""Where orders are kept: one SQLite file, and a lock so that order numbers have no holes."""

from __future__ import annotations

import asyncio
import sqlite3

PATH = "shop.db"
numbering = asyncio.Lock()


class Numbers:
    """The next free order number."""

    def __init__(self) -> None:
        self.last = 0

    async def take(self, reserve) -> int:
        async with numbering:
            self.last += 1
            await reserve(self.last)
            return self.last


numbers = Numbers()


def change(sql: str, *values: object) -> None:
    with sqlite3.connect(PATH) as connection:
        connection.execute(sql, values)


def select(sql: str, *values: object) -> list[tuple]:
    with sqlite3.connect(PATH) as connection:
        return connection.execute(sql, values).fetchall()


async def reserve(number: int) -> None:
    await asyncio.to_thread(change, "insert into numbers values (?)", number)


async def add(user: str, order: dict, rate: float) -> int:
    number = await numbers.take(reserve)
    total = order["total"] * rate
    await asyncio.to_thread(change, "insert into orders values (?, ?, ?)", number, user, total)
    return number


async def find(number: int) -> tuple | None:
    rows = await asyncio.to_thread(select, "select * from orders where number = ?", number)
    return rows[0] if rows else None


async def count() -> int:
    rows = await asyncio.to_thread(select, "select count(*) from orders")
    return rows[0][0]
