"""A coroutine is bound to a name, and some way through the function awaits it nowhere.

## What it does

Reports a coroutine that is bound to a local name and awaited on no way through the function or on some ways only.
The same for a local list or set of coroutines that is filled and never read.

## What happens on the loop

### Nowhere

Calling an `async def` function makes a coroutine in its state CREATED. Binding it to a name changes nothing:
the book lies on the table, unopened, and when the function ends it goes to the bin.

### On some ways only

A coroutine is a debt: who makes it has to see that it is awaited, once, on whatever way the function takes. An
early `return` between the call and the `await` leaves the debt open, and so does an `if` without `else`.

```text
page = fetch(url)     CREATED
if cached:
    return cached     thrown away: the request was never sent
await page            CREATED --> ... --> CLOSED
```

## Example

```python
async def save(order, store):
    await store.put(order)


async def close(order, store):
    saved = save(order, store)  # BKM306
    await order.notify()
```

## Use instead

Await it where you make it, which is the same with asyncio, anyio and trio:

```python
async def save(order, store):
    await store.put(order)


async def close(order, store):
    await save(order, store)
    await order.notify()
```

Make it only where it is needed, behind the early `return`. If it was meant to run in the meantime, it must be a
task: a coroutine doesn't start by itself. With asyncio:

```python
import asyncio


async def save(order, store):
    await store.put(order)


async def close(order, store):
    async with asyncio.TaskGroup() as group:
        group.create_task(save(order, store))
        await order.notify()
```

A list of coroutines is awaited with `await asyncio.gather(*waiting)`.

## When not to fix it

A coroutine that you throw away on purpose says so with `close()`. Waive the line where the tool doesn't see
that two tests exclude each other:

```python
async def work():
    return 1


async def run(plan):
    job = work()  # noqa: BKM306
    if plan.now:
        return await job
    return None
```

or a folder with `per-file-ignores = tests/*: BKM306`.

## Known limits

* Ways on which an exception leaves the function are not counted.
* A coroutine that is given to other code, stored or returned is left alone; so is one that an inner function reads.
* Names of a module are left alone.
* Where a test speaks of the same names as a test around the call, both are taken to agree.

## Confirm it at run time

Python warns when it collects the object: `RuntimeWarning: coroutine 'save' was never awaited`. Turn that into
an error, with the place where the coroutine was made:

```console
$ python -X tracemalloc=10 -W error::RuntimeWarning -m shop
```
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.bound import forgotten_coroutine
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM306",
    slug="forgotten-coroutine",
    level=Level.WARNING,
    since="0.1.0",
    check=forgotten_coroutine,
    explanation=__doc__,
)
