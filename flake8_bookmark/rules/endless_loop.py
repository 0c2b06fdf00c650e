"""A loop in a coroutine can neither suspend nor end.

## What it does

Reports a `while` or `for` loop in a coroutine or an async generator that has no suspension point inside (no
`await`, `async for`, `async with`, `yield`) and no way out: no `break`, `return` or `raise`, and no
condition that the loop could change. It speaks only where this is certain.

## What happens on the loop

### Endless loop

A coroutine gives the thread back at a suspension point, and nowhere else. In the machine, this loop is a
cycle inside one transition: its end leads to its beginning, past no bookmark.

```text
CREATED --> [ take, handle, take, handle, take, handle, ... ]   no arrow leads out
```

Nobody can interrupt it from outside either. `task.cancel()` throws `CancelledError` at the bookmark where a
coroutine waits, and this one never waits. A timeout is a timer of the loop, and the loop has no thread.
Even Ctrl-C only asks for a cancel: `asyncio.run` cancels the main task at the first Ctrl-C, and raises
`KeyboardInterrupt` at the second.

The whole service stands still, with one core at 100 %.

## Example

```python
async def consume(inbox, handle):
    while True:  # BKM201
        for message in inbox.take():
            handle(message)
```

## Use instead

Wait for something, so that there is a bookmark in the cycle. An `asyncio.Queue` is best: the coroutine
sleeps until there is work.

```python
import asyncio


async def consume(inbox: asyncio.Queue, handle):
    while True:
        message = await inbox.get()
        handle(message)
```

If there is nothing to wait on, look from time to time. With asyncio:

```python
import asyncio


async def consume(inbox, handle):
    while True:
        for message in inbox.take():
            handle(message)
        await asyncio.sleep(0.1)
```

With anyio:

```python
import anyio


async def consume(inbox, handle):
    while True:
        for message in inbox.take():
            handle(message)
        await anyio.sleep(0.1)
```

With trio:

```python
import trio


async def consume(inbox, handle):
    while True:
        for message in inbox.take():
            handle(message)
        await trio.sleep(0.1)
```

`sleep(0)` lets the others have a turn and comes straight back: the loop lives, and the core still burns. An
endless loop that only computes belongs into a thread or a process of its own.

## When not to fix it

Where a call inside the loop always ends it by raising, which the tool can't see. A `break` or a condition
would tell the reader, too. Else waive the line of the `while`:

```python
async def drain(source, sink):
    while True:  # noqa: BKM201
        sink.write(source.next_or_raise())
```

or a folder with `per-file-ignores = firmware/*: BKM201`. There is no name to list in `bkm-nonblocking`: the
loop is your own code.

## Known limits

* Any exit silences it, however unlikely; so does a condition that the loop might change.
* Any `await` counts as a suspension here; a loop of awaits that never suspend is BKM204.
* A loop in a plain function that the coroutine calls is not looked at.

## Confirm it at run time

Debug mode of asyncio logs a long transition *after* it has ended, and this one doesn't end. Look from
outside: `py-spy dump --pid PID` shows the loop's line each time you ask. From inside, before you start:

```python
import faulthandler

faulthandler.dump_traceback_later(10)
```

writes the stacks of all threads after ten seconds.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.starvation import endless_loop

RULE = Rule(
    code="BKM201",
    slug="endless-loop",
    level=Level.ERROR,
    since="0.1.0",
    check=endless_loop,
    explanation=__doc__,
)
