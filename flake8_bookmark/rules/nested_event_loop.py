"""A coroutine starts an event loop on the thread that runs one already.

## What it does

Reports calls in a coroutine or an async generator that run a loop, or wait for one: `asyncio.run`,
`loop.run_until_complete`, `async_to_sync`, `anyio.run`, `trio.run`, `anyio.from_thread.run`. Waiting for
`run_coroutine_threadsafe(...).result()` belongs to the same family of bugs; like every wait for a
concurrent future it is reported as BKM107.

## What happens on the loop

The loop is the reader who turns to one bookmark after the other. Your coroutine is what it reads at this
moment. Asking for a loop in there means asking for a second reader on the same thread, while the first is
in the middle of a sentence. What you get is one of these:

| Call in a coroutine | What happens |
|---|---|
| `asyncio.run(c())` | `RuntimeError: asyncio.run() cannot be called from a running event loop` |
| `loop.run_until_complete(c())` | `RuntimeError: This event loop is already running` |
| `async_to_sync(c)()` | `RuntimeError: You cannot use AsyncToSync in the same thread as ...` |
| `anyio.run(c)` | `RuntimeError: Already running asyncio in this thread` |
| `trio.run(c)` under trio | `RuntimeError: Attempted to call run() from inside a run()` |
| `trio.run(c)` under asyncio | runs, and stops all of asyncio until it ends |
| `run_coroutine_threadsafe(c(), loop).result()` on the loop's own thread | waits for ever |

The last one deserves a picture. `result()` stops the thread until the loop has run `c`, and the loop needs
that thread to run `c`:

```text
you:  waiting for c, thread in hand
c:    CREATED, waiting for the thread
```

Where it raises, the coroutine object that you passed stays in the state CREATED, hence the second message,
`coroutine 'c' was never awaited`.

## Example

```python
import asyncio


async def load(user_id):
    await asyncio.sleep(0.1)
    return {"id": user_id}


async def show(user_id, request):
    user = asyncio.run(load(user_id))  # BKM108
    await request.reply(user)
```

## Use instead

You are inside the loop, so there is nothing to start. Await the coroutine; this is the same with asyncio,
anyio and trio:

```python
import asyncio


async def load(user_id):
    await asyncio.sleep(0.1)
    return {"id": user_id}


async def show(user_id, request):
    user = await load(user_id)
    await request.reply(user)
```

If you are in a plain function that coroutines call, make that function `async def` and await it all the way
up. If you are in a worker thread and want the loop to do something, `asyncio.run_coroutine_threadsafe` is
right there, and `anyio.from_thread.run` and `trio.from_thread.run` are its relatives: from another thread
they don't block the loop.

`nest_asyncio` makes `asyncio.run` go through by letting the inner call drive the outer loop. Then other
tasks run in the middle of what reads like plain code, and between two lines without `await` the world may
have changed.

## When not to fix it

* Code that runs in a notebook with `nest_asyncio`, and nowhere else.
* A library function that looks for a running loop first and starts one only if there is none. If the tool
  can't see the guard, waive the line:

```python
import asyncio


async def load():
    await asyncio.sleep(0)


async def compare_loops():
    return asyncio.run(load())  # noqa: BKM108
```

or use `per-file-ignores = notebooks/*: BKM108`, or name your guarded function in `bkm-nonblocking =
shop.sync.run`.

## Known limits

* A loop that is passed in as a parameter without annotation is not known, nor are its methods.
* Only `result()` without another thread in between is a deadlock. `run_coroutine_threadsafe` to *another*
  thread's loop merely stops yours until it answers.

## Confirm it at run time

No tool is needed: run the line, and it raises. For the deadlock, `py-spy dump --pid PID` shows `result` on
top of the thread that also shows `run_forever`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM108",
    slug="nested-event-loop",
    level=Level.ERROR,
    since="0.1.0",
    check=own_calls(Kind.LOOP),
    explanation=__doc__,
    coroutines_only=True,
)
