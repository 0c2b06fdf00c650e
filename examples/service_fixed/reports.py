"""Monthly reports, laid out by another program."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from . import orders


async def lay_out(source: str, target: str) -> None:
    process = await asyncio.create_subprocess_exec("typst", "compile", source, target)
    if await process.wait() != 0:
        raise RuntimeError(f"no report from {source}")


def typst_version() -> str:
    return subprocess.check_output(["typst", "--version"], text=True)


def write(source: str, month: str) -> None:
    Path(source).write_text(f"= Report for {month}\n// {typst_version()}\n", encoding="utf-8")


async def monthly(month: str) -> dict[str, object]:
    source = f"reports/{month}.typ"
    await asyncio.to_thread(write, source, month)
    await lay_out(source, f"reports/{month}.pdf")
    return {"month": month, "orders": await orders.count()}


async def nightly() -> int:
    return await orders.count()


def confirmed() -> bool:
    return input("delete all reports? ") == "yes"


async def delete_all(remove) -> None:
    if await asyncio.to_thread(confirmed):
        await remove("reports")
