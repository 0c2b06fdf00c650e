"""A plain function that the loop runs reads or writes files.

## What it does

Reports file access in a plain function that the event loop itself runs, and calls of helpers that end there: opening,
reading and writing files, listing folders, copying trees, loading archives. The message says who handed the function
to the loop, and where.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

A disk answers in a millisecond or in a second: it may be busy, asleep, or another machine. Until then the callback
has the loop's thread. A timer makes it regular: every ten seconds, everybody waits.

```text
event loop     | save() ... open, write, close ... | coroutine B | ... | save() ...
coroutine B    | ready                             |
```

## Example

```python
import asyncio
import json


class Scores:
    def __init__(self):
        self.points = {}

    async def start(self):
        asyncio.get_running_loop().call_later(10, self.save)

    def save(self):
        with open("scores.json", "w") as file:  # BKM125
            json.dump(self.points, file)
        asyncio.get_running_loop().call_later(10, self.save)
```

## Use instead

A task with a worker. It can't overtake itself either, when one round takes longer than ten seconds. With asyncio:

```python
import asyncio
import json
from pathlib import Path


def write(text):
    Path("scores.json").write_text(text)


class Scores:
    def __init__(self):
        self.points = {}

    async def keep_saving(self):
        while True:
            await asyncio.sleep(10)
            await asyncio.to_thread(write, json.dumps(self.points))
```

The text is made on the loop, so that nobody changes the points while they are written. With anyio it is
`await anyio.Path("scores.json").write_text(...)` in a task group, with trio `trio.Path`.

## When not to fix it

If the file is small, local and rarely touched. Waive the call:

```python
import asyncio
import time


def note_reload():
    with open("/run/shop/reloads", "a") as file:  # noqa: BKM125
        file.write(time.ctime())


async def main():
    asyncio.get_running_loop().call_soon(note_reload)
    await asyncio.sleep(1)
```

or a folder with `per-file-ignores = tools/*: BKM125`; in tests, file access is off by default.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.
* One finding stands for opening, reading and writing a file; the fix has to move all of it.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs slow callbacks from 0.1 seconds on; lower `loop.slow_callback_duration` to see
more. [blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to
io.TextIOWrapper.write`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM125",
    slug="file-in-callback",
    level=Level.WARNING,
    since="0.1.0",
    check=callback_calls(Kind.FILE),
    explanation=__doc__,
)
