"""The counter in the shop: a ticket printer, a till and a display, all driven by timers and sockets."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import httpx

from . import orders

tickets: asyncio.Queue[str] = asyncio.Queue()
sales: asyncio.Queue[bytes] = asyncio.Queue()
pressed = asyncio.Event()
paper = asyncio.Event()


class Till(asyncio.DatagramProtocol):
    """Receives what the till sends, one datagram for each sale."""

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        sales.put_nowait(data)


def store(sale: bytes) -> None:
    with sqlite3.connect("till.db") as database:
        database.execute("insert into sales values (?)", (sale,))


async def keep_storing() -> None:
    while True:
        await asyncio.to_thread(store, await sales.get())


class Display:
    """Shows how many orders are open."""

    async def keep_refreshing(self, client: httpx.AsyncClient) -> None:
        while True:
            await asyncio.sleep(60)
            count = await orders.count()
            await client.put("https://display.example/text", content=f"{count} orders")
            await asyncio.sleep(0.1)

    async def restart(self) -> None:
        process = await asyncio.create_subprocess_exec("display", "restart")
        await process.wait()


def write(text: str) -> None:
    Path("/dev/printer").write_text(text)


async def keep_printing() -> None:
    while True:
        await pressed.wait()
        pressed.clear()
        await asyncio.to_thread(write, await tickets.get())


async def keep_watching_paper() -> None:
    while True:
        await paper.wait()
        paper.clear()
        await asyncio.to_thread(input, "put in paper, then press Enter")


def listen(loop: asyncio.AbstractEventLoop, button: int, sensor: int) -> None:
    loop.add_reader(button, pressed.set)
    loop.add_reader(sensor, paper.set)
