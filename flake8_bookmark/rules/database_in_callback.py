"""A plain function that the loop runs waits on a database.

## What it does

Reports calls that wait for a database in a plain function that the event loop itself runs, and calls of helpers
that end there. The message says who handed the function to the loop, and where.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

The loop calls `data_received` each time bytes come in, of every connection. Each call waits for the database
with the loop's thread in hand, so all connections together are as fast as one.

```text
event loop      | data_received() ... execute ... | data_received() ... execute ... |
connection 2    | bytes are there                 | its turn                        |
connection 3    | bytes are there                                                   | its turn
```

A lock in the database makes it worse: the one who would release it may be waiting on this loop.

## Example

```python
import asyncio
import sqlite3

database = sqlite3.connect("readings.db")


class Readings(asyncio.Protocol):
    def data_received(self, data):
        database.execute("insert into readings values (?)", (data,))  # BKM123
```

## Use instead

A callback takes the data and lays it down; a task stores it, in a worker. With asyncio:

```python
import asyncio
import sqlite3

readings = asyncio.Queue()


class Readings(asyncio.Protocol):
    def data_received(self, data):
        readings.put_nowait(data)


def store(data):
    with sqlite3.connect("readings.db") as database:
        database.execute("insert into readings values (?)", (data,))


async def keep_storing():
    while True:
        await asyncio.to_thread(store, await readings.get())
```

Give the queue a limit and pause the transport when it is full, or read the connection in a coroutine in the first
place: `asyncio.start_server` gives you a stream, and `await reader.read()` is a bookmark. With anyio and trio this
is the only way.

## When not to fix it

If the database is in memory, or a local file that is read only, and the query is small. Waive the call:

```python
import asyncio
import sqlite3

names = sqlite3.connect(":memory:")


class Names(asyncio.Protocol):
    def data_received(self, data):
        names.execute("select name from names where id = ?", (data,))  # noqa: BKM123
```

or a folder with `per-file-ignores = tools/*: BKM123`.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs `Executing <Handle _SelectorSocketTransport._read_ready() ...> took 0.150
seconds`; it names the transport that called your method.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM123",
    slug="database-in-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=callback_calls(Kind.DATABASE),
    explanation=__doc__,
)
