"""A loop in a coroutine takes all that a source has, without ever suspending.

## What it does

Reports, as a hint, a `while` loop without a suspension that takes piece after piece from a queue
(`get_nowait`, `receive_nowait`), a file or a socket (`read`, `readline`, `recv`).

## What happens on the loop

### Draining

The loop goes on for as long as the source has something, and that is not in its hands. A queue that is filled
from another thread as fast as it is emptied never gets empty; then this transition never ends. A file is as
long as it is.

```text
SUSPENDED 1 --> [ take, handle, take, handle, ... until nothing is left ] --> SUSPENDED 2
```

In the meantime nobody else has the thread: no answer is sent, no timer fires, and the coroutine can't be
cancelled.

## Example

```python
import asyncio


async def flush(queue: asyncio.Queue, write):
    while not queue.empty():  # BKM206
        write(queue.get_nowait())
```

## Use instead

Take one at a time, and wait where nothing is left:

```python
import asyncio


async def flush(queue: asyncio.Queue, write):
    while True:
        write(await queue.get())
```

Or take a batch of limited size, and let the others have a turn before the next (`anyio.sleep(0)`,
`trio.lowlevel.checkpoint()`):

```python
import asyncio


async def flush(queue: asyncio.Queue, write):
    while not queue.empty():
        for _ in range(min(100, queue.qsize())):
            write(queue.get_nowait())
        await asyncio.sleep(0)
```

A file is best read as a whole in a worker thread; BKM105 says how.

## When not to fix it

A queue that is emptied because the program ends, or that has a small `maxsize`. Waive the line of the loop:

```python
import asyncio


async def close(queue: asyncio.Queue, save):
    while not queue.empty():  # noqa: BKM206
        save(queue.get_nowait())
```

or a folder with `per-file-ignores = scripts/*: BKM206`.

## Known limits

* `for` loops over a source are not looked at; neither are lists and deques that the loop empties.
* A loop that only keeps, counts or drops what a queue has costs next to nothing, and is left alone.
* How full the source can be isn't known.

## Confirm it at run time

Log `queue.qsize()` before the loop, or count its rounds. Debug mode of asyncio logs each transition that
takes more than 100 ms.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.loops import draining
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM206",
    slug="draining-loop",
    level=Level.HINT,
    since="0.1.0",
    check=draining,
    explanation=__doc__,
    coroutines_only=True,
)
