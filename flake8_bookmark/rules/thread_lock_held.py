"""A bookmark holds a lock that was made for threads.

## What it does

Reports a `threading` or `multiprocessing` lock (also `RLock`, `Semaphore`, `Condition`) that is held across
a suspension point: an `await` inside `with lock:`, or between `lock.acquire()` and `lock.release()`.

## What happens on the loop

### Thread lock

A bookmark saves everything that the coroutine has in its hands, a lock as well. While the bookmark lies
there, the lock is closed.

Now the loop picks another task, on the same thread, and that one wants the lock. A thread lock doesn't lay
a bookmark. It stops the thread until somebody opens the lock. The one who could is the first coroutine,
which needs that thread to go on.

```text
A: with lock: await publish()     bookmark, holds the lock, needs the thread
B: with lock:                     holds the thread, needs the lock
```

That is a deadlock, for the whole loop. It needs two tasks at the wrong moment, so it passes every test with
one user.

With an `RLock` it is the other way round. It asks "is it the same thread?", and the answer is always yes.
Both tasks get in, and the lock protects nothing.

## Example

```python
import threading

lock = threading.Lock()


async def bump(counter, publish):
    with lock:  # BKM501
        counter.value += 1
        await publish(counter.value)
```

## Use instead

If only coroutines of one loop use the lock, take the loop's own. `async with` lays a bookmark while it
waits. With asyncio:

```python
import asyncio

lock = asyncio.Lock()


async def bump(counter, publish):
    async with lock:
        counter.value += 1
        await publish(counter.value)
```

With anyio:

```python
import anyio

lock = anyio.Lock()


async def bump(counter, publish):
    async with lock:
        counter.value += 1
        await publish(counter.value)
```

With trio:

```python
import trio

lock = trio.Lock()


async def bump(counter, publish):
    async with lock:
        counter.value += 1
        await publish(counter.value)
```

If real threads use it, too, keep the thread lock and open it before the suspension:

```python
import threading

lock = threading.Lock()


async def bump(counter, publish):
    with lock:
        counter.value += 1
        value = counter.value
    await publish(value)
```

Often no lock is needed at all. Between two suspension points a coroutine is alone on the thread: if no
other thread touches `counter`, then `counter.value += 1` can't be interrupted by another task.

## When not to fix it

Where it is certain that one task only ever takes this lock, and the others are threads. They still wait as
long as the coroutine is suspended. Waive the line of the `with`:

```python
import threading

lock = threading.Lock()


async def hand_over(port):
    with lock:  # noqa: BKM501
        await port.flush()
```

or a folder with `per-file-ignores = drivers/*: BKM501`.

## Known limits

* A lock that comes in as a parameter without annotation is not known.
* Locks in files and in databases (`fcntl.flock`, `select ... for update`) are not looked at in this
  release.
* An acquire and a release in two functions are not matched.

## Confirm it at run time

Start the coroutine twice, `asyncio.gather(bump(c, p), bump(c, p))`, with a `publish` that really waits,
such as `asyncio.sleep(0.1)`. With a `Lock` it hangs, and `py-spy dump --pid PID` shows the `with` line.
With an `RLock` both are inside at once.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.held import thread_lock
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM501",
    slug="thread-lock-held",
    level=Level.ERROR,
    since="0.1.0",
    check=thread_lock,
    explanation=__doc__,
    coroutines_only=True,
)
