"""A coroutine never suspends: it is async in name only.

## What it does

Reports an `async def` function that has no wait in it, neither by itself nor in the coroutines that it awaits, where no
interface seems to ask for a coroutine. It is a hint: off unless `bkm-hints` is set.

## What happens on the loop

### Async in name

`async def` makes a function that *can* be left in the middle. If there is no place where it has to wait, it never is:
awaiting it runs it to its end, without giving the thread to anybody. Its callers must be coroutines for nothing, and
whoever reads `await` believes that others may run there.

```text
await add(1, 2)     CREATED -> CLOSED      no state in between
```

## Example

```python
async def add(a, b):  # BKM404
    return a + b


async def bill(load):
    return await add(await load(), 5)
```

## Use instead

```python
def add(a, b):
    return a + b


async def bill(load):
    return add(await load(), 5)
```

and call it without `await`. This is the same with asyncio, anyio and trio.

## When not to fix it

* An interface asks for a coroutine: a base class, a framework, a caller in another file that awaits whatever it gets.
* It shall stay one because a wait will come.

Waive the line:

```python
async def ping():  # noqa: BKM404
    return [1, 2]


async def answer(write):
    await write(await ping())
```

or a folder with `per-file-ignores = plugins/*: BKM404`.

## Known limits

Left alone: functions with decorators, public methods, methods of classes with bases, stubs and functions that only
return a constant, functions whose name is handed on or whose coroutine is kept, functions that use the running loop,
tests. So is a function that nobody in its module calls, if the module imports a library that might.

## Confirm it at run time

`coroutine.send(None)` raises `StopIteration` at once: the first step was the last.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.names_only import async_in_name

RULE = Rule(
    code="BKM404",
    slug="async-in-name",
    level=Level.HINT,
    since="0.1.0",
    check=async_in_name,
    explanation=__doc__,
)
