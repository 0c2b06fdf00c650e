"""A coroutine calls a function that waits for a database.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project (a repository, a
model, a query function) that ends in a synchronous database call. The message names each step with file and
line.

## What happens on the loop

Database code is usually wrapped: the coroutine calls a repository, the repository calls the driver. The
wrapping hides the wait from you, not from the thread. A plain method can't lay a bookmark, so the query
runs inside the coroutine's transition, and the loop stands still until the rows are there.

```text
show()                    | transition ..............................
  Orders.open()           |   plain method: no bookmark possible
    sqlite3.connect()     |     disk, locks
    cursor.execute()      |     disk, locks
channel.send()            |                                 | bookmark
```

Under load this feeds on itself. Queries queue up behind each other on one thread, transactions stay open
longer, and locks in the database are held longer, so that each query gets slower.

## Example

```python
import sqlite3


class Orders:
    def __init__(self, path):
        self.path = path

    def open(self):
        with sqlite3.connect(self.path) as connection:
            return connection.execute("select id from orders where paid = 0").fetchall()


async def show(orders: Orders, channel):
    rows = orders.open()  # BKM113
    await channel.send(rows)
```

## Use instead

Let a worker run the whole method. It opens its connection itself, so the connection belongs to the worker's
thread, as `sqlite3` wants it. With asyncio:

```python
import asyncio
import sqlite3


class Orders:
    def __init__(self, path):
        self.path = path

    def open(self):
        with sqlite3.connect(self.path) as connection:
            return connection.execute("select id from orders where paid = 0").fetchall()


async def show(orders: Orders, channel):
    rows = await asyncio.to_thread(orders.open)
    await channel.send(rows)
```

With anyio it is `await anyio.to_thread.run_sync(orders.open)`, with trio `await
trio.to_thread.run_sync(orders.open)`.

A session that was made on the loop's thread doesn't become thread-safe by this. Make it inside the function
that moves, or use the async face of your library throughout:

```python
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Orders:
    def __init__(self, session: AsyncSession):
        self.session = session

    async def open(self):
        found = await self.session.execute(text("select id from orders where paid = 0"))
        return found.all()


async def show(orders: Orders, channel):
    rows = await orders.open()
    await channel.send(rows)
```

In Django, an `async def` view reaches the ORM with `await Order.objects.aget(...)`, or with `await
sync_to_async(show_orders)()` for a function that does more than one query.

## When not to fix it

* The repository answers from memory, and goes to the database on a path that can't be taken here.
* A script or a migration with one coroutine.

Waive the call:

```python
import sqlite3


def version(path):
    return sqlite3.connect(path).execute("select max(version) from schema").fetchone()


async def migrate(path, steps):
    done = version(path)  # noqa: BKM113
    await steps.run_after(done)
```

or a folder with `per-file-ignores = migrations/*: BKM113`, or the helper for all its callers with
`bkm-nonblocking = shop.orders.Orders.open`.

## Known limits

* In this release a chain is followed inside one file.
* A query that is sent by reading an attribute of an ORM object (lazy loading) is not seen.
* `orders` needs a type: an annotation, or a constructor call that the tool can see.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError` at the driver's call if the
driver is `sqlite3` or is written in Python. For drivers in C, `asyncio.run(main(), debug=True)` logs the
long transition.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM113",
    slug="database-in-helper",
    level=Level.ERROR,
    since="0.1.0",
    check=helper_calls(Kind.DATABASE),
    explanation=__doc__,
    coroutines_only=True,
)
