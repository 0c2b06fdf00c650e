"""An async generator is left before its end, and nobody closes it.

## What it does

Reports an `async for` over the call of an async generator function of yours which is left by `break`, `return` or
`raise`, so that the generator stays suspended in the middle.

## What happens on the loop

### Left early

An async generator is a machine, too. When the loop over it is left, it stays suspended at its `yield`, with all
that its bookmark holds: a connection, a lock, an open file. A plain generator is closed the moment nobody refers
to it. An asynchronous one can't be, because closing it may have to await. The event loop closes it at some later
moment: after a garbage collection, in another task, with other context variables, or when the loop ends.

```text
async for row in rows():     rows: SUSPENDED at yield, holds the connection
    break                    still SUSPENDED, still holds it
...                          some day: its finally runs, somewhere else
```

Task groups, timeouts and cancel scopes in it break if they are left in another task than they were entered in.

## Example

```python
async def rows(pool):
    async with pool.connection() as connection:
        async for row in connection.cursor():
            yield row


async def first(pool):
    async for row in rows(pool):  # BKM308
        return row
```

## Use instead

Close it where you leave it; this is the same with asyncio, anyio and trio:

```python
from contextlib import aclosing


async def rows(pool):
    async with pool.connection() as connection:
        async for row in connection.cursor():
            yield row


async def first(pool):
    async with aclosing(rows(pool)) as found:
        async for row in found:
            return row
```

Or let the caller hold what has to be closed, and give it to the generator.

## When not to fix it

Where it may be closed at any later time: waive the line.

```python
async def ticks(clock):
    with clock.running():
        while True:
            await clock.tick()
            yield clock.now


async def first(clock):
    async for now in ticks(clock):  # noqa: BKM308
        return now
```

or a folder with `per-file-ignores = tests/*: BKM308`.

## Known limits

* Only generators of your own code are known, and only where they are made in the head of the loop.
* A generator with no `yield` inside an `async for`, a `with` or a `try` with `finally` has nothing to clean up and is
  left alone.
* An exception that leaves the loop without a `raise` in its body is not seen, and a failing `assert` is not looked at.

## Confirm it at run time

Print in the generator's `finally`, and see when it runs. trio warns: `Async generator ... was garbage collected
before it had been exhausted`.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.unseen import left_early

RULE = Rule(
    code="BKM308",
    slug="generator-left-early",
    level=Level.HINT,
    since="0.1.0",
    check=left_early,
    explanation=__doc__,
)
