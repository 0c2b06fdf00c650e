"""A plain function that the loop runs puts the thread to sleep.

## What it does

Reports `time.sleep` and its relatives in a plain function that the event loop itself runs, and calls of helpers
that end there. The message says who handed the function to the loop, and where.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

No coroutine calls this function; the loop does, between two coroutines. It is a book of one page: there is no
bookmark to lay, and the loop gets its thread back when the function returns, not before.

```text
event loop     | coroutine A | blink() ................ asleep .............. | coroutine B
coroutine B    |             | ready, and nobody to run it                    |
```

asyncio has no way to interrupt a callback. Timers that became due meanwhile all run late.

## Example

```python
import asyncio
import time


class Lamp:
    def start(self):
        asyncio.get_running_loop().call_later(5, self.blink)

    def blink(self):
        self.on()
        time.sleep(0.5)  # BKM121
        self.off()
```

## Use instead

Let the loop wait for you. A callback goes on in another callback:

```python
import asyncio


class Lamp:
    def start(self):
        asyncio.get_running_loop().call_later(5, self.blink)

    def blink(self):
        self.on()
        asyncio.get_running_loop().call_later(0.5, self.off)
```

or it becomes a coroutine, which can lay a bookmark. Keep its task:

```python
import asyncio


class Lamp:
    def start(self):
        self.task = asyncio.create_task(self.blink())

    async def blink(self):
        await asyncio.sleep(5)
        self.on()
        await asyncio.sleep(0.5)
        self.off()
```

With anyio and trio there are no callbacks to speak of: start the coroutine in a task group or nursery, and use
`anyio.sleep` or `trio.sleep`.

## When not to fix it

If the sleep must be exact, as between two edges of a signal. Waive the call (one of a few milliseconds is a hint):

```python
import asyncio
import time


def pulse(pin):
    pin.on()
    time.sleep(0.05)  # noqa: BKM121
    pin.off()


async def main(pin):
    asyncio.get_running_loop().call_later(1, pulse, pin)
    await asyncio.sleep(2)
```

or a folder with `per-file-ignores = drivers/*: BKM121`.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs `Executing <TimerHandle ...> took 0.500 seconds` and names the callback.
[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to time.sleep`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM121",
    slug="sleep-in-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=callback_calls(Kind.SLEEP),
    explanation=__doc__,
)
