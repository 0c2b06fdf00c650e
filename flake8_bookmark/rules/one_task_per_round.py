"""A loop starts one task in each round and waits for it.

## What it does

Reports a `gather` with one coroutine, and a group of tasks that gets one task, inside a loop.

## What happens on the loop

### One task per round

`await gather(...)` and the end of a group of tasks are suspension points: the coroutine goes on when all that was
started there is done. If that happens in each round, only one task is ever under way. The loop looks parallel and runs
one item after the other.

```text
group in the loop        item 1 ...... | item 2 ...... | item 3 ......
loop in the group        item 1 ......
                         item 2 ......
                         item 3 ......
```

## Example

```python
import asyncio


async def load_all(load, names):
    for name in names:
        await asyncio.gather(load(name))  # BKM407


async def store_all(store, items):
    for item in items:
        async with asyncio.TaskGroup() as group:  # BKM407
            group.create_task(store(item))
```

## Use instead

One group around the loop. With asyncio:

```python
import asyncio


async def load_all(load, names):
    await asyncio.gather(*(load(name) for name in names))


async def store_all(store, items):
    async with asyncio.TaskGroup() as group:
        for item in items:
            group.create_task(store(item))
```

With anyio (with trio: `trio.open_nursery`):

```python
import anyio


async def store_all(store, items):
    async with anyio.create_task_group() as group:
        for item in items:
            group.start_soon(store, item)
```

If they must run one after the other, say so: `await load(name)` needs no group.

## When not to fix it

Where the group is there for its scope, and one at a time is meant. Waive the line:

```python
import asyncio


async def in_turn(store, items):
    for item in items:
        async with asyncio.TaskGroup() as group:  # noqa: BKM407
            group.create_task(store(item))
```

or a folder with `per-file-ignores = tests/*: BKM407`.

## Known limits

A group in a `while` loop is left alone: it may be there to start its task anew. So is a group that is used in any other
way, a body that awaits something beside the task, and `gather` with `return_exceptions`.

## Confirm it at run time

Print `len(asyncio.all_tasks())` inside the coroutine: it doesn't grow with the number of items.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.groups import one_task_per_round
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM407",
    slug="one-task-per-round",
    level=Level.WARNING,
    since="0.1.0",
    check=one_task_per_round,
    explanation=__doc__,
    coroutines_only=True,
)
