"""Pure Python code that computes is handed to a thread.

## What it does

Reports `asyncio.to_thread(f)` and its like, where `f` computes in nested loops of plain Python and waits for nothing,
or is a library function that is known to keep the GIL. It is a hint: off unless `bkm-hints` is set.

## What happens on the loop

### Threads for computing

The GIL lets one thread at a time run Python code. A thread that *waits* lets go of it, so waiting in a thread costs the
event loop nothing. A thread that *computes* in Python keeps it, and is made to hand it over every few milliseconds. The
event loop gets its turns, but each is late, and two such threads finish no sooner than one.

```text
loop       run | wait for the GIL .. | run | wait for the GIL .. | run
thread         | compute             |     | compute             |
```

## Example

```python
import asyncio


def primes(limit):
    return [n for n in range(limit) if all(n % k for k in range(2, n))]


async def first_primes():
    return await asyncio.to_thread(primes, 100_000)  # BKM408
```

## Use instead

A process has a GIL of its own. With asyncio:

```python
import asyncio
from concurrent.futures import ProcessPoolExecutor


def primes(limit):
    return [n for n in range(limit) if all(n % k for k in range(2, n))]


async def first_primes(pool: ProcessPoolExecutor):
    return await asyncio.get_running_loop().run_in_executor(pool, primes, 100_000)
```

With anyio:

```python
import anyio.to_process


def primes(limit):
    return [n for n in range(limit) if all(n % k for k in range(2, n))]


async def first_primes():
    return await anyio.to_process.run_sync(primes, 100_000)
```

Trio has no process pool of its own.

## When not to fix it

* It takes some milliseconds: a process costs more than it saves.
* A thread is enough for you: the loop stays alive, only slower.
* Your Python has no GIL.

Waive the line:

```python
import asyncio


def pairs(names):
    return [(a, b) for a in names for b in names]


async def all_pairs(names):
    return await asyncio.to_thread(pairs, names)  # noqa: BKM408
```

or a folder with `per-file-ignores = scripts/*: BKM408`.

## Known limits

A function that calls anything unknown is left alone, since that may wait, or let go of the GIL while it computes, as
hashing, `zlib` and numpy do. How often a loop goes round is not known.

## Confirm it at run time

`PYTHONASYNCIODEBUG=1` logs callbacks that took over 0.1 seconds; watch the delay of `asyncio.sleep(0)` while the thread
runs.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.names_only import threads_for_computing

RULE = Rule(
    code="BKM408",
    slug="threads-for-computing",
    level=Level.HINT,
    since="0.1.0",
    check=threads_for_computing,
    explanation=__doc__,
)
