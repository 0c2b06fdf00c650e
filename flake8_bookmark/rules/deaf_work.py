"""A timeout is set around work in a thread that no cancel can stop.

## What it does

Reports `asyncio.wait_for` around `asyncio.to_thread` or `run_in_executor`, and a timeout whose body waits for nothing
but such work.

## What happens on the loop

### Deaf work

A cancel opens a bookmark and throws an exception in. A function in a thread has no bookmark. Python has no means to
stop a thread from outside.

```text
loop:    wait_for(to_thread(read), 5)    bookmark    5 s: TimeoutError, goes on
thread:  read ................................................................ still reads
```

The coroutine believes that the work is over. The thread goes on, with the same file and the same connection, and writes
its result when nobody expects it any more. It also keeps its place in the pool. With enough of them the pool is full,
and every `to_thread` of the program waits.

anyio and trio are honest about it: their scope waits for the thread, however late, unless it is told
`abandon_on_cancel=True`. So there the limit has no effect at all.

## Example

```python
import asyncio


async def read(client):
    return await asyncio.wait_for(asyncio.to_thread(client.read), 5)  # BKM606
```

## Use instead

Give the limit to the call inside the thread, which can keep it:

```python
import asyncio


async def read(client):
    return await asyncio.to_thread(client.read, timeout=5)
```

Best is a library for coroutines. There is a bookmark, and the cancel works:

```python
import asyncio


async def read(reader: asyncio.StreamReader):
    return await asyncio.wait_for(reader.read(100), 5)
```

Work that may run away belongs into a process, which can be killed. For anyio and trio, `to_thread.run_sync(work,
abandon_on_cancel=True)` says that the thread may be left behind.

## When not to fix it

Where it doesn't matter that the thread works on: it only reads, and ends soon. Waive the line of the timeout:

```python
import asyncio


async def ask(resolver, name):
    return await asyncio.wait_for(asyncio.to_thread(resolver.look_up, name), 2)  # noqa: BKM606
```

or a folder with `per-file-ignores = probes/*: BKM606`.

## Known limits

* The call must stand inside the timeout: a future that was made before and kept in a variable is not followed.
* A limit inside the thread, in addition, isn't seen: then both are fine.
* Functions of your own that hand work to a thread are not followed.

## Confirm it at run time

Let the thread run `time.sleep(10)` under a limit of one second. After the `TimeoutError`, `threading.enumerate()` still
shows it, and `asyncio.run` doesn't return before it ends.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.scopes import deaf_work

RULE = Rule(
    code="BKM606",
    slug="deaf-work",
    level=Level.WARNING,
    since="0.1.0",
    check=deaf_work,
    explanation=__doc__,
    coroutines_only=True,
)
