"""What is in the warehouse, as its scanner tells."""

from __future__ import annotations

import queue
import threading
import time

scans: queue.Queue[tuple[str, int]] = queue.Queue()
level: dict[str, int] = {}


async def watch() -> None:
    while True:
        item, change = scans.get()  # BKM107
        level[item] = level.get(item, 0) + change
        await low(item)


async def low(item: str) -> None:
    if level[item] < 3:
        from . import workers

        await workers.events.put(("low", item))


async def wait_for(item: str, amount: int) -> None:
    while level.get(item, 0) < amount:
        time.sleep(0.5)  # BKM101


async def balance(batches: list[list[tuple[str, int]]]) -> None:
    while True:  # BKM201
        for batch in batches:
            for item, change in batch:
                level[item] = level.get(item, 0) + change


def stop(scanner: threading.Thread) -> None:
    """Wait until the scanner has handed in its last scan."""
    scanner.join()


async def close(scanner: threading.Thread) -> None:
    stop(scanner)  # BKM117


async def levels() -> dict[str, int]:
    return dict(level)


async def shelves() -> list[tuple[int, int, int]]:
    return [(a, b, c) for a in range(80) for b in range(80) for c in range(80)]  # BKM203


async def next_order() -> str:
    return min(level, default="")


async def refill(order) -> None:
    while True:  # BKM204
        if item := await next_order():
            order(item)
