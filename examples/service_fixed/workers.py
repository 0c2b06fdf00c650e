"""Work beside the requests: mails about what happens in the shop."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage

events: asyncio.Queue[tuple[str, object]] = asyncio.Queue()


def send(message: EmailMessage) -> None:
    with smtplib.SMTP("mail.example") as server:
        server.send_message(message)


async def announce() -> None:
    while True:
        kind, subject = await events.get()
        message = EmailMessage()
        message["To"] = "staff@shop.example"
        message["Subject"] = f"{kind}: {subject}"
        await asyncio.to_thread(send, message)
        await asyncio.sleep(0.1)


async def ask_operator(question: str) -> str:
    return await asyncio.to_thread(input, question)


running: set[asyncio.Task[None]] = set()


async def is_open(door: str) -> bool:
    await events.put(("asked", door))
    return door == "front"


async def enter(door: str) -> str:
    if not await is_open(door):
        return "closed"
    await events.put(("entered", door))
    start()
    return "open"


def start() -> None:
    announcing = asyncio.create_task(announce())
    running.add(announcing)
    announcing.add_done_callback(running.discard)


async def ask_all(doors: list[str]) -> list[bool]:
    return await asyncio.gather(*[is_open(door) for door in doors])


async def ask_until(door: str) -> bool:
    while True:
        try:
            return await is_open(door)
        except TimeoutError:
            await asyncio.sleep(1)


slips = asyncio.Lock()


def badge(door: str) -> str:
    return f"#{door}"


def badges(doors: list[str]) -> list[str]:
    return [badge(door) for door in doors]


async def knock(doors: list[str]) -> None:
    await asyncio.gather(*[is_open(door) for door in doors])


async def slip(door: str, printed: list[bool]) -> None:
    opened = await is_open(door)
    async with slips:
        printed.append(opened)


async def all_slips(doors: list[str]) -> list[bool]:
    printed: list[bool] = []
    await asyncio.gather(*[slip(door, printed) for door in doors])
    return printed
