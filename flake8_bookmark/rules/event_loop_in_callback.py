"""A plain function that the loop runs starts an event loop of its own.

## What it does

Reports `asyncio.run`, `run_until_complete`, `run_coroutine_threadsafe(...).result()` and their relatives in a plain
function that the event loop itself runs, and calls of helpers that end there. The message says who handed the function
to the loop, and where.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

A plain function can't `await`, so it seems natural to write `asyncio.run` in it. But this function is called *by* a
loop, on the loop's thread, and a thread has room for one running loop.

```text
event loop                | running refresh()
  refresh()               |
    asyncio.run(load())   |   RuntimeError: asyncio.run() cannot be called from a running event loop
```

An exception in a callback goes to the loop's exception handler. It is logged, and the program goes on without the work.

## Example

```python
import asyncio


async def load():
    await asyncio.sleep(1)


def refresh():
    asyncio.run(load())  # BKM128


async def main():
    asyncio.get_running_loop().call_later(60, refresh)
    await asyncio.sleep(3600)
```

## Use instead

Start a task on the loop that is already there, and keep it:

```python
import asyncio

tasks = set()


async def load():
    await asyncio.sleep(1)


def refresh():
    task = asyncio.create_task(load())
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def main():
    asyncio.get_running_loop().call_later(60, refresh)
    await asyncio.sleep(3600)
```

or do without the callback; the same with anyio and trio:

```python
import asyncio


async def load():
    await asyncio.sleep(1)


async def main():
    while True:
        await asyncio.sleep(60)
        await load()
```

## When not to fix it

If the function asks for a running loop in a way that the tool can't see, and takes another way then. Waive the call:

```python
import asyncio


async def load():
    await asyncio.sleep(0)


def demonstrate():
    asyncio.run(load())  # noqa: BKM128


async def main():
    asyncio.get_running_loop().call_soon(demonstrate)
    await asyncio.sleep(1)
```

or a folder with `per-file-ignores = notebooks/*: BKM128`.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.

## Confirm it at run time

It raises `RuntimeError` the first time; look for `Exception in callback refresh()` in the log.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM128",
    slug="event-loop-in-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=callback_calls(Kind.LOOP),
    explanation=__doc__,
)
