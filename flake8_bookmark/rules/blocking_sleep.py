"""A coroutine puts its own thread to sleep.

## What it does

Reports `time.sleep` and its relatives where a coroutine or an async generator calls them itself.
`time.sleep(0)` is left alone: it waits for nothing.

## What happens on the loop

The event loop has one thread, and all your coroutines share it. A coroutine gives the thread back in one
place only: at an `await` (or `async for`, `async with`) that has to wait. There it lays a bookmark, saves
its local variables and leaves, and the loop lets somebody else read.

`time.sleep(1)` is no such place. The coroutine keeps the thread and lies down on it. For one second nobody
moves: no other task, no timer, no socket. Even the timeout around this very coroutine can't fire, because
the loop needs the thread to fire it.

```text
time.sleep      | you: asleep, thread in hand ................ | B | C |
                  B and C are ready, and wait

asyncio.sleep   | you: bookmark | B | C | B | C |              | you   |
                                  ^ the thread is theirs
```

Fifty tasks that each poll with `time.sleep(1)` don't poll once per second. They stand in a queue, and a
round takes fifty seconds.

## Example

```python
import time


async def wait_for(job):
    while True:
        if await job.done():
            return await job.result()
        time.sleep(1)  # BKM101
```

## Use instead

With asyncio:

```python
import asyncio


async def wait_for(job):
    while True:
        if await job.done():
            return await job.result()
        await asyncio.sleep(1)
```

With anyio:

```python
import anyio


async def wait_for(job):
    while True:
        if await job.done():
            return await job.result()
        await anyio.sleep(1)
```

With trio:

```python
import trio


async def wait_for(job):
    while True:
        if await job.done():
            return await job.result()
        await trio.sleep(1)
```

If you own the thing you wait for, don't poll at all: set an `asyncio.Event` when it is ready and `await`
that.

## When not to fix it

* A script with one coroutine has nobody to starve. Then an `async def` may be the part to delete.
* A test that blocks the loop on purpose, to see what your watchdog does.

Tell the tool on the line of the call:

```python
import time


async def stall_the_loop():
    time.sleep(1)  # noqa: BKM101
```

or for a folder:

```ini
[flake8]
per-file-ignores =
    scripts/*: BKM101
```

`bkm-nonblocking = time.sleep` would silence it everywhere, and through helpers (BKM111) as well.

## Known limits

A sleep under a name that can't be worked out (`pause = settings.pause; pause(1)`) is not seen.
`flake8-bookmark draw` marks such calls with `?`.

## Confirm it at run time

Run asyncio in debug mode. It logs every transition that took longer than `loop.slow_callback_duration` (0.1
seconds, unless you set it):

```python
import asyncio


async def main():
    await asyncio.sleep(0)


asyncio.run(main(), debug=True)
```

`PYTHONASYNCIODEBUG=1` does the same without a change. The log line reads `Executing <Task ...> took 1.001
seconds`. In tests, [blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking
call to time.sleep` on the spot.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM101",
    slug="blocking-sleep",
    level=Level.ERROR,
    since="0.1.0",
    check=own_calls(Kind.SLEEP),
    explanation=__doc__,
    coroutines_only=True,
)
