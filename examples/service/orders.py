"""Where orders are kept: one SQLite file, and a lock so that order numbers have no holes."""

from __future__ import annotations

import sqlite3
import threading

PATH = "shop.db"
numbering = threading.Lock()


class Numbers:
    """The next free order number."""

    def __init__(self) -> None:
        self.last = 0

    async def take(self, reserve) -> int:
        with numbering:  # BKM501
            self.last += 1
            await reserve(self.last)
            return self.last


numbers = Numbers()


async def reserve(number: int) -> None:
    connection = sqlite3.connect(PATH)  # BKM103
    connection.execute("insert into numbers values (?)", (number,))  # BKM103
    connection.commit()  # BKM103


async def add(user: str, order: dict, rate: float) -> int:
    number = await numbers.take(reserve)
    with sqlite3.connect(PATH) as connection:  # BKM103
        connection.execute("insert into orders values (?, ?, ?)", (number, user, order["total"] * rate))  # BKM103
    return number


def select(sql: str, *values: object) -> list[tuple]:
    with sqlite3.connect(PATH) as connection:
        return connection.execute(sql, values).fetchall()


async def find(number: int) -> tuple | None:
    rows = select("select * from orders where number = ?", number)  # BKM113
    return rows[0] if rows else None


async def count() -> int:
    return select("select count(*) from orders")[0][0]  # BKM113
