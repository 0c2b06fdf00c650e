"""A handler takes a cancellation and the coroutine goes on.

## What it does

Reports an `except` that catches a cancellation (`CancelledError`, also in a tuple, `BaseException`, or a bare
`except:`) around a suspension point and does not raise it again.

## What happens on the loop

### Swallowed

`task.cancel()` doesn't stop a coroutine. It opens the bookmark and throws `CancelledError` in at the place where it
lies. The exception then travels up through everybody who awaits, and each may clean up on the way. That is all that
cancelling is.

A handler that keeps the exception stops this journey. The task goes on, and everybody believes that it is stopped:

```text
asyncio.timeout     throws at the bookmark --> except CancelledError: pass --> the work goes on, no TimeoutError
TaskGroup           throws at the bookmark --> ...                         --> waits for a task that does not end
Ctrl-C              asyncio.run cancels    --> ...                         --> the program does not end
```

asyncio throws once. The second wait of the coroutine is not cancelled any more. trio and anyio throw again at every
suspension, and the scope that asked for the cancel still misses the exception.

## Example

```python
import asyncio


async def consume(queue, handle):
    while True:
        try:
            await handle(await queue.get())
        except (ValueError, asyncio.CancelledError):  # BKM601
            continue
```

## Use instead

Clean up if you must, and raise it again:

```python
import asyncio


async def consume(queue, handle, log):
    while True:
        try:
            await handle(await queue.get())
        except asyncio.CancelledError:
            log("stopped")
            raise
        except ValueError:
            continue
```

Mostly there is nothing to catch. `except Exception` lets a cancellation pass, and `finally` cleans up on every way:

```python
async def consume(queue, handle, log):
    try:
        while True:
            await handle(await queue.get())
    finally:
        log("stopped")
```

With anyio the exception is `anyio.get_cancelled_exc_class()`, with trio it is `trio.Cancelled`; both must be raised
again, too.

Who cancels a task and waits for its end may catch what comes back: that cancellation was its own.

```python
import asyncio


async def stop(task: asyncio.Task):
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
```

## When not to fix it

At the outermost place of a program, where the end of the coroutine is the end of all. Waive the line of the `except`:

```python
import asyncio


async def main(serve, close):
    try:
        await serve()
    except asyncio.CancelledError:  # noqa: BKM601
        print("bye")
    await close()
```

or a folder with `per-file-ignores = cli/*: BKM601`.

## Known limits

* It is a warning where the coroutine waits again afterwards, gives its caller a value, is an async generator, or is
  awaited in the same file.
  A task that catches the cancellation and ends right there is a hint: it counts as done and not as cancelled, and
  mostly nobody asks. If its handler is for cancellations alone, does something (a line in the log, `break`, cleaning
  up), and decides something, or if it is all that its program runs, it is meant, and silent.
* In a `finally`, where mostly one cancellation is under way already, and in a shielded scope, it is one level lower.
* A handler that raises on some way, decides something, gives the exception to somebody else
  (`future.set_exception(error)`, `return False, error`), or cancels its own task anew is silent or a hint.
* Where only tasks or futures are awaited, the cancellation may be theirs: a hint.
* A context manager of your own that swallows it is not looked into; `contextlib.suppress` is.

## Confirm it at run time

Put a timeout around it: `async with asyncio.timeout(1): await consume(queue, handle)`. It must end after a second with
`TimeoutError`. If it doesn't end, or ends without the error, the cancellation was swallowed.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.cancellation import cancel_swallowed
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM601",
    slug="cancel-swallowed",
    level=Level.WARNING,
    since="0.1.0",
    check=cancel_swallowed,
    explanation=__doc__,
    coroutines_only=True,
)
