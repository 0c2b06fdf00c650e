"""A coroutine calls a function that puts the thread to sleep.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project that ends in
`time.sleep` or a relative. The message names each step with file and line. Only the entry is reported: the
helper itself may be right where it is, in a script or in a worker thread.

## What happens on the loop

Only `async def` frames can lay a bookmark. A plain function has none to lay: from the moment a coroutine
calls it until it returns, the thread is inside it, however deep the calls go. So the sleep at the end of
the chain belongs to the coroutine at its beginning, and to the same transition.

```text
start()                 | transition .............................................
  wait_until_ready()    |   plain function: no bookmark possible
    time.sleep(0.5)     |     thread asleep, again and again
clients.connect()       |                                         | bookmark
```

The `await` on the next line doesn't help. It comes after the sleep. And if the server that you wait for
runs on this same loop, it will never be ready.

## Example

```python
import time


def wait_until_ready(server):
    while not server.ready:
        time.sleep(0.5)


async def start(server, clients):
    wait_until_ready(server)  # BKM111
    await clients.connect(server)
```

## Use instead

Make the helper a coroutine, and every function between it and the first `async def`. With asyncio:

```python
import asyncio


async def wait_until_ready(server):
    while not server.ready:
        await asyncio.sleep(0.5)


async def start(server, clients):
    await wait_until_ready(server)
    await clients.connect(server)
```

With anyio:

```python
import anyio


async def wait_until_ready(server):
    while not server.ready:
        await anyio.sleep(0.5)


async def start(server, clients):
    await wait_until_ready(server)
    await clients.connect(server)
```

With trio:

```python
import trio


async def wait_until_ready(server):
    while not server.ready:
        await trio.sleep(0.5)


async def start(server, clients):
    await wait_until_ready(server)
    await clients.connect(server)
```

If synchronous code needs the helper, too, leave it as it is and let it sleep in a worker thread, at the
call that is reported:

```python
import asyncio
import time


def wait_until_ready(server):
    while not server.ready:
        time.sleep(0.5)


async def start(server, clients):
    await asyncio.to_thread(wait_until_ready, server)
    await clients.connect(server)
```

## When not to fix it

If this coroutine is all that runs on its loop, or the helper sleeps only where no coroutine gets. Waive the
call:

```python
import time


def settle():
    time.sleep(0.01)


async def reset(motor):
    settle()  # noqa: BKM111
    await motor.start()
```

or a folder with `per-file-ignores = scripts/*: BKM111`, or the helper for all its callers:

```toml
[tool.flake8-bookmark]
bkm-nonblocking = ["robot.motor.settle"]
```

## Known limits

* In this release a chain is followed inside one file. A helper that is imported is not looked into.
* A sleep that is only reached from an `except` block is a hint, and hints are off.
* Methods of objects whose type is not known are not followed.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs `Executing <Task ...> took 3.006 seconds`: the sum of all sleeps in
the transition. [blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError` inside the
helper, and the traceback is the chain of the message.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM111",
    slug="sleep-in-helper",
    level=Level.ERROR,
    since="0.1.0",
    check=helper_calls(Kind.SLEEP),
    explanation=__doc__,
    coroutines_only=True,
)
