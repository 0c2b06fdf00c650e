"""What is in the warehouse, as its scanner tells."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ProcessPoolExecutor

from . import workers

scans: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
level: dict[str, int] = {}
changed = asyncio.Condition()
home: list[asyncio.AbstractEventLoop] = []


def connect(loop: asyncio.AbstractEventLoop) -> None:
    home.append(loop)


def scanned(item: str, change: int) -> None:
    """Take a scan over; the scanner's own thread calls this."""
    home[-1].call_soon_threadsafe(scans.put_nowait, (item, change))


async def watch() -> None:
    while True:
        item, change = await scans.get()
        await book(item, change)


async def book(item: str, change: int) -> None:
    async with changed:
        level[item] = level.get(item, 0) + change
        changed.notify_all()
    if level[item] < 3:
        await workers.events.put(("low", item))


async def wait_for(item: str, amount: int) -> None:
    async with changed:
        await changed.wait_for(lambda: level.get(item, 0) >= amount)


async def balance(batches: asyncio.Queue[list[tuple[str, int]]]) -> None:
    while True:
        for item, change in await batches.get():
            await book(item, change)


def stop(scanner: threading.Thread) -> None:
    """Wait until the scanner has handed in its last scan."""
    scanner.join()


async def close(scanner: threading.Thread) -> None:
    await asyncio.to_thread(stop, scanner)


async def levels() -> dict[str, int]:
    async with changed:
        return dict(level)


def all_shelves() -> list[tuple[int, int, int]]:
    return [(a, b, c) for a in range(80) for b in range(80) for c in range(80)]


async def shelves() -> list[tuple[int, int, int]]:
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1) as pool:
        return await loop.run_in_executor(pool, all_shelves)


async def next_order() -> str:
    async with changed:
        await changed.wait()
        return min(level, default="")


async def refill(order) -> None:
    while True:
        if item := await next_order():
            order(item)
