"""What customers have put into their carts, and the prices of it."""

from __future__ import annotations

import asyncio


RATES: dict[str, float] = {}


async def rate_of(currency: str, ask) -> float:
    if currency not in RATES:  # BKM503
        RATES[currency] = await ask(currency)
    return RATES[currency]


class Carts:
    """All open carts, with one connection to the service that knows the prices."""

    def __init__(self, connect) -> None:
        self.connect = connect
        self.prices = None
        self.turnover = 0.0

    async def price(self, item: str) -> float:
        if self.prices is None:
            self.prices = await self.connect()
        return await self.prices.of(item)

    async def sold(self, item: str) -> None:
        self.turnover += await self.price(item)  # BKM502


async def watch_prices(carts: Carts, items: asyncio.Queue[str]) -> None:
    while True:
        try:
            await carts.price(await items.get())
        except (KeyError, asyncio.CancelledError):  # BKM601
            continue
