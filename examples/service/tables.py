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
        for guest in self.guests.values():
            await guest.send(text)

    async def move(self, carry) -> None:
        self.moving = True  # BKM507
        await carry()
        self.moving = False

    async def reserve(self, count: int, log) -> None:
        # bkm: atomic
        if self.free >= count:
            self.free -= count
            await log(count)  # BKM508

    async def close(self, log) -> None:
        async with self.lock:
            await self.clear(log)  # BKM506

    async def clear(self, log) -> None:
        async with self.lock:
            await log("clear")


async def orders(source):
    async with asyncio.timeout(60):  # BKM604
        while order := await source.get():
            yield order


async def menu(parse, text: str):
    async with asyncio.timeout(5):  # BKM603
        return parse(text)


async def scan(printer):
    return await asyncio.wait_for(asyncio.to_thread(printer.scan), 5)  # BKM606
