"""The arguments of a gathering call are awaited before it starts.

## What it does

Reports `await` in front of what is to run side by side: the arguments of `asyncio.gather`, `asyncio.wait`
and `asyncio.as_completed`, and comprehensions in them.

## What happens on the loop

### Awaited arguments

Python evaluates the arguments of a call first, then calls. An `await` among them is a suspension point of
*your* coroutine: it lays its bookmark there, waits until that one thing is done, and comes back for the
next argument. When `gather` is called at last, all work is over.

```text
gather(await a(), await b())    | bookmark: a ...... | bookmark: b ...... | gather
gather(a(), b())                | gather: a ...... |
                                |         b ...... |
```

It takes the sum of the times instead of the longest. And then it mostly raises: `gather` gets results where
it wants awaitables, `TypeError: An asyncio.Future, a coroutine or an awaitable is required`. If the results
happen to be awaitable, nobody notices the waste.

## Example

```python
import asyncio


async def profile(user, load_orders, load_friends):
    return await asyncio.gather(await load_orders(user), await load_friends(user))  # BKM402
```

## Use instead

Pass the coroutines, unawaited. With asyncio:

```python
import asyncio


async def profile(user, load_orders, load_friends):
    return await asyncio.gather(load_orders(user), load_friends(user))
```

or in a task group, which also cancels the other one when one of them fails:

```python
import asyncio


async def profile(user, load_orders, load_friends):
    async with asyncio.TaskGroup() as group:
        orders = group.create_task(load_orders(user))
        friends = group.create_task(load_friends(user))
    return orders.result(), friends.result()
```

With anyio and trio the question doesn't come up: `start_soon` takes the function and its arguments.

If the second needs the result of the first, they can't run side by side. Then write two plain lines with
`await`.

## When not to fix it

Where the awaited call really gives an awaitable, and fetching that one by one is right. Fetch it on a line
before, or waive the line of the call:

```python
import asyncio


async def drain(pool):
    await asyncio.gather(await pool.first_job(), await pool.second_job())  # noqa: BKM402
```

or a folder with `per-file-ignores = tests/*: BKM402`.

## Known limits

* `gather(*await jobs())` is left alone: there `await` fetches the list of awaitables. So is a single
  argument.
* An `await` deeper inside, such as `gather(load(await token()), ...)`, is left alone: it fetches an
  argument.
* `group.create_task(await a())` is not reported. It raises at once.

## Confirm it at run time

Run it: in most cases `gather` raises the `TypeError` above. If not, measure. Two calls of one second that
take two seconds did not run side by side.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.parallel import awaited_arguments

RULE = Rule(
    code="BKM402",
    slug="awaited-arguments",
    level=Level.WARNING,
    since="0.1.0",
    check=awaited_arguments,
    explanation=__doc__,
    coroutines_only=True,
)
