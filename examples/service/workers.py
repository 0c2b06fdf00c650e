"""Work beside the requests: mails about what happens in the shop."""

from __future__ import annotations

import asyncio
import smtplib
import time
from email.message import EmailMessage

events: asyncio.Queue[tuple[str, object]] = asyncio.Queue()


def send(message: EmailMessage) -> None:
    with smtplib.SMTP("mail.example") as server:
        server.send_message(message)


def settle(seconds: float) -> None:
    time.sleep(seconds)


async def announce() -> None:
    while True:
        kind, subject = await events.get()
        message = EmailMessage()
        message["To"] = "staff@shop.example"
        message["Subject"] = f"{kind}: {subject}"
        send(message)  # BKM112
        settle(0.1)  # BKM111


async def ask_operator(question: str) -> str:
    return input(question)  # BKM109


async def is_open(door: str) -> bool:
    await events.put(("asked", door))
    return door == "front"


async def enter(door: str) -> str:
    if not is_open(door):  # BKM304
        return "closed"
    noted = events.put(("entered", door))  # BKM306
    asyncio.get_running_loop().call_later(60, announce)  # BKM305
    return "open"


def start() -> None:
    announcing = asyncio.create_task(announce())  # BKM302


async def ask_all(doors: list[str]) -> None:
    await asyncio.gather(*[is_open(door) for door in doors], return_exceptions=True)


async def ask_until(door: str) -> bool:
    answer = is_open(door)
    while True:
        try:
            return await answer  # BKM309
        except TimeoutError:
            await asyncio.sleep(1)


slips = asyncio.Lock()


async def badge(door: str) -> str:
    return f"#{door}"


async def badges(doors: list[str]) -> list[str]:
    return await asyncio.gather(*[badge(door) for door in doors])  # BKM403


async def knock(doors: list[str]) -> None:
    for door in doors:
        await asyncio.gather(is_open(door))  # BKM407


async def slip(door: str) -> bool:
    async with slips:
        return await is_open(door)


async def all_slips(doors: list[str]) -> list[bool]:
    return await asyncio.gather(*[slip(door) for door in doors])  # BKM409
