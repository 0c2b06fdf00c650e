"""A loop in a coroutine takes many rounds and suspends in none of them.

## What it does

Reports a loop of loop code that surely takes long, and in which nothing suspends:

* its rounds can be counted, and there are 100,000 or more: `range` of constants, loops inside one another,
  `itertools.product` and its relatives, `sum` and comprehensions over such a range, a helper that is called
  with such a number;
* or it goes through something large one element at a time: the pixels of an image with `getpixel`, the rows
  of a table with `iterrows`.

The loop may stand in the coroutine, in a helper that it calls, or half here and half there; then the message
shows the way. Rounds are only counted where every one of them takes place: a `break`, a `return` or a branch
around the inner loop makes the number unknown, and unknown means silent.

## What happens on the loop

### Long loop

A round of a Python loop takes fifty nanoseconds if it does next to nothing, and often a microsecond. A
million of them are a second of one transition, and the thread belongs to it for all that time.

```text
SUSPENDED 1 --> [ 0,0  0,1  0,2  ...  999,999 ] --> SUSPENDED 2      nobody else runs in the brackets
```

Constant bounds are the easy case, because no small input makes the loop short: it is slow each time.

Images and tables are the other one. `getpixel` checks its arguments and makes a tuple, for each pixel. A
photograph has twelve million of them.

## Example

```python
async def grid(shape):
    inside = 0
    for x in range(1000):  # BKM203
        for y in range(1000):
            inside += shape.covers(x, y)
    return inside
```

## Use instead

Work that takes long, and is your own Python code, belongs into a process: a thread would only take turns with
the loop, because it needs the GIL as well. The function and its arguments must be picklable.

```python
import asyncio
from concurrent.futures import ProcessPoolExecutor

pool = ProcessPoolExecutor()


def count(shape):
    return sum(shape.covers(x, y) for x in range(1000) for y in range(1000))


async def grid(shape):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(pool, count, shape)
```

With anyio it is `anyio.to_process.run_sync(count, shape)`. trio has no processes for functions of its own.

If the whole takes some milliseconds only, let the others have a turn from time to time (`anyio.sleep(0)`,
`trio.lowlevel.checkpoint()`):

```python
import asyncio


async def grid(shape):
    inside = 0
    for x in range(1000):
        for y in range(1000):
            inside += shape.covers(x, y)
        await asyncio.sleep(0)
    return inside
```

For pixels and rows, ask the library for all of them at once: an operation on the whole image or column is a
hundred times faster than a loop, and mostly releases the GIL, so that a thread will do.

## When not to fix it

In a script in which nobody waits beside it, or where the loop mostly ends early in a way that the tool
can't see. Waive the line of the loop:

```python
async def warm_up(cache):
    for number in range(1_000_000):  # noqa: BKM203
        cache.add(number)
```

or a folder with `per-file-ignores = scripts/*: BKM203`.

## Known limits

* A loop over a parameter, a list or a file has no length that the text tells, and is silent, however long.
* What one round costs isn't measured: a hundred thousand rounds of nothing take five milliseconds.
* Bounds are followed through names, simple arithmetic, arguments and imports, and not through attributes.
* A `break` or `return` in a loop silences it, even if it comes late.

## Confirm it at run time

Debug mode of asyncio logs each transition that takes more than 100 ms:

```text
Executing <Task finished name='Task-1' coro=<grid() done, defined at grid.py:1> ...> took 1.034 seconds
```

`py-spy dump --pid PID` shows in which loop it is.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.loops import long_loop
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM203",
    slug="long-loop",
    level=Level.WARNING,
    since="0.1.0",
    check=long_loop,
    explanation=__doc__,
    coroutines_only=True,
)
