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
