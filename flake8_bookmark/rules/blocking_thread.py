"""A coroutine waits for another thread, and keeps its own.

## What it does

Reports calls in a coroutine or an async generator that wait for threads or processes with the tools made
for threads: `queue.Queue.get` and `put`, `threading.Event.wait`, `Condition.wait`, `Barrier.wait`,
`Thread.join`, `concurrent.futures.Future.result`, `wait` and `as_completed`, leaving a `with
ThreadPoolExecutor()` block, `multiprocessing` joins and gets. A short `with threading.Lock():` is a hint
only. Calls that don't wait (`get_nowait`, `get(block=False)`, `acquire(blocking=False)`) are left alone.

## What happens on the loop

These tools put a *thread* to sleep until another thread wakes it. Your coroutines are not threads. They
take turns on one.

```text
jobs.get()          | worker: asleep on the queue, thread in hand ...............
                      producer: ready to put() a job, needs the thread
await jobs.get()    | worker: bookmark | producer: put | worker: job | ...
```

If whoever should wake you lives on the same loop, this is a deadlock: the producer needs the thread to put
the job, and the consumer gives it up only for a job. If the waker is a real thread, the loop merely stands
still until that thread is done.

`asyncio.Queue`, `Event` and `Condition` have the same methods with another meaning: they lay a bookmark,
and the thread goes to the next task.

## Example

```python
import queue

jobs = queue.Queue()


async def work(handle):
    while True:
        job = jobs.get()  # BKM107
        await handle(job)
```

## Use instead

Where both sides are coroutines, with asyncio:

```python
import asyncio

jobs = asyncio.Queue()


async def work(handle):
    while True:
        job = await jobs.get()
        await handle(job)
```

With anyio (`trio.open_memory_channel` is the same with trio):

```python
import anyio

sending, receiving = anyio.create_memory_object_stream(max_buffer_size=100)


async def work(handle):
    async for job in receiving:
        await handle(job)
```

Where the other side is a real thread, it must not touch an `asyncio.Queue` directly, since that is not
thread-safe. Let it ask the loop to put the job:

```python
import asyncio
import threading


def produce(loop, jobs):
    for number in range(10):
        loop.call_soon_threadsafe(jobs.put_nowait, number)


async def work(handle):
    jobs = asyncio.Queue()
    threading.Thread(target=produce, args=(asyncio.get_running_loop(), jobs), daemon=True).start()
    while True:
        await handle(await jobs.get())
```

A concurrent future becomes awaitable with `await asyncio.wrap_future(future)`, or from the start with
`await loop.run_in_executor(pool, function)`. Anything else that waits can wait in a worker: `await
asyncio.to_thread(thread.join)`.

## When not to fix it

Where you know that it can't wait, because the queue has an item or the thread has ended. Better say so in
the code: `get_nowait()` never waits and raises `queue.Empty` if you were wrong. Else waive the line:

```python
import queue

jobs = queue.Queue()


async def first_job(scanner):
    await scanner.has_put_a_job()
    return jobs.get()  # noqa: BKM107
```

or use `per-file-ignores = scripts/*: BKM107`, or name the function that is quick in `bkm-nonblocking =
shop.pool.Slot.result`.

## Known limits

* A queue or an event that comes in as a parameter without annotation is not known. Annotate it.
* Whether the waker lives on the same loop isn't looked at. A deadlock and a pause get the same code.
* Locks that are held across an `await` have a page of their own, BKM501.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to lock.acquire`
as soon as the call really has to wait. A deadlock shows no log line, since the loop that would write it
stands still: start the program with `python -X faulthandler` and send it SIGABRT, or look at it with
[py-spy](https://pypi.org/project/py-spy/): `py-spy dump --pid PID` shows the coroutine's line on top of the
main thread.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM107",
    slug="blocking-thread",
    level=Level.ERROR,
    since="0.1.0",
    check=own_calls(Kind.THREAD),
    explanation=__doc__,
    coroutines_only=True,
)
