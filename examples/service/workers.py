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
