"""One coroutine object is awaited a second time.

## What it does

Reports an `await` of a local name that can follow another `await` of the same coroutine: in the next round of a
loop, after an exception, or simply further down. Also for parameters that are annotated as `Coroutine`.

## What happens on the loop

### Awaited twice

A coroutine is a machine that runs once, from CREATED to CLOSED. There is no way back. Awaiting it again raises
`RuntimeError: cannot reuse already awaited coroutine`, also if the first await ended with an exception or a
timeout.

```text
await job     CREATED --> ... --> CLOSED
await job     RuntimeError
```

Typical is a retry: the loop awaits the same object again, and not a new one. The first failure is caught, and
each further attempt fails at once, with an error that has nothing to do with the first one.

## Example

```python
async def fetch(url, session):
    return await session.read(url)


async def patiently(url, session):
    page = fetch(url, session)
    for _ in range(3):
        try:
            return await page  # BKM309
        except OSError:
            continue
```

## Use instead

Call the function for each attempt:

```python
async def fetch(url, session):
    return await session.read(url)


async def patiently(url, session):
    for _ in range(3):
        try:
            return await fetch(url, session)
        except OSError:
            continue
```

A helper that repeats takes the function and its arguments, not a coroutine. If several places need one result,
make one task of it and await that: a task may be awaited as often as you like. With asyncio:

```python
import asyncio


async def fetch(url, session):
    return await session.read(url)


async def both(url, session):
    page = asyncio.create_task(fetch(url, session))
    first = await page
    return first, await page
```

With anyio and trio, keep the result and not the coroutine.

## When not to fix it

A test that provokes the error. Waive the line:

```python
async def work():
    return 1


async def test_twice():
    job = work()
    await job
    await job  # noqa: BKM309
```

or a folder with `per-file-ignores = tests/*: BKM309`.

## Known limits

* Only plain `await` counts; a coroutine that is given to `gather` or `create_task` and awaited as well is not seen.
* Loops with a condition (`while not done`) are taken to end after the first success.
* Where different tests of the same name stand around the two awaits, only one of them is taken to run.

## Confirm it at run time

Nothing to provoke: the second await raises `RuntimeError: cannot reuse already awaited coroutine` each time the way
is taken. A test of the retry with a first attempt that fails shows it.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.bound import awaited_twice
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM309",
    slug="awaited-twice",
    level=Level.ERROR,
    since="0.1.0",
    check=awaited_twice,
    explanation=__doc__,
    coroutines_only=True,
)
