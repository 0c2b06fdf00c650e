"""A coroutine calls a function that computes for long.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project that ends in a
long computation of the catalogue: password hashing, compression, images, inference. The message names each
step with file and line.

## What happens on the loop

A plain function can't lay a bookmark. While it computes, the coroutine that called it holds the thread, and
the loop doesn't turn.

```text
upload()             | transition ....................................
  pack()             |   plain function: no bookmark possible
    zlib.compress()  |     a core at 100 %, the loop at 0
store.put()          |                                       | bookmark
```

A thread helps if the library releases the **GIL** while it computes, as `zlib` does: then loop and worker
run on two cores. If it keeps the GIL, or if the helper itself does the work in Python code (a loop over
rows or pixels), the worker thread and the loop's thread take turns, and a **process** is the remedy. The
section *Causes* below says which is which, where it is known.

## Example

```python
import zlib


def pack(report):
    return zlib.compress(report.encode(), level=9)


async def upload(report, store):
    data = pack(report)  # BKM212
    await store.put(data)
```

## Use instead

Move the helper as a whole. With asyncio:

```python
import asyncio
import zlib


def pack(report):
    return zlib.compress(report.encode(), level=9)


async def upload(report, store):
    data = await asyncio.to_thread(pack, report)
    await store.put(data)
```

With anyio:

```python
import zlib

import anyio


def pack(report):
    return zlib.compress(report.encode(), level=9)


async def upload(report, store):
    data = await anyio.to_thread.run_sync(pack, report)
    await store.put(data)
```

With trio:

```python
import zlib

import trio


def pack(report):
    return zlib.compress(report.encode(), level=9)


async def upload(report, store):
    data = await trio.to_thread.run_sync(pack, report)
    await store.put(data)
```

In a process instead, where the GIL is the trouble (with anyio: `anyio.to_process.run_sync`):

```python
import asyncio
from concurrent.futures import ProcessPoolExecutor

from shop.reports import lay_out

pool = ProcessPoolExecutor()


async def upload(report, store):
    loop = asyncio.get_running_loop()
    await store.put(await loop.run_in_executor(pool, lay_out, report))
```

## When not to fix it

* What the helper gets is small.
* The helper remembers its results, and computes once.

Waive the call:

```python
import zlib


def checked(frame):
    return zlib.compress(frame)


async def send(frame, link):
    await link.write(checked(frame))  # noqa: BKM212
```

or a folder with `per-file-ignores = scripts/*: BKM212`, or the helper for all its callers with
`bkm-nonblocking = shop.packing.pack`.

## Known limits

* In this release a chain is followed inside one file.
* A helper whose own loops do the work, without a call of the catalogue, is not seen.
* The size of the input isn't looked at.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs the long transition. To see what fills it, sample the process:
`py-spy top --pid PID`, or `py-spy record --gil --pid PID` to see only what holds the GIL.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.starvation import heavy_helper

RULE = Rule(
    code="BKM212",
    slug="heavy-helper",
    level=Level.WARNING,
    since="0.1.0",
    check=heavy_helper,
    explanation=__doc__,
)
