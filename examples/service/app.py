"""The web face of a small shop: orders come in, are stored, billed and announced."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import requests
from fastapi import FastAPI, HTTPException

from . import accounts, orders, reports, stock, workers

EXCHANGE = "https://rates.example/latest"


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with asyncio.TaskGroup() as group:
        group.create_task(workers.announce())
        watcher = group.create_task(stock.watch())
        yield
        watcher.cancel()


app = FastAPI(lifespan=lifespan)


def exchange_rate(currency: str) -> float:
    answer = requests.get(EXCHANGE, params={"to": currency}, timeout=5)
    answer.raise_for_status()
    return answer.json()["rate"]


async def audit(event: str, order_id: int) -> None:
    await workers.events.put((event, order_id))


@app.post("/orders")
async def place(order: dict, token: str):
    user = await accounts.user_of(token)
    if user is None:
        raise HTTPException(401)
    rate = exchange_rate(order["currency"])  # BKM112
    order_id = await orders.add(user, order, rate)
    asyncio.create_task(audit("placed", order_id))  # BKM301
    return {"id": order_id}


@app.get("/orders/{order_id}")
async def show(order_id: int):
    order = await asyncio.create_task(orders.find(order_id))  # BKM401
    payment = requests.get(f"https://pay.example/orders/{order_id}", timeout=5)  # BKM102
    audit("shown", order_id)  # BKM303
    return {"order": order, "payment": payment.json()}


@app.get("/overview")
async def overview():
    return await asyncio.gather(await orders.count(), await stock.levels())  # BKM402


@app.get("/reports/{month}")
async def report(month: str):
    return await reports.monthly(month)
