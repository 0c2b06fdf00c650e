"""Coroutines are started together that never suspend.

## What it does

Reports `asyncio.gather` and groups of tasks whose coroutines have no wait in them: not in their own bodies, and not in
the coroutines that they await.

## What happens on the loop

### Never side by side

A coroutine gives the thread back only where it waits. One that never waits runs from its first line to its last in one
go, whatever starts it. `gather` makes a task of each and puts them into the loop's queue; there they run one after the
other, and nobody else gets the thread in between.

```text
gather(a(), b(), c())     a done | b done | c done     one thread, no bookmark laid
```

It reads as if they ran side by side. It is a `for` loop with extra cost.

## Example

```python
import asyncio


async def total(order):
    return sum(line.price for line in order)


async def totals(orders):
    return await asyncio.gather(*(total(order) for order in orders))  # BKM403
```

## Use instead

Plain functions, called:

```python
def total(order):
    return sum(line.price for line in order)


async def totals(orders):
    return [total(order) for order in orders]
```

If each takes long, a loop doesn't help: it holds the thread. Move the work to a process pool, with asyncio:

```python
import asyncio
from concurrent.futures import ProcessPoolExecutor


def total(order):
    return sum(line.price for line in order)


async def totals(pool: ProcessPoolExecutor, orders):
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(pool, total, order) for order in orders))
```

With anyio that is `anyio.to_process.run_sync`; trio has no process pool of its own.

## When not to fix it

Where the coroutine is about to get its first `await`. Waive the line:

```python
import asyncio


async def ready(name):
    return name


async def both():
    return await asyncio.gather(ready("a"), ready("b"))  # noqa: BKM403
```

or a folder with `per-file-ignores = demo/*: BKM403`.

## Known limits

It speaks only where it can prove for *all* of them that they never suspend. An unknown awaitable may suspend, and a
method that other classes override may do so there.

## Confirm it at run time

Print at the beginning and at the end of the coroutine. If the lines of two of them never mix, they ran in a row.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.groups import never_side_by_side
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM403",
    slug="never-side-by-side",
    level=Level.WARNING,
    since="0.1.0",
    check=never_side_by_side,
    explanation=__doc__,
    coroutines_only=True,
)
