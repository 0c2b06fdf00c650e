"""A transaction, a cursor or a file lock of a sync library stays open across a suspension.

## What it does

Reports a `with` that opens a transaction, a cursor or a lock on a file with a library for plain threads, where the
coroutine may suspend before the `with` is left.

## What happens on the loop

### Open transaction

A transaction holds locks in the database until it is committed. While the bookmark lies there, the locks are held, and
nobody knows for how long: that is up to whatever the coroutine waits for.

```text
A: begin, update row 7      bookmark: await mail.send()      30 seconds      commit
B:                          update row 7: waits for A, and keeps the thread, as a sync driver does
A:                                                           needs the thread to go on
```

With a sync driver the second one waits on the thread of the event loop. Then the first one can't go on and commit, and
both stand until the database gives up.

A connection that several coroutines share has one more trap. What B writes while A is suspended belongs to the
transaction of A, and is undone with it.

## Example

```python
import pymysql


async def order(connection: pymysql.connections.Connection, mail):
    with connection.cursor() as cursor:  # BKM505
        await mail.send("ordered", cursor.lastrowid)
```

## Use instead

Await before the transaction begins, or after it has ended. The sync part belongs into one function in a thread:

```python
import asyncio
import sqlite3


def store(path):
    with sqlite3.connect(path) as connection:
        connection.execute("insert into orders values (1)")


async def order(path, mail):
    await asyncio.to_thread(store, path)
    await mail.send("ordered")
```

With anyio it is `anyio.to_thread.run_sync(store, path)`, with trio `trio.to_thread.run_sync(store, path)`. Or take a
driver for coroutines, one transaction for each task, and keep it short all the same.

## When not to fix it

Where nobody else uses the connection, and nothing was written yet. Waive the line of the `with`:

```python
import pymysql


async def order(connection: pymysql.connections.Connection, mail):
    with connection.cursor() as cursor:  # noqa: BKM505
        await mail.send("ordered", cursor.lastrowid)
```

or a folder with `per-file-ignores = tools/*: BKM505`.

## Known limits

* It is a hint, for `bkm-hints` only: how long the wait is, and who else needs the rows, is not known.
* Only what a `with` opens is seen, not `begin()` and `commit()` by hand.
* Only libraries of the catalogue are known: sqlite3, SQLAlchemy, psycopg, psycopg2, PyMySQL and Django.

## Confirm it at run time

Run two of them at once on the same rows, with an `asyncio.sleep(10)` for the wait. The second one stands, and with it
the whole loop: `py-spy dump --pid PID` shows it in the driver.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.held import open_transaction
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM505",
    slug="open-transaction",
    level=Level.HINT,
    since="0.1.0",
    check=open_transaction,
    explanation=__doc__,
    coroutines_only=True,
)
