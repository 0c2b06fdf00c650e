"""Cleaning up is interrupted by a cancellation.

## What it does

Reports a suspension point in a `finally`, or in an `except` that handles a cancellation, that is not shielded. In code
for trio and anyio it is a warning. For asyncio it is a hint, and only where more cleaning up follows.

## What happens on the loop

### Unshielded cleanup

A cancellation opens the bookmark and throws an exception in. The `finally` runs, and it is normal code: at its first
`await` it lays a bookmark of its own.

With trio and anyio a cancelled scope stays cancelled. *Every* suspension inside it raises again, at once:

```text
move_on_after ends:    Cancelled at receive() --> finally: await send("bye") --> Cancelled, at once
                                                           never sent
```

So the cleanup works in every test, for tests are seldom cancelled, and never when it is needed.

asyncio throws once for each `cancel()`. The `await` in the `finally` works, until there is a second cancel: a timeout
inside a task that is being stopped, an impatient Ctrl-C. Then the rest of the `finally` is skipped.

## Example

```python
import trio


async def talk(stream, log):
    try:
        with trio.fail_after(60):
            await stream.receive_some()
    finally:
        await log("bye")  # BKM602
```

## Use instead

Shield it, with a time limit, for nobody can stop it otherwise. With trio:

```python
import trio


async def talk(stream, log):
    try:
        with trio.fail_after(60):
            await stream.receive_some()
    finally:
        with trio.move_on_after(5, shield=True):
            await log("bye")
```

With anyio:

```python
import anyio


async def talk(stream, log):
    try:
        with anyio.fail_after(60):
            await stream.receive()
    finally:
        with anyio.move_on_after(5, shield=True):
            await log("bye")
```

With asyncio, do first what needs no waiting, or give each step a `finally` of its own:

```python
import asyncio


async def talk(reader, writer, table):
    try:
        await reader.readline()
    finally:
        table.pop(writer, None)
        writer.close()
        await asyncio.shield(writer.wait_closed())
```

## When not to fix it

Where the loss of the cleanup does no harm. Waive the line of the `await`:

```python
import trio


async def talk(stream, log):
    try:
        with trio.fail_after(60):
            await stream.receive_some()
    finally:
        await log("bye")  # noqa: BKM602
```

or a folder with `per-file-ignores = tools/*: BKM602`.

## Known limits

* `aclose()` is silent: in trio and anyio it closes by force when it is cancelled. So is a coroutine of yours in which
  everything that may suspend is shielded, or is an `aclose()`.
* For anyio it speaks only in modules that open a scope or a task group themselves. Under a plain asyncio task, which
  throws once, it is less severe than it says.
* `__aexit__` is cleaning up, too, and is not looked at.

## Confirm it at run time

Run it under `trio.move_on_after(0.1)` (or `anyio.move_on_after`), with a peer that never answers, and look whether the
cleanup was done. In asyncio, call `task.cancel()` twice, with `await asyncio.sleep(0)` in between.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.cleanup import unshielded_cleanup
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM602",
    slug="unshielded-cleanup",
    level=Level.WARNING,
    since="0.1.0",
    check=unshielded_cleanup,
    explanation=__doc__,
    coroutines_only=True,
)
