"""A plain function that the loop runs waits for another thread.

## What it does

Reports the tools made for threads in a plain function that the event loop itself runs, and calls of helpers that end
there: `queue.Queue.get`, `Event.wait`, `Thread.join`, `Future.result`, closing an executor. Taking a thread lock for
a moment is a hint. The message says who handed the function to the loop, and where.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

A callback is often the place where threads and the loop meet: `call_soon_threadsafe(take)` runs `take` on the loop.
If `take` then waits for the thread, the loop waits, too, and if the thread waits for the loop, both wait for ever.

```text
worker thread | call_soon_threadsafe(take)    | ... prepares the next job ... | jobs.put()
event loop    |                               | take() ... asleep in jobs.get() ... | coroutine B
```

## Example

```python
import asyncio
import queue

jobs = queue.Queue()


def take():
    print(jobs.get())  # BKM127


def from_thread(loop: asyncio.AbstractEventLoop):
    loop.call_soon_threadsafe(take)
```

## Use instead

Hand the thing itself over; then there is nothing to wait for. With asyncio:

```python
import asyncio


def take(job):
    print(job)


def from_thread(loop: asyncio.AbstractEventLoop, job):
    loop.call_soon_threadsafe(take, job)
```

With anyio and trio, a thread that they started says `from_thread.run_sync(take, job)`. If a queue has to be, let it be
the loop's own, which the thread fills by `loop.call_soon_threadsafe(jobs.put_nowait, job)` and a coroutine empties by
`await jobs.get()`.

## When not to fix it

Where it can't wait in fact: `get_nowait()`, `get(block=False)` and a future that was asked `done()` say so in the code
and are silent. Else waive the call:

```python
import asyncio
import threading


def end(thread: threading.Thread):
    thread.join()  # noqa: BKM127


def last_words(loop: asyncio.AbstractEventLoop):
    loop.call_soon_threadsafe(end, threading.current_thread())
```

or a folder with `per-file-ignores = scripts/*: BKM127`.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.
* A done-callback of a `concurrent.futures.Future` runs in the worker, not on the loop, and is not looked at.

## Confirm it at run time

On a program that hangs, `py-spy dump --pid PID` shows the callback on the main thread, below `_run_once` of the loop.
[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to lock.acquire`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM127",
    slug="thread-in-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=callback_calls(Kind.THREAD),
    explanation=__doc__,
)
