"""A task is awaited before anything can run beside it.

## What it does

Reports `await asyncio.create_task(...)` (also `ensure_future`), and a task that is bound to a name and
awaited right after, with no other task started and no suspension in between.

## What happens on the loop

### Awaited at once

`create_task` puts a second machine into the loop's queue. That is what you need to let two things wait at
the same time. Here the first machine lays its bookmark at once and waits for the second, so only one of
them can move at any time. It is a plain call that takes a detour through the queue.

```text
you:    create task A, bookmark  .............. | create task B, bookmark  ..............
A:                               work, done     |
B:                                              |                          work, done
```

It reads as if A and B ran side by side. They run one after the other, and the whole takes as long as the
sum.

## Example

```python
import asyncio


async def prices(load):
    gold = await asyncio.create_task(load("gold"))  # BKM401
    silver = await asyncio.create_task(load("silver"))  # BKM401
    return gold, silver
```

## Use instead

Start all of them first, then wait. With asyncio (Python 3.11):

```python
import asyncio


async def prices(load):
    async with asyncio.TaskGroup() as group:
        gold = group.create_task(load("gold"))
        silver = group.create_task(load("silver"))
    return gold.result(), silver.result()
```

or shorter:

```python
import asyncio


async def prices(load):
    return await asyncio.gather(load("gold"), load("silver"))
```

If they must run one after the other, say so: `await load("gold")` needs no task.

With anyio (with trio: `trio.open_nursery`), tasks give no result, so each puts its own away:

```python
import anyio


async def prices(load):
    found = {}

    async def keep(metal):
        found[metal] = await load(metal)

    async with anyio.create_task_group() as group:
        group.start_soon(keep, "gold")
        group.start_soon(keep, "silver")
    return found["gold"], found["silver"]
```

## When not to fix it

* A task has a context of its own: what it sets in a `ContextVar` doesn't leak out. If that is the purpose,
  pass `context=` and the tool is silent.
* A test of task behaviour itself.

Waive the line:

```python
import asyncio


async def isolated(step):
    return await asyncio.create_task(step())  # noqa: BKM401
```

or a folder with `per-file-ignores = tests/*: BKM401`.

## Known limits

* A task that is handed to `wait_for`, `shield` or a function of yours before it is awaited is left alone.
* A coroutine that sets context variables, or enters something unknown that may, has a reason to be a task: silent.
* Tasks that are started one by one in a loop body are reported only where each is awaited at once.

## Confirm it at run time

Measure the whole: if two loads of one second take two seconds, they ran in a row. Or print
`len(asyncio.all_tasks())` inside `load`: it counts your coroutine and one task, never two.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.parallel import awaited_at_once

RULE = Rule(
    code="BKM401",
    slug="awaited-at-once",
    level=Level.WARNING,
    since="0.1.0",
    check=awaited_at_once,
    explanation=__doc__,
    coroutines_only=True,
)
