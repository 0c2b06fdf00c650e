"""What customers have put into their carts, and the prices of it."""

from __future__ import annotations

import asyncio


RATES: dict[str, float] = {}
ASKING = asyncio.Lock()


async def rate_of(currency: str, ask) -> float:
    async with ASKING:
        if currency not in RATES:
            RATES[currency] = await ask(currency)
    return RATES[currency]


class Carts:
    """All open carts, with one connection to the service that knows the prices."""

    def __init__(self, connect) -> None:
        self.connect = connect
        self.connecting = asyncio.Lock()
        self.prices = None
        self.turnover = 0.0

    async def price(self, item: str) -> float:
        async with self.connecting:
            if self.prices is None:
                self.prices = await self.connect()
        return await self.prices.of(item)

    async def sold(self, item: str) -> None:
        price = await self.price(item)
        self.turnover += price


async def watch_prices(carts: Carts, items: asyncio.Queue[str]) -> None:
    while True:
        try:
            await carts.price(await items.get())
        except KeyError:
            continue
