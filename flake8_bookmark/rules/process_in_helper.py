"""A coroutine calls a function that waits for another program.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project that runs another
program and waits for it. The message names each step with file and line. A helper that only starts a
program (`subprocess.Popen`) is a warning.

## What happens on the loop

The other program runs beside you, on a core of its own. The helper waits for its end with the loop's thread
in hand. Between the call of the helper and its return there is no bookmark, because a plain function can't
lay one.

```text
about()                          | transition .........................
  revision()                     |   plain function: no bookmark possible
    subprocess.check_output()    |     start git, wait for git
request.reply()                  |                              | bookmark
```

Such helpers often ask for something that doesn't change while you run: a revision, a version, a host name.
Then each request pays for the same answer, and makes all others pay, too.

## Example

```python
import subprocess


def revision():
    output = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True)
    return output.strip()


async def about(request):
    await request.reply({"revision": revision()})  # BKM114
```

## Use instead

An answer that doesn't change belongs before the loop:

```python
import subprocess


def revision():
    output = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True)
    return output.strip()


REVISION = revision()


async def about(request):
    await request.reply({"revision": REVISION})
```

Else move the helper to a worker thread, with asyncio:

```python
import asyncio
import subprocess


def revision():
    output = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True)
    return output.strip()


async def about(request):
    await request.reply({"revision": await asyncio.to_thread(revision)})
```

or make it a coroutine, with anyio (with trio: `trio.run_process(..., capture_stdout=True)`):

```python
import anyio


async def revision():
    done = await anyio.run_process(["git", "rev-parse", "HEAD"])
    return done.stdout.decode().strip()


async def about(request):
    await request.reply({"revision": await revision()})
```

## When not to fix it

* A command-line tool that serves nobody while it waits.
* A call at start-up, before work is accepted.

Waive the call:

```python
import subprocess


def sync_clock():
    subprocess.run(["chronyc", "makestep"], check=True)


async def start(server):
    sync_clock()  # noqa: BKM114
    await server.run()
```

or a folder with `per-file-ignores = scripts/*: BKM114`, or the helper for all its callers with
`bkm-nonblocking = shop.about.revision`.

## Known limits

* In this release a chain is followed inside one file.
* A helper that remembers its answer in a way other than `functools.lru_cache`, `cache` or `cached_property`
  may count as if it ran the program each time.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs `Executing <Task ...> took 0.210 seconds`.
[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to os.read` inside
the helper; it doesn't see `os.system`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM114",
    slug="process-in-helper",
    level=Level.ERROR,
    since="0.1.0",
    check=helper_calls(Kind.PROCESS),
    explanation=__doc__,
    coroutines_only=True,
)
