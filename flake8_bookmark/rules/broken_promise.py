"""Code that promises not to suspend does.

## What it does

Reports a suspension point inside a `with`, a block or a function with the comment `# bkm: atomic`. The comment is a
promise: nothing in here gives the thread back. What is awaited counts with all that it awaits.

## What happens on the loop

### Broken promise

Between two suspension points a coroutine has the thread for itself. Much code lives from that, and mostly nobody has
written it down: two dictionaries that must agree, an index and what it points to, a balance and its history.

```text
move the money out    move it in         others see both, or neither
move the money out    await log()        others see money that is nowhere
                      move it in
```

One `await` between the two lines, added a year later by somebody else, ends it. No test fails. The comment makes the
promise known, and this rule keeps it.

## Example

```python
class Bank:
    async def move(self, amount, log):
        # bkm: atomic
        if amount > 0:
            self.here -= amount
            await log(amount)  # BKM508
            self.there += amount
```

## Use instead

Move the suspension out of the block:

```python
class Bank:
    async def move(self, amount, log):
        # bkm: atomic
        if amount > 0:
            self.here -= amount
            self.there += amount
        await log(amount)
```

Best is a plain function. It can't suspend, and needs no comment:

```python
class Bank:
    def _move(self, amount):
        self.here -= amount
        self.there += amount

    async def move(self, amount, log):
        self._move(amount)
        await log(amount)
```

If it has to wait in the middle, take the comment away and hold a lock: `asyncio.Lock`, `anyio.Lock` or `trio.Lock`,
over everything that looks at both.

## When not to fix it

Where the awaited coroutine certainly returns without a suspension, and the tool can't see it. Waive the line of the
`await`:

```python
async def count(cache, numbers):
    # bkm: atomic
    for number in numbers:
        cache.total += await cache.get_now(number)  # noqa: BKM508
```

or a folder with `per-file-ignores = vendor/*: BKM508`.

## Known limits

* The comment stands at the head of a statement with a body (`with`, `if`, `for`, `while`, `try`), or on a line of its
  own above it, or at a `def`.
* The first suspension of each block is reported.
* The way in and out of an `async with` that carries the comment doesn't count, only what is inside.
* An unknown coroutine is taken to suspend. One of the project that certainly doesn't is fine.
* Threads are another matter: nothing is said about them.

## Confirm it at run time

Put `await asyncio.sleep(0)` in the place of the suspension and run two tasks at once; look at the state from a third.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.atomic import broken_promise
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM508",
    slug="broken-promise",
    level=Level.ERROR,
    since="0.1.0",
    check=broken_promise,
    explanation=__doc__,
)
