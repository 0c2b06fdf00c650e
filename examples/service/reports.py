"""Monthly reports, laid out by another program."""

from __future__ import annotations

import asyncio
import subprocess

from . import orders


async def lay_out(source: str, target: str) -> None:
    subprocess.run(["typst", "compile", source, target], check=True)  # BKM104


def typst_version() -> str:
    return subprocess.check_output(["typst", "--version"], text=True)


def total(month: str) -> int:
    return asyncio.run(orders.count())


async def monthly(month: str) -> dict[str, object]:
    source = f"reports/{month}.typ"
    with open(source, "w", encoding="utf-8") as file:  # BKM105
        file.write(f"= Report for {month}\n")
        file.write(f"// {typst_version()}\n")  # BKM114
    await lay_out(source, f"reports/{month}.pdf")
    return {"month": month, "orders": total(month)}  # BKM118


async def nightly() -> int:
    return asyncio.run(orders.count())  # BKM108


def confirmed() -> bool:
    return input("delete all reports? ") == "yes"


async def delete_all(remove) -> None:
    if confirmed():  # BKM119
        await remove("reports")
