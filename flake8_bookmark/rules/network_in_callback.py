"""A plain function that the loop runs waits on the network.

## What it does

Reports calls that wait for another machine in a plain function that the event loop itself runs, and calls of
helpers that end there. The message says who handed the function to the loop, and where.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

A done-callback looks as if it ran beside the loop, after the work. It runs *on* the loop, like a coroutine that
has no `await`. From `requests.post` until the answer, the thread belongs to it.

```text
event loop     | task ends | report() ... requests.post ... | coroutine B
coroutine B    |           | ready                          |
```

If the machine at the other end doesn't answer, the loop waits as long as the timeout says. `requests` has none
unless you give one.

## Example

```python
import asyncio
import requests


def report(task):
    requests.post("https://status.example/done", timeout=5)  # BKM122


async def start(job):
    task = asyncio.create_task(job())
    task.add_done_callback(report)
    return task
```

## Use instead

Put the report behind the work, in a coroutine. With asyncio:

```python
import asyncio
import httpx


async def run_and_report(job):
    await job()
    async with httpx.AsyncClient() as client:
        await client.post("https://status.example/done", timeout=5)


async def start(job):
    return asyncio.create_task(run_and_report(job))
```

This works with anyio and trio as well, in a task group or nursery. A tornado handler, which may be a coroutine,
just becomes one: `async def get(self):`. Where the function has to stay plain, let a worker do the waiting:

```python
import asyncio
import requests


def post():
    requests.post("https://status.example/done", timeout=5)


def report(task):
    asyncio.get_running_loop().run_in_executor(None, post)


async def start(job):
    task = asyncio.create_task(job())
    task.add_done_callback(report)
    return task
```

## When not to fix it

If nothing else runs on this loop when the callback is called, as in the last one of a script. Waive the call:

```python
import asyncio
import requests


def say_goodbye(task):
    requests.post("https://status.example/bye", timeout=5)  # noqa: BKM122


async def main(job):
    task = asyncio.create_task(job())
    task.add_done_callback(say_goodbye)
    await task
```

or a folder with `per-file-ignores = scripts/*: BKM122`.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs `Executing <Handle report() ...> took 0.310 seconds`.
[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to socket.socket.connect`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM122",
    slug="network-in-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=callback_calls(Kind.NETWORK),
    explanation=__doc__,
)
