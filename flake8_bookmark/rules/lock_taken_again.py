"""A coroutine waits for a lock that it holds itself.

## What it does

Reports a lock of the event loop (`asyncio.Lock`, `asyncio.Condition` and their like in anyio and trio, and the
`CapacityLimiter` of these two) that is taken while the same coroutine holds it: in its own body, or in a coroutine that
it awaits.

## What happens on the loop

### Own lock

A lock of the event loop belongs to nobody. It only knows "open" and "closed". A coroutine that finds it closed lays a
bookmark and waits until somebody opens it.

Here that somebody is the coroutine itself. It would open the lock at the end of its `async with`, and it never gets
there.

```text
save():    async with lock        closed now
  flush():   async with lock      closed: bookmark, waits for save()
save():      waits for flush()
```

Nothing blocks the thread. All others go on, and only this one, and everybody who ever wants the lock, waits for ever.
There is no error in the log. anyio and trio notice it and raise `RuntimeError`; asyncio doesn't.

`threading.RLock` may be taken twice by the same thread. The loop has no such lock.

## Example

```python
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def save(self, item):
        async with self._lock:
            await self.flush()  # BKM506

    async def flush(self):
        async with self._lock:
            await asyncio.sleep(0.1)
```

## Use instead

Take the lock in the methods that are called from outside. What they share gets a method without a lock:

```python
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def save(self, item):
        async with self._lock:
            await self._write_out()

    async def flush(self):
        async with self._lock:
            await self._write_out()

    async def _write_out(self):
        await asyncio.sleep(0.1)
```

It is the same with `anyio.Lock` and `trio.Lock`.

## When not to fix it

Where the inner way is never taken while the lock is held, which the tool can't see. A parameter that says so would tell
the reader, too. Waive the line of the inner call:

```python
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def save(self):
        async with self._lock:
            await self.flush()  # noqa: BKM506

    async def flush(self):
        if self._lock.locked():
            return
        async with self._lock:
            await asyncio.sleep(0.1)
```

or a folder with `per-file-ignores = legacy/*: BKM506`.

## Known limits

* The lock must have one name: an attribute of `self`, or a global of the module. Calls are followed on `self` and
  through functions of the project, six deep.
* Semaphores are left out, for they may have room for two.
* Ways through a branch or an `except` of an awaited coroutine are not followed; functions with decorators neither.
* Two coroutines that take two locks in a different order are not seen.

## Confirm it at run time

`await asyncio.wait_for(store.save(1), 5)` ends with `TimeoutError`. The traceback of the cancelled task shows both
`async with` lines.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.own_lock import lock_taken_again

RULE = Rule(
    code="BKM506",
    slug="lock-taken-again",
    level=Level.ERROR,
    since="0.1.0",
    check=lock_taken_again,
    explanation=__doc__,
    coroutines_only=True,
)
