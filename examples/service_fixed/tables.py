"""The tables of the shop's restaurant: who sits where, and who is told."""

from __future__ import annotations

import asyncio


class Tables:
    """All tables, one lock around them, and a flag while they are moved."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.guests: dict[str, object] = {}
        self.free = 20
        self.moving = False

    def seat(self, name: str, guest: object) -> None:
        self.guests[name] = guest

    async def tell(self, text: str) -> None:
        for guest in list(self.guests.values()):
            await guest.send(text)

    async def move(self, carry) -> None:
        self.moving = True
        try:
            await carry()
        finally:
            self.moving = False

    async def reserve(self, count: int, log) -> None:
        # bkm: atomic
        if self.free >= count:
            self.free -= count
        await log(count)

    async def close(self, log) -> None:
        await self.clear(log)

    async def clear(self, log) -> None:
        async with self.lock:
            await log("clear")


async def orders(source):
    while True:
        async with asyncio.timeout(60):
            order = await source.get()
        if order is None:
            return
        yield order


async def menu(parse, fetch):
    async with asyncio.timeout(5):
        text = await fetch()
    return parse(text)


async def scan(printer):
    return await asyncio.to_thread(printer.scan, timeout=5)
