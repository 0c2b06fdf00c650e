"""A coroutine calls a function that asks the file system about one path.

## What it does

Hints at the call with which a coroutine or an async generator enters code of your project that looks at or
changes one directory entry: `os.path.exists`, `stat`, `mkdir`, `unlink`, `rename` and their relatives. The
message names each step with file and line. Hints are off unless `bkm-hints` is set.

## What happens on the loop

One look at a local path takes microseconds. It is part of the coroutine's transition, like every line of a
plain function, and nobody feels it. A helper changes the sum: it asks about one path, but you call it in a
loop, or it asks about several, or the path is on a network share, where each question is a message to
another machine and there is no bookmark to bridge the wait.

```text
serve()                     | transition .......................
  pick()                    |   plain function: no bookmark possible
    Path.exists()           |     kernel, or another machine
    Path.exists()           |     once more
request.reply_with_file()   |                           | bookmark
```

## Example

```python
from pathlib import Path


def pick(name):
    for suffix in (".webp", ".png", ".jpg"):
        if Path("/srv/images", name).with_suffix(suffix).exists():
            return name + suffix
    return "nothing.png"


async def serve(name, request):
    await request.reply_with_file(pick(name))  # BKM116
```

## Use instead

Move the helper as a whole. Three questions then cost one trip to a worker. With asyncio:

```python
import asyncio
from pathlib import Path


def pick(name):
    for suffix in (".webp", ".png", ".jpg"):
        if Path("/srv/images", name).with_suffix(suffix).exists():
            return name + suffix
    return "nothing.png"


async def serve(name, request):
    await request.reply_with_file(await asyncio.to_thread(pick, name))
```

With anyio it is `await anyio.to_thread.run_sync(pick, name)`, with trio `await
trio.to_thread.run_sync(pick, name)`.

If the set of files is known at start-up, list the directory once before the loop starts and look names up
in a `set`.

## When not to fix it

When the path is local and the helper isn't called often: leave the hints off, or waive the call:

```python
import os


def is_paused():
    return os.path.exists("/run/shop/paused")


async def accept(request):
    if is_paused():  # noqa: BKM116
        await request.refuse()
```

or use `per-file-ignores = shop/admin/*: BKM116`, or `bkm-nonblocking = shop.state.is_paused` for all
callers.

## Known limits

* In this release a chain is followed inside one file.
* The tool can't know where a path lies, nor how often the helper is called.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to os.stat` inside
the helper. To see what it costs, lower the limit of asyncio's debug mode, `loop.slow_callback_duration`, to
0.005.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM116",
    slug="path-in-helper",
    level=Level.HINT,
    since="0.1.0",
    check=helper_calls(Kind.PATH),
    explanation=__doc__,
    coroutines_only=True,
)
