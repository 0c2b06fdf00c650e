"""A plain function that the loop runs asks the file system about a path.

## What it does

Hints at `os.path.exists`, `stat`, `mkdir`, `unlink`, `rename` and their relatives in a plain function that the event
loop itself runs, and at calls of helpers that end there. Hints are off unless `bkm-hints` is set.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

One look at a local path takes microseconds, and nobody feels it. On a network share it is a question to another
machine, and the loop's thread waits for the answer inside the callback.

```text
event loop     | look() ... stat ... | coroutine B
coroutine B    | ready               |
```

## Example

```python
import asyncio
import os


class Watch:
    async def start(self):
        asyncio.get_running_loop().call_later(1, self.look)

    def look(self):
        if os.path.exists("/mnt/inbox/new"):  # BKM126
            self.changed()
        asyncio.get_running_loop().call_later(1, self.look)
```

## Use instead

A task that asks in a worker. With asyncio:

```python
import asyncio
import os


class Watch:
    async def keep_looking(self):
        while True:
            await asyncio.sleep(1)
            if await asyncio.to_thread(os.path.exists, "/mnt/inbox/new"):
                self.changed()
```

With anyio it is `await anyio.Path("/mnt/inbox/new").exists()`, with trio `await trio.Path(...).exists()`.

## When not to fix it

When the path is local: leave the hints off, or waive the call:

```python
import asyncio
import os


def forget_pid():
    os.unlink("/run/shop.pid")  # noqa: BKM126


async def main():
    asyncio.get_running_loop().call_later(3600, forget_pid)
    await asyncio.Event().wait()
```

or use `per-file-ignores = shop/admin/*: BKM126`.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.
* The tool can't know where a path lies, nor how often the callback is called.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to os.stat`. To see what it
costs, lower the limit of asyncio's debug mode, `loop.slow_callback_duration`, to 0.005.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM126",
    slug="path-in-callback",
    level=Level.HINT,
    since="0.1.0",
    check=callback_calls(Kind.PATH),
    explanation=__doc__,
)
