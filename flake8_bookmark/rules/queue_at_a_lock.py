"""Coroutines are started together that all hold one lock from beginning to end.

## What it does

Reports `asyncio.gather` and groups of tasks whose coroutines do all their waiting inside `async with` of the same lock,
or of a semaphore that lets in one.

## What happens on the loop

### Queue at a lock

An asyncio lock lets in one coroutine; the others lay their bookmark at its door. If the lock is held over everything
that waits, the second begins when the first is done. They are tasks, but they form a queue.

```text
a   lock | wait ......  |
b   at the door ....... | wait ......  |
c   at the door ...................... | wait ......
```

## Example

```python
import asyncio


class Rates:
    def __init__(self, fetch):
        self.fetch = fetch
        self.lock = asyncio.Lock()

    async def rate(self, currency):
        async with self.lock:
            return await self.fetch(currency)

    async def all(self, currencies):
        return await asyncio.gather(*(self.rate(c) for c in currencies))  # BKM409
```

## Use instead

Hold the lock for what must not mix, and wait outside of it:

```python
import asyncio


class Rates:
    def __init__(self, fetch):
        self.fetch = fetch
        self.known = {}
        self.lock = asyncio.Lock()

    async def rate(self, currency):
        rate = await self.fetch(currency)
        async with self.lock:
            self.known[currency] = rate
        return rate

    async def all(self, currencies):
        return await asyncio.gather(*(self.rate(c) for c in currencies))
```

Some at a time, but not all? `asyncio.Semaphore(10)` instead of the lock; with anyio `anyio.Semaphore(10)` or a
`CapacityLimiter`, with trio `trio.CapacityLimiter(10)`.

## When not to fix it

Where the lock is right, one at a time is all that the other side bears, and `gather` is only the shortest way to write
it. Waive the line:

```python
import asyncio

line = asyncio.Lock()


async def ask(device, text):
    async with line:
        return await device.ask(text)


async def both(device):
    return await asyncio.gather(ask(device, "a"), ask(device, "b"))  # noqa: BKM409
```

or a folder with `per-file-ignores = drivers/*: BKM409`.

## Known limits

The lock must be the same for all: an attribute of the same object, a global, or a name of the function around. Locks in
containers (`self.locks[key]`), `acquire` and `release`, and locks that are taken further inside are left alone.

## Confirm it at run time

Measure one and ten. Ten take ten times as long.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.groups import queue_at_a_lock
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM409",
    slug="queue-at-a-lock",
    level=Level.WARNING,
    since="0.1.0",
    check=queue_at_a_lock,
    explanation=__doc__,
    coroutines_only=True,
)
