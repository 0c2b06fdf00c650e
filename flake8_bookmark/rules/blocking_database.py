"""A coroutine waits for a database without a bookmark.

## What it does

Reports calls of synchronous database code in a coroutine or an async generator: connecting, executing,
fetching, committing, with `sqlite3`, `psycopg`, `pymysql`, `pymongo`, `redis`, synchronous SQLAlchemy, the
Django ORM and others of the catalogue.

## What happens on the loop

A query is short until it isn't: a missing index, a full connection pool, a row that somebody else has
locked. The synchronous driver stops the thread for as long as that takes. While it stops, no other request
of your service is read, answered or timed out.

It can end in a deadlock. Task A holds a row lock in an open transaction and has laid its bookmark somewhere
else. Task B asks for the same row with a synchronous driver and stops the thread. The thread is the only
one that could bring A to its `commit`. The database sees two clients, one waiting for the other, and waits
for its lock timeout. (`sqlite3` gives up after 5 seconds by default, with `database is locked`.)

```text
A: bookmark, inside a transaction      holds the row, needs the thread
B: execute("update ...")               holds the thread, needs the row
```

An SQLite file is no exception. It has no server to wait for, but a disk, and a lock on the file.

## Example

```python
import sqlite3


async def report(path, channel):
    connection = sqlite3.connect(path)  # BKM103
    cursor = connection.execute("select id, total from orders")  # BKM103
    await channel.send(cursor.fetchall())  # BKM103
```

## Use instead

Put the database work into one function and let a worker thread run it as a whole. Open the connection in
there, too: by default an `sqlite3` connection may be used by the thread that made it, and by no other.

```python
import asyncio
import sqlite3


def load_orders(path):
    connection = sqlite3.connect(path)
    return connection.execute("select id, total from orders").fetchall()


async def report(path, channel):
    rows = await asyncio.to_thread(load_orders, path)
    await channel.send(rows)
```

With anyio:

```python
import sqlite3

import anyio


def load_orders(path):
    connection = sqlite3.connect(path)
    return connection.execute("select id, total from orders").fetchall()


async def report(path, channel):
    rows = await anyio.to_thread.run_sync(load_orders, path)
    await channel.send(rows)
```

With trio:

```python
import sqlite3

import trio


def load_orders(path):
    connection = sqlite3.connect(path)
    return connection.execute("select id, total from orders").fetchall()


async def report(path, channel):
    rows = await trio.to_thread.run_sync(load_orders, path)
    await channel.send(rows)
```

Or use the async face of your library: `psycopg.AsyncConnection`, `redis.asyncio`, `sqlalchemy.ext.asyncio`,
Django's `aget`, `acreate` and `async for` over a query set. An async session belongs to one task at a time.

## When not to fix it

* A small SQLite file that this process alone writes, in a service with few users.
* A migration or an import script in which nothing else runs.

Tell the tool on the line of the callee:

```python
import sqlite3


async def open_cache(path):
    return sqlite3.connect(path)  # noqa: BKM103
```

or for a folder with `per-file-ignores = migrations/*: BKM103`, or by name with `bkm-nonblocking =
shop.cache.Cache.get`.

## Known limits

* In tests, where nobody else is served, it is a hint, also through helpers.
* Lazy loading is not seen: reading an attribute such as `order.customer` of an ORM object may send a query.
* Sessions and cursors that come in as parameters without annotation are not known.
* One chain such as `connect(...).execute(...).fetchall()` waits up to three times, at three calls.

## Confirm it at run time

In tests, [blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to
sqlite3.Connection.execute` for SQLite, and at `socket.socket.send` or `recv` for drivers written in Python.
Drivers written in C (`psycopg2`, `mysqlclient`) pass it unseen: use `asyncio.run(main(), debug=True)` and
read the log for `Executing <Task ...> took 0.412 seconds`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM103",
    slug="blocking-database",
    level=Level.ERROR,
    since="0.1.0",
    check=own_calls(Kind.DATABASE),
    explanation=__doc__,
    coroutines_only=True,
)
