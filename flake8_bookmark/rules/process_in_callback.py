"""A plain function that the loop runs waits for another program.

## What it does

Reports calls that run a program and wait for it in a plain function that the event loop itself runs, and calls of
helpers that end there. Starting a program without waiting (`subprocess.Popen`) is a warning. The message says who
handed the function to the loop, and where.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

The program runs beside you, on a core of its own, but the callback holds the loop's thread until the program ends.

```text
event loop     | reload() ... nginx -s reload ... | coroutine B
coroutine B    | ready                            |
```

`loop.add_signal_handler` is safe *because* the loop runs the handler between two coroutines. That makes the handler
part of the loop's own work. Since a signal is rare, a finding in such a handler is one level lower.

## Example

```python
import asyncio
import subprocess


def reload():
    subprocess.run(["nginx", "-s", "reload"], check=True)  # BKM124


async def reload_every_minute():
    loop = asyncio.get_running_loop()
    while True:
        loop.call_soon(reload)
        await asyncio.sleep(60)
```

## Use instead

A coroutine, which waits at a bookmark. With asyncio:

```python
import asyncio


async def reload():
    process = await asyncio.create_subprocess_exec("nginx", "-s", "reload")
    await process.wait()


async def reload_every_minute():
    while True:
        await reload()
        await asyncio.sleep(60)
```

With anyio (with trio: `trio.run_process`):

```python
import anyio


async def reload_every_minute():
    while True:
        await anyio.run_process(["nginx", "-s", "reload"])
        await anyio.sleep(60)
```

## When not to fix it

If the loop is about to end and the program is the last thing it does. Waive the call:

```python
import asyncio
import subprocess


def switch_off():
    subprocess.run(["poweroff"], check=True)  # noqa: BKM124


async def main():
    asyncio.get_running_loop().call_later(3600, switch_off)
    await asyncio.Event().wait()
```

or a folder with `per-file-ignores = scripts/*: BKM124`.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.
* A function for `signal.signal` runs between any two steps of the main thread, with or without a loop. It is not
  looked at.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs `Executing <Handle reload() ...> took 0.120 seconds`.
[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to os.read`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM124",
    slug="process-in-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=callback_calls(Kind.PROCESS),
    explanation=__doc__,
)
