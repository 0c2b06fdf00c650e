"""Shared state is set after a suspension to a value from before it.

## What it does

Reports an assignment to shared state (an attribute of `self`, a global, an item of one of these) whose new value is
worked out from the old one, when the old one was read before a suspension point and the new one is written after it.

## What happens on the loop

### Lost update

Between two suspension points a coroutine has the thread for itself: `self.total += 1` can't be interrupted by another
task. An `await` in the middle changes that. Python reads the old value first, and keeps it in the bookmark while the
coroutine is suspended. Others run meanwhile, and change the same value.

```text
A: reads total (10), lays a bookmark                            keeps 10
B:                     reads total (10), awaits, writes 15
A:                                                              writes 10 + 3 = 13
```

The 5 of B is gone. There is no error and no traceback, only a number that is too small, under load, now and then.

`self.total += await price(item)` looks like one step and is three: read, suspend, write. Python reads the left side
before it evaluates the right side.

## Example

```python
class Basket:
    def __init__(self):
        self.total = 0

    async def add(self, price):
        self.total += await price()  # BKM502
```

## Use instead

Await first. Then read and write in one go, without a suspension in between:

```python
class Basket:
    def __init__(self):
        self.total = 0

    async def add(self, price):
        amount = await price()
        self.total += amount
```

If the await needs the old value, hold a lock of the event loop from the read to the write. With asyncio:

```python
import asyncio


class Basket:
    def __init__(self):
        self.total = 0
        self._lock = asyncio.Lock()

    async def convert(self, exchange):
        async with self._lock:
            old = self.total
            rate = await exchange(old)
            self.total = old * rate
```

`anyio.Lock` and `trio.Lock` are used in the same way. Everybody who writes `total` must hold the lock.

## When not to fix it

Where only one task ever has this object, such as a parser that reads one connection. Waive the line of the assignment:

```python
class Reader:
    def __init__(self, stream):
        self.stream = stream
        self.text = ""

    async def more(self):
        self.text = self.text + await self.stream.read()  # noqa: BKM502
```

or a folder with `per-file-ignores = parsers/*: BKM502`.

## Known limits

* What a call makes of an old value (`self.state = merge(old, new)`) is not taken for an update of it.
* An object that is changed in place (`self.items.append(...)`) is never stale, and never reported.
* Attributes of parameters are silent, and what a coroutine inside another function shares with it is a hint: they are
  mostly nobody else's.
* Functions with a decorator of your own are silent, for it may take a lock. So are private methods that are only called
  under a lock, and coroutines in tests.

## Confirm it at run time

Run it twice at once, `await asyncio.gather(basket.add(slow), basket.add(slow))`, where `slow` sleeps for a moment and
returns 1. The total is 1.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.races import lost_update

RULE = Rule(
    code="BKM502",
    slug="lost-update",
    level=Level.WARNING,
    since="0.1.0",
    check=lost_update,
    explanation=__doc__,
    coroutines_only=True,
)
