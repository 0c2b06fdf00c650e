"""A loop sleeps and looks again until a flag has changed.

## What it does

Reports a `while` whose condition looks at shared state that the project itself sets, and whose body does nothing but
sleep.

## What happens on the loop

### Busy waiting

The coroutine lays a bookmark for a tenth of a second, wakes up, finds nothing new, and lays it again. Each time the
loop gets it out, gives it the thread, and puts it back.

```text
connected?  no    0.1 s    connected?  no    0.1 s    connected?  no
                                      ^ connected here: noticed 0.1 s later
```

It is too late each time, by half a sleep on average, and it costs a turn of the loop each time. With a thousand waiting
coroutines it is ten thousand turns a second for nothing.

A flag that goes on and off again between two looks is missed altogether.

## Example

```python
import asyncio


class Client:
    def __init__(self):
        self.connected = False

    def on_connect(self):
        self.connected = True

    async def ready(self):
        while not self.connected:  # BKM605
            await asyncio.sleep(0.1)
```

## Use instead

An event is a flag that can be waited for. Who sets it wakes up all who wait, at once. With asyncio:

```python
import asyncio


class Client:
    def __init__(self):
        self.connected = asyncio.Event()

    def on_connect(self):
        self.connected.set()

    async def ready(self):
        await self.connected.wait()
```

`anyio.Event` and `trio.Event` are used in the same way; they can't be cleared, make a new one. For more than a flag
take a `Condition`, for things to do a `Queue`.

From another thread, set it with `loop.call_soon_threadsafe(event.set)`.

## When not to fix it

Where the flag is set from another thread or a signal, and a tenth of a second is soon enough. Waive the line of the
`while`:

```python
import asyncio


class Server:
    def __init__(self):
        self.stopped = False

    def stop(self):
        self.stopped = True

    async def run(self):
        while not self.stopped:  # noqa: BKM605
            await asyncio.sleep(1)
```

or a folder with `per-file-ignores = scripts/*: BKM605`.

## Known limits

* It is a hint, for `bkm-hints` only.
* A condition that calls something (`while not queue.empty():`) is silent, and so is a body that does more than sleep
  and log.
* The flag must be set in another function of the same class, or for a global of the same module.

## Confirm it at run time

Note `loop.time()` where the flag is set and after the loop. The difference is up to one sleep.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.moving import busy_waiting

RULE = Rule(
    code="BKM605",
    slug="busy-waiting",
    level=Level.HINT,
    since="0.1.0",
    check=busy_waiting,
    explanation=__doc__,
    coroutines_only=True,
)
