"""A loop in a coroutine awaits, and none of its awaits ever suspends.

## What it does

Reports a loop of loop code whose every suspension point is an `await` (or `async for`, `async with`) of
something that never gives the loop back: a coroutine that awaits nothing, or only such coroutines; an async
generator that doesn't wait for anything.

It speaks only where that is proved for all of them, through your own functions and files. An `await` that
can't be resolved is taken to suspend.

A `while` loop is an error, and so is `async for` over a generator that never ends. Loops that come to their
end by themselves are hints.

## What happens on the loop

### Silent awaits

`await` doesn't mean "let the others run". It means "run this coroutine, and if *it* is left, let me be left,
too". A coroutine that has nothing to wait for runs to its end like a plain function, and the `await` goes on
at once. No bookmark is laid.

```text
pump --> receive --> back in pump --> receive --> back in pump --> ...      no arrow leads to the event loop
```

So this loop starves all others, although it is full of awaits. It can't be cancelled either:
`CancelledError` is thrown in at a bookmark, and there is none.

Such code comes from stubs and fakes, from in-memory versions of something that used to wait, and from
caches: the coroutine that answers from a dictionary doesn't suspend.

## Example

```python
class Memory:
    def __init__(self):
        self.messages = []

    async def receive(self):
        return self.messages.pop() if self.messages else None


async def pump(handle):
    memory = Memory()
    while True:  # BKM204
        message = await memory.receive()
        if message is not None:
            handle(message)
```

## Use instead

Wait for something real. In the example an `asyncio.Queue` does both: it keeps the messages, and its `get`
suspends as long as there are none.

```python
import asyncio


async def pump(queue: asyncio.Queue, handle):
    while True:
        handle(await queue.get())
```

Where there is nothing to wait for, lay a bookmark: `asyncio.sleep(0)`, `anyio.sleep(0)` or
`trio.lowlevel.checkpoint()`. It is best laid in the coroutine that pretends to wait, once and for all who
await it:

```python
import asyncio


class Memory:
    def __init__(self):
        self.messages = []

    async def receive(self):
        await asyncio.sleep(0)
        return self.messages.pop() if self.messages else None


async def pump(handle):
    memory = Memory()
    while True:
        message = await memory.receive()
        if message is not None:
            handle(message)
```

## When not to fix it

If the loop is short by the nature of its data. Waive the line of the loop:

```python
async def read(lines):
    return lines.pop() if lines else None


async def all_of(lines):
    found = []
    while line := await read(lines):  # noqa: BKM204
        found.append(line)
    return found
```

or a folder with `per-file-ignores = fakes/*: BKM204`.

## Known limits

* A method may be overridden in a file that the tool doesn't see. One whose body does nothing (`pass`, a
  constant, only `raise`) is taken to be meant for that, and counts as one that suspends.
* Of libraries, only few coroutines are known never to suspend.
* An `await` that *mostly* doesn't suspend, such as that of a full buffer, starves as well, and is silent.

## Confirm it at run time

Debug mode of asyncio logs a long transition *after* it has ended. `py-spy dump --pid PID` shows the loop
while it runs, each time with the same coroutine at the bottom.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.loops import silent_awaits
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM204",
    slug="silent-awaits",
    level=Level.ERROR,
    since="0.1.0",
    check=silent_awaits,
    explanation=__doc__,
    coroutines_only=True,
)
