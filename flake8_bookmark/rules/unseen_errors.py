"""Errors of several tasks are collected, and nobody looks at them.

## What it does

Reports `await asyncio.gather(..., return_exceptions=True)` whose result is thrown away, and `await
asyncio.wait(...)` whose set of done tasks nobody looks at. It is a hint: who throws them away often means it.

## What happens on the loop

### gather

With `return_exceptions=True`, `gather` never raises. It puts each exception in the list of results, in the place
of the value. Who throws the list away throws the exceptions away: a failed task looks like one that went well,
and nothing is logged.

```text
gather(a, b)                           b fails: raised at the await
gather(a, b, return_exceptions=True)   b fails: [1, OSError(...)], and the list goes to the bin
```

### wait

`asyncio.wait` never raises what its tasks raise. It says which are done and which are not. The exception stays
in its task, until somebody asks for the result.

## Example

```python
import asyncio


async def close_all(links):
    await asyncio.gather(*[link.close() for link in links], return_exceptions=True)  # BKM307
```

## Use instead

Look at what came back:

```python
import asyncio
import logging


async def close_all(links):
    closed = await asyncio.gather(*[link.close() for link in links], return_exceptions=True)
    for link, outcome in zip(links, closed):
        if isinstance(outcome, Exception):
            logging.error("%s was not closed", link, exc_info=outcome)
```

If one failure is to end them all, a task group says so, and raises. With asyncio (anyio's and trio's do the same):

```python
import asyncio


async def close_all(links):
    async with asyncio.TaskGroup() as group:
        for link in links:
            group.create_task(link.close())
```

After `wait`, ask each done task: `for task in done: task.result()`.

## When not to fix it

After cancelling: to wait for cancelled tasks with `return_exceptions=True` is right, and not reported where the
`cancel` stands in the same function. Otherwise waive the line:

```python
import asyncio


async def shut_down(links):
    await asyncio.gather(*[link.close() for link in links], return_exceptions=True)  # noqa: BKM307
```

or a folder with `per-file-ignores = tests/*: BKM307`.

## Known limits

* Where a name among the arguments is read again further down, its tasks may be asked there: nothing is reported.
* A result that is bound to a name and read is taken to be looked at with care.
* Tasks that were started elsewhere, and are kept by an object, are looked at by who started them; what only waits
  (`event.wait()`) has no errors. Both are silent.

## Confirm it at run time

Let one of the coroutines raise in a test, and see that nothing fails and nothing is logged.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.unseen import unseen_errors

RULE = Rule(
    code="BKM307",
    slug="unseen-errors",
    level=Level.HINT,
    since="0.1.0",
    check=unseen_errors,
    explanation=__doc__,
    coroutines_only=True,
)
