"""A timeout or cancel scope has nothing inside that suspends.

## What it does

Reports `asyncio.timeout`, `async_timeout.timeout`, `move_on_after`, `fail_after` or a `CancelScope` whose body has no
suspension point, or only awaits coroutines that never suspend.

## What happens on the loop

### Idle timeout

A timeout is a timer of the event loop. When it fires, it throws an exception in at the bookmark where the coroutine
waits. It needs two things: a loop that has the thread, and a bookmark.

Code that doesn't suspend gives it neither.

```text
async with timeout(5):    timer set
    crunch(data)          20 seconds, the loop has no thread, no timer fires
                          left: the timer is removed
```

The body runs as long as it likes. The timeout isn't only useless, it promises something that it can't keep.

## Example

```python
import asyncio


async def load(parse, text):
    async with asyncio.timeout(5):  # BKM603
        return parse(text)
```

## Use instead

Put what really waits inside:

```python
import asyncio


async def load(parse, fetch):
    async with asyncio.timeout(5):
        text = await fetch()
    return parse(text)
```

Work that computes for long belongs into a process, which can be stopped, or into a thread. A thread can't be stopped
(BKM606), but the loop lives.

With anyio and trio it is the same: `with anyio.fail_after(5):` and `with trio.fail_after(5):` around an `await`. A
`CancelScope` without a suspension inside can be deleted.

## When not to fix it

Where a body is empty today and gets its `await` tomorrow. Waive the line of the `with`:

```python
import asyncio


async def load(parse, text):
    async with asyncio.timeout(5):  # noqa: BKM603
        return parse(text)
```

or a folder with `per-file-ignores = drafts/*: BKM603`.

## Known limits

* An unknown coroutine is taken to suspend, and so is a `yield`.
* `asyncio.wait_for` is not looked at.
* A scope of a library that is not in the catalogue is silent.

## Confirm it at run time

Put `time.sleep(10)` at the beginning of the body and a limit of one second. It ends after ten seconds, and without
`TimeoutError`.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.scopes import idle_timeout

RULE = Rule(
    code="BKM603",
    slug="idle-timeout",
    level=Level.WARNING,
    since="0.1.0",
    check=idle_timeout,
    explanation=__doc__,
    coroutines_only=True,
)
