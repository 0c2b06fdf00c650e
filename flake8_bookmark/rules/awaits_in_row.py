"""An await waits for another one to end, though it needs nothing of it.

## What it does

Reports the second of two awaits that follow each other, where the second uses nothing that the first gave, both results
are used, and nothing between them could matter. It is a hint: off unless `bkm-hints` is set.

## What happens on the loop

### Awaits in row

An `await` is a place where *this* coroutine lays its bookmark and waits. The next line runs when the answer is there,
not before. Two awaits in a row are two waits, one after the other.

```text
in a row        orders ......  friends ....
side by side    orders ......
                friends ....
```

## Example

```python
async def profile(fetch, user):
    orders = await fetch(f"/orders/{user}")
    friends = await fetch(f"/friends/{user}")  # BKM405
    return orders, friends
```

## Use instead

Start both, then wait for both. With asyncio:

```python
import asyncio


async def profile(fetch, user):
    orders, friends = await asyncio.gather(fetch(f"/orders/{user}"), fetch(f"/friends/{user}"))
    return orders, friends
```

or, so that the failure of one also ends the other (Python 3.11):

```python
import asyncio


async def profile(fetch, user):
    async with asyncio.TaskGroup() as group:
        orders = group.create_task(fetch(f"/orders/{user}"))
        friends = group.create_task(fetch(f"/friends/{user}"))
    return orders.result(), friends.result()
```

With anyio use `anyio.create_task_group()`, with trio `trio.open_nursery()`; tasks give no result there, so each puts
its own away.

## When not to fix it

* Both answers mostly come from memory: two tasks cost more than they save.
* The second makes no sense if the first fails, and asking for nothing costs the other side something.

Waive the line:

```python
async def settings(read):
    url = await read("url")
    key = await read("key")  # noqa: BKM405
    return url, key
```

or a folder with `per-file-ignores = scripts/*: BKM405`.

## Known limits

Only neighbours are compared: with another call, a branch or a `with` between them, two awaits are left alone. Two
different functions are reported only if all that they await is known, and they have no object in common that one
could change for the other; one function of one object, asked for two things, is taken to bear it, and so are two
questions, told by the first word of their names (`get_balance()`, `get_cost()`). What the own object has from an
unknown class may lie in memory, and is no question; nor is what a method without a body will ask, or an object of
unknown class that is called a store, a state or a cache. Silent, too: results that nobody looks at (but the same
method of two objects of the project that provably changes nothing but its object), one session, connection, file or
lock, sleeps, functions of the project that change something, and tests.

## Confirm it at run time

Measure both together and the slower one alone. If the sum is what you see, they ran in a row.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.rows import awaits_in_row

RULE = Rule(
    code="BKM405",
    slug="awaits-in-row",
    level=Level.HINT,
    since="0.1.0",
    check=awaits_in_row,
    explanation=__doc__,
    coroutines_only=True,
)
