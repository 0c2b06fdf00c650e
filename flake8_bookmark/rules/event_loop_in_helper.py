"""A coroutine calls a function that starts an event loop of its own.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project that runs a loop,
or waits for one: mostly a synchronous face around async code, such as `def load_sync(): return
asyncio.run(load())`. The message names each step with file and line.

## What happens on the loop

The synchronous face is made for callers that have no loop. The coroutine has one: it is what the loop is
running at this moment. The helper can't get a second loop on the same thread.

```text
event loop                | running handler()
  handler()               |   transition
    load_sync()           |     plain function: no bookmark possible
      asyncio.run()       |       RuntimeError: ... from a running event loop
```

It often passes all tests, since those call `load_sync` from plain code, and fails on the first request in
production. With `run_coroutine_threadsafe(...).result()` inside, it doesn't raise but waits for ever: the
loop would have to run the coroutine, on the thread that waits for it.

## Example

```python
import asyncio


async def load(user_id):
    await asyncio.sleep(0.1)
    return {"id": user_id}


def load_sync(user_id):
    return asyncio.run(load(user_id))


async def show(user_id, request):
    await request.reply(load_sync(user_id))  # BKM118
```

## Use instead

Step over the synchronous face and await what is behind it; this is the same with asyncio, anyio and trio:

```python
import asyncio


async def load(user_id):
    await asyncio.sleep(0.1)
    return {"id": user_id}


def load_sync(user_id):
    return asyncio.run(load(user_id))


async def show(user_id, request):
    await request.reply(await load(user_id))
```

Keep `load_sync` for callers outside the loop. If a plain function in between needs it, make that function
`async def` as well. If that function must stay plain, let it run in a worker thread, where a loop of its
own is allowed:

```python
import asyncio


async def load(user_id):
    await asyncio.sleep(0.1)
    return {"id": user_id}


def report(user_id):
    return f"user {asyncio.run(load(user_id))['id']}"


async def show(user_id, request):
    await request.reply(await asyncio.to_thread(report, user_id))
```

Mind that this is another loop: connections, locks and queues of the first one must not be used in it.

## When not to fix it

If the helper looks for a running loop first, and starts one only if there is none, in a way that the tool
can't see. Waive the call:

```python
import asyncio


async def load():
    await asyncio.sleep(0)


def compare_loops():
    return asyncio.run(load())


async def demonstrate():
    compare_loops()  # noqa: BKM118
```

or a folder with `per-file-ignores = notebooks/*: BKM118`, or the helper for all its callers with
`bkm-nonblocking = shop.users.load_sync`.

## Known limits

In this release a chain is followed inside one file. A synchronous face that a library offers is known only
if the catalogue lists it.

## Confirm it at run time

Call it once from a coroutine: it raises `RuntimeError`, and Python adds the warning `coroutine 'load' was
never awaited` for the coroutine object that stayed in the state CREATED. A deadlock shows in `py-spy dump
--pid PID`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM118",
    slug="event-loop-in-helper",
    level=Level.ERROR,
    since="0.1.0",
    check=helper_calls(Kind.LOOP),
    explanation=__doc__,
    coroutines_only=True,
)
