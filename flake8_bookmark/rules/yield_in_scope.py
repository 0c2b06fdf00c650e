"""An async generator yields inside a task group, a timeout or a cancel scope.

## What it does

Reports a `yield` of an async generator inside `asyncio.TaskGroup`, `asyncio.timeout`, a nursery, or a task group or
cancel scope of anyio or trio. Generators with a decorator, such as `@asynccontextmanager` or a fixture of pytest, are
left out.

## What happens on the loop

### Yield in scope

A timeout and a task group cancel the *task* that entered them: they throw at the bookmark where that task lies. Inside
their `with` that is what you want.

A generator has no task of its own. It runs in the task of whoever iterates it. At a `yield` it lays a bookmark and
hands over to the body of the `async for`, with the scope still open.

```text
generator:  async with timeout(5): yield item     bookmark in the generator
consumer:       await save(item)                  timer fires: CancelledError, here
generator:                                        knows nothing of it
```

The consumer gets a cancellation that nobody asked for, and no `TimeoutError`, for that is made where the scope is left.
A task group does the same when one of its tasks fails.

It gets worse if the consumer leaves its loop early. The generator stays suspended with the scope open, and is closed
later, perhaps in another task. Then leaving the scope raises `RuntimeError`, or a nursery waits for tasks that nobody
knows any more.

## Example

```python
import asyncio


async def items(source):
    async with asyncio.timeout(5):  # BKM604
        while item := await source.get():
            yield item
```

## Use instead

Leave the scope before each `yield`:

```python
import asyncio


async def items(source):
    while True:
        async with asyncio.timeout(5):
            item = await source.get()
        if item is None:
            return
        yield item
```

For tasks in the background, make it a context manager that gives the consumer a queue or a channel. Then the consumer
opens the scope, in its own task. With asyncio:

```python
import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def reading(source):
    inbox = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        reader = group.create_task(source.read_into(inbox))
        yield inbox
        reader.cancel()
```

With anyio it is `anyio.create_task_group()` and `anyio.create_memory_object_stream()`, with trio `trio.open_nursery()`
and `trio.open_memory_channel()`.

## When not to fix it

Where the consumer is your own, never leaves early, and never waits. Waive the line of the `with`:

```python
import asyncio


async def items(source):
    async with asyncio.timeout(5):  # noqa: BKM604
        while item := await source.get():
            yield item
```

or a folder with `per-file-ignores = streams/*: BKM604`.

## Known limits

* A generator whose name is used without a call somewhere in its file is silent: a framework may make a context manager
  of it.
* A `with` of the project's own that opens a scope inside is not looked into.

## Confirm it at run time

Iterate it with a body that sleeps longer than the limit. The traceback shows `CancelledError` in *your* loop.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.scopes import yield_in_scope

RULE = Rule(
    code="BKM604",
    slug="yield-in-scope",
    level=Level.ERROR,
    since="0.1.0",
    check=yield_in_scope,
    explanation=__doc__,
)
