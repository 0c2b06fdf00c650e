"""A coroutine function is given where a plain function is expected.

## What it does

Reports an `async def` function, method, partial of one, or lambda that returns its coroutine, that is handed to
something which calls it and does nothing with the coroutine: a thread, an executor, `call_soon`,
`add_done_callback`, a signal handler, `atexit`, `filter`, `sorted(key=...)`, `functools.reduce`.

## What happens on the loop

### Plain callable

Whoever takes a callback calls it, and that is all. Calling an `async def` function runs none of its body: it
gives a coroutine in its state CREATED. A thread drops that object, `call_soon` drops it, `sorted` compares it.
Nobody awaits it, so nothing happens at all, on no thread.

```text
call_later(5, refresh)    5 s later: refresh() -> CREATED, thrown away
create_task(refresh())    CREATED --> ... --> CLOSED, driven by the loop
```

In a thread it is the same: a new thread has no event loop, and `Thread(target=refresh)` starts none.

## Example

```python
import asyncio


async def refresh():
    await asyncio.sleep(1)


async def serve():
    asyncio.get_running_loop().call_later(5, refresh)  # BKM305
```

## Use instead

Start a task, and let the task wait. With asyncio:

```python
import asyncio


async def refresh():
    await asyncio.sleep(5)


async def serve(requests):
    async with asyncio.TaskGroup() as group:
        group.create_task(refresh())
        await requests.join()
```

With anyio and trio, `start_soon(refresh)` takes the coroutine function itself. A thread that is to run a
coroutine needs a loop of its own:

```python
import asyncio
import threading


async def refresh():
    await asyncio.sleep(1)


def begin():
    threading.Thread(target=asyncio.run, args=(refresh(),)).start()
```

To sort by what a coroutine gives, await the keys first.

## When not to fix it

Never in code that is meant to work. Where a test checks the mistake itself, waive the line:

```python
import asyncio


async def work():
    return 1


async def test_callback():
    asyncio.get_running_loop().call_soon(work)  # noqa: BKM305
```

or a folder with `per-file-ignores = tests/*: BKM305`.

## Known limits

* Only functions of the catalogue are known to expect a plain callable; a callback that your own code calls is not
  looked at.
* `map(fetch, urls)` is left alone: its coroutines can be gathered.
* A coroutine function behind a decorator that can't be resolved is left alone: it may have been made plain.

## Confirm it at run time

Python warns when it collects the object: `RuntimeWarning: coroutine 'refresh' was never awaited`. Turn that into
an error, with the place where the coroutine was made:

```console
$ python -X tracemalloc=10 -W error::RuntimeWarning -m shop
```
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.slots import coroutine_as_callback

RULE = Rule(
    code="BKM305",
    slug="coroutine-as-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=coroutine_as_callback,
    explanation=__doc__,
)
