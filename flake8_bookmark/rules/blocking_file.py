"""A coroutine waits for the disk while it reads, writes or scans.

## What it does

Reports calls in a coroutine or an async generator that move the contents of files or list directories:
`open`, `Path.read_text` and its family, reading or writing a file that was opened synchronously, `shutil`,
archives, temporary files, `json.load` from a file, `os.listdir`, `glob`, setting up a log file,
`importlib.import_module`. Opening a file and working on it count as one finding, at the `open`, because one
fix moves both.

## What happens on the loop

A socket can say "not yet", so the loop lays your bookmark and comes back when there is data. A regular file
can't: the operating system calls it ready at all times and then lets the thread wait for the disk. That is
why asyncio has no `async open`, and why every async file library uses worker threads inside.

```text
with open(path) as f: f.read()     | you: disk ... disk ... | B | C |
await to_thread(read, path)        | you: bookmark | B | C | you   |
                          worker     | disk ... disk ... |
```

On your laptop the file is in memory and the call takes microseconds. In production it may lie on a network
share, on a disk that others keep busy, or be a thousand times larger. Each reader then waits for the disk,
and so does everybody who has nothing to do with files.

## Example

```python
async def page(name, request):
    with open(f"pages/{name}.html", encoding="utf-8") as file:  # BKM105
        text = file.read()
    await request.reply(text)
```

## Use instead

Move the whole block, open and read and close, into one call. Moving `open` alone is half a fix: the read is
what waits longest, and it would stay on the loop.

With asyncio:

```python
import asyncio
from pathlib import Path


async def page(name, request):
    path = Path("pages", f"{name}.html")
    text = await asyncio.to_thread(path.read_text, encoding="utf-8")
    await request.reply(text)
```

If there is more to do than one read, write a plain function and hand it over:

```python
import asyncio
import json


def load_settings(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


async def settings(path, request):
    await request.reply(await asyncio.to_thread(load_settings, path))
```

With anyio:

```python
import anyio


async def page(name, request):
    text = await anyio.Path("pages", f"{name}.html").read_text(encoding="utf-8")
    await request.reply(text)
```

With trio:

```python
import trio


async def page(name, request):
    text = await trio.Path("pages", f"{name}.html").read_text(encoding="utf-8")
    await request.reply(text)
```

Each hop to a worker costs tens of microseconds. Many small reads belong into one function that moves once,
not into one hop per line. Files that never change are best read before the loop starts.

## When not to fix it

* At start-up, before the service accepts work (there the finding is a hint, and hints are off).
* A small local file, read seldom. Decide for all of them at once: `extend-ignore = BKM105,BKM115`.
* Tests: in `tests/`, `test_*.py` and `conftest.py` this code is off.

Tell the tool on the line of the callee:

```python
async def machine_id():
    with open("/etc/machine-id") as file:  # noqa: BKM105
        return file.read().strip()
```

or for a folder with `per-file-ignores = scripts/*: BKM105`, or by name with `bkm-nonblocking =
shop.assets.read_icon`.

## Known limits

* A file object that comes in as a parameter without annotation is not known.
* `print` and log calls are left alone, though a log handler may write to a file.
* A named pipe or a device under `/dev` may wait for ever. The tool takes every path for a regular file.

## Confirm it at run time

In tests, [blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to
io.TextIOWrapper.read`; a bare `open` passes it. [aiocop](https://pypi.org/project/aiocop/) listens to
Python's audit events, sees the `open` too, and may run in production. `asyncio.run(main(), debug=True)`
shows a file call only if it takes more than 0.1 seconds; lower `loop.slow_callback_duration` to see shorter
ones.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM105",
    slug="blocking-file",
    level=Level.WARNING,
    since="0.1.0",
    check=own_calls(Kind.FILE),
    explanation=__doc__,
    coroutines_only=True,
)
