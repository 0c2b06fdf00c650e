"""The web face of a small shop: orders come in, are stored, billed and announced."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, HTTPException

from . import accounts, orders, reports, stock, workers

EXCHANGE = "https://rates.example/latest"
client = httpx.AsyncClient(timeout=5)


@asynccontextmanager
async def lifespan(app: FastAPI):
    stock.connect(asyncio.get_running_loop())
    async with client, asyncio.TaskGroup() as group:
        running = [group.create_task(workers.announce()), group.create_task(stock.watch())]
        yield
        for task in running:
            task.cancel()


app = FastAPI(lifespan=lifespan)


async def exchange_rate(currency: str) -> float:
    answer = await client.get(EXCHANGE, params={"to": currency})
    answer.raise_for_status()
    return answer.json()["rate"]


async def payment_of(order_id: int) -> dict:
    answer = await client.get(f"https://pay.example/orders/{order_id}")
    return answer.json()


async def audit(event: str, order_id: int) -> None:
    await workers.events.put((event, order_id))


@app.post("/orders")
async def place(order: dict, token: str):
    user = await accounts.user_of(token)
    if user is None:
        raise HTTPException(401)
    rate = await exchange_rate(order["currency"])
    order_id = await orders.add(user, order, rate)
    await audit("placed", order_id)
    return {"id": order_id}


@app.get("/orders/{order_id}")
async def show(order_id: int):
    async with asyncio.TaskGroup() as group:
        order = group.create_task(orders.find(order_id))
        payment = group.create_task(payment_of(order_id))
    await audit("shown", order_id)
    return {"order": order.result(), "payment": payment.result()}


@app.get("/overview")
async def overview():
    return await asyncio.gather(orders.count(), stock.levels())


@app.get("/reports/{month}")
async def report(month: str):
    return await reports.monthly(month)
