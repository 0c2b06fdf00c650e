"""The counter in the shop: a ticket printer, a till and a display, all driven by timers and sockets."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import subprocess
import time

import requests

from . import orders

tickets: queue.Queue[str] = queue.Queue()


class Till(asyncio.DatagramProtocol):
    """Receives what the till sends, one datagram for each sale."""

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        with sqlite3.connect("till.db") as database:  # BKM123
            database.execute("insert into sales values (?)", (data,))  # BKM123


class Display:
    """Shows how many orders are open."""

    def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.call_later(60, self.refresh)
        self.loop.call_later(3600, self.restart)

    def refresh(self) -> None:
        count = asyncio.run(orders.count())  # BKM128
        requests.put("https://display.example/text", data=f"{count} orders", timeout=5)  # BKM122
        time.sleep(0.1)  # BKM121
        self.loop.call_later(60, self.refresh)

    def restart(self) -> None:
        subprocess.run(["display", "restart"], check=True)  # BKM124


def print_ticket() -> None:
    text = tickets.get()  # BKM127
    with open("/dev/printer", "w") as printer:  # BKM125
        printer.write(text)


def paper_is_out() -> None:
    input("put in paper, then press Enter")  # BKM129


def listen(loop: asyncio.AbstractEventLoop, button: int, sensor: int) -> None:
    loop.add_reader(button, print_ticket)
    loop.add_reader(sensor, paper_is_out)
