"""A coroutine calls a function that waits for the disk.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project that reads or
writes files, scans directories, copies trees or packs archives. The message names each step with file and
line.

## What happens on the loop

Loaders and savers are plain functions, written long before the service became async. Called from a
coroutine they run on the loop's thread, inside one transition: a plain function can't lay a bookmark, and a
regular file can't say "not yet".

```text
quote()                    | transition .......................
  load_rates()             |   plain function: no bookmark possible
    Path.read_text()       |     disk
request.reply()            |                           | bookmark
```

Nobody notices while the file is small and local. The stop grows with the file, with the distance to the
disk, and with the number of requests that want it at once.

## Example

```python
from pathlib import Path


def load_rates(folder):
    text = Path(folder, "rates.csv").read_text(encoding="utf-8")
    return dict(line.split(",") for line in text.splitlines())


async def quote(currency, request):
    rates = load_rates("/srv/shop")  # BKM115
    await request.reply(rates[currency])
```

## Use instead

Move the helper as a whole; it opens, reads and closes in the worker. With asyncio:

```python
import asyncio
from pathlib import Path


def load_rates(folder):
    text = Path(folder, "rates.csv").read_text(encoding="utf-8")
    return dict(line.split(",") for line in text.splitlines())


async def quote(currency, request):
    rates = await asyncio.to_thread(load_rates, "/srv/shop")
    await request.reply(rates[currency])
```

With anyio (with trio: `trio.to_thread.run_sync`):

```python
from pathlib import Path

import anyio


def load_rates(folder):
    text = Path(folder, "rates.csv").read_text(encoding="utf-8")
    return dict(line.split(",") for line in text.splitlines())


async def quote(currency, request):
    rates = await anyio.to_thread.run_sync(load_rates, "/srv/shop")
    await request.reply(rates[currency])
```

If the file doesn't change, read it once before the loop starts, and pass the result on.

## When not to fix it

* The helper runs once, at start-up.
* The files are small and local, and you have decided to live with it: `extend-ignore = BKM105,BKM115`.
* Tests: this code is off there.

Waive the call:

```python
from pathlib import Path


def token():
    return Path("/run/secrets/token").read_text().strip()


async def connect(client):
    await client.login(token())  # noqa: BKM115
```

or a folder with `per-file-ignores = scripts/*: BKM115`, or the helper for all its callers with
`bkm-nonblocking = shop.secrets.token`.

## Known limits

* In this release a chain is followed inside one file.
* A generator that reads a file is followed where the coroutine steps through it, not where it is made.
* Whether a path is local or remote, and a file small or large, can't be seen.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to
io.TextIOWrapper.read` inside the helper. [aiocop](https://pypi.org/project/aiocop/) reports the `open` with
its stack, and may run in production.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM115",
    slug="file-in-helper",
    level=Level.WARNING,
    since="0.1.0",
    check=helper_calls(Kind.FILE),
    explanation=__doc__,
    coroutines_only=True,
)
