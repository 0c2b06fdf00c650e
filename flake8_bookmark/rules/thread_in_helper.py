"""A coroutine calls a function that waits for another thread.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project that waits with
the tools made for threads: `queue.Queue.get`, `Event.wait`, `Thread.join`, `Future.result`, closing an
executor. The message names each step with file and line.

## What happens on the loop

The helper was written for a thread that may sleep. The loop's thread may not: everybody lives on it.

```text
work()                | transition ......................................
  next_job()          |   plain function: no bookmark possible
    jobs.get()        |     asleep until somebody puts a job
producer()            | ready to put a job, needs the thread
```

If a coroutine of the same loop is to put the job, nobody ever wakes up: a deadlock that no log line shows.
If a thread is to put it, the loop stands still until then.

## Example

```python
import queue

jobs = queue.Queue()


def next_job():
    job = jobs.get()
    return job.strip()


async def work(handle):
    while True:
        await handle(next_job())  # BKM117
```

## Use instead

Where both sides are coroutines, use the loop's own queue and make the helper a coroutine. With asyncio:

```python
import asyncio

jobs = asyncio.Queue()


async def next_job():
    job = await jobs.get()
    return job.strip()


async def work(handle):
    while True:
        await handle(await next_job())
```

With anyio (with trio: `trio.open_memory_channel`):

```python
import anyio

sending, receiving = anyio.create_memory_object_stream(max_buffer_size=100)


async def next_job():
    job = await receiving.receive()
    return job.strip()


async def work(handle):
    while True:
        await handle(await next_job())
```

Where the other side is a thread and the queue must stay, let the helper sleep in a worker:

```python
import asyncio
import queue

jobs = queue.Queue()


def next_job():
    job = jobs.get()
    return job.strip()


async def work(handle):
    while True:
        await handle(await asyncio.to_thread(next_job))
```

Give such a `get` a timeout: a worker that waits for ever can't be cancelled, and keeps the program from
ending.

## When not to fix it

Where the helper can't wait in fact, because the job is already there. `get_nowait()` says so in the code.
Else waive the call:

```python
import threading


def stop(thread: threading.Thread):
    thread.join()


async def shut_down(thread, server):
    stop(thread)  # noqa: BKM117
    await server.close()
```

or a folder with `per-file-ignores = scripts/*: BKM117`, or the helper for all its callers with
`bkm-nonblocking = shop.jobs.next_job`.

## Known limits

* In this release a chain is followed inside one file.
* Whether the waker lives on the same loop isn't looked at.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to lock.acquire`
inside the helper. On a program that hangs, `py-spy dump --pid PID` shows the chain of the message on the
main thread.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM117",
    slug="thread-in-helper",
    level=Level.ERROR,
    since="0.1.0",
    check=helper_calls(Kind.THREAD),
    explanation=__doc__,
    coroutines_only=True,
)
