"""A coroutine asks the file system about one path.

## What it does

Hints at calls in a coroutine or an async generator that look at or change one directory entry:
`os.path.exists`, `stat`, `mkdir`, `unlink`, `rename`, `realpath` and the same methods of `pathlib.Path`.
Hints are off unless `bkm-hints` is set.

## What happens on the loop

The answer comes from the kernel, mostly from memory, and mostly within some microseconds. During these the
thread stands still, as it does during any other line of your code. That is why this is a hint only.

It becomes a real stop where the path isn't local. On NFS, SMB or a FUSE mount each question travels over
the network, and on a mount whose server has gone, `os.path.exists` may not come back for minutes. The loop
stands still just as long, since there is no bookmark inside `stat`.

```text
local disk       | you . | B | C |
network share    | you: stat ........................................ | B | C |
```

The number counts, too: one `exists` is nothing, ten thousand in a loop without an `await` are a pause that
users feel.

## Example

```python
import os


async def avatar(user, request):
    path = f"avatars/{user}.png"
    if not os.path.exists(path):  # BKM106
        path = "avatars/nobody.png"
    await request.reply_with_file(path)
```

## Use instead

With asyncio:

```python
import asyncio
import os


async def avatar(user, request):
    path = f"avatars/{user}.png"
    if not await asyncio.to_thread(os.path.exists, path):
        path = "avatars/nobody.png"
    await request.reply_with_file(path)
```

With anyio:

```python
import anyio


async def avatar(user, request):
    path = anyio.Path("avatars", f"{user}.png")
    if not await path.exists():
        path = anyio.Path("avatars", "nobody.png")
    await request.reply_with_file(path)
```

With trio:

```python
import trio


async def avatar(user, request):
    path = trio.Path("avatars", f"{user}.png")
    if not await path.exists():
        path = trio.Path("avatars", "nobody.png")
    await request.reply_with_file(path)
```

Often the question can go away: open the file in a worker and handle `FileNotFoundError` there. That is one
trip instead of two, and nobody can delete the file in between. If you ask about many paths, ask about all
of them in one function and move that.

## When not to fix it

When you know that the path is on a local disk and the call isn't in a hot loop: leave the hints off, or
waive the line:

```python
import os


async def is_paused():
    return os.path.exists("/run/shop/paused")  # noqa: BKM106
```

or use `per-file-ignores = shop/admin/*: BKM106`. For a path question of your own that answers from memory:
`bkm-nonblocking = shop.files.is_known`.

## Known limits

* The tool can't know where a path lies: local disk or network share.
* A `Path` that comes in as a parameter without annotation is not known.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to os.stat` (or
`os.mkdir`, `os.rename`, and so on). Debug mode of asyncio won't show a local path question: it reports 0.1
seconds and more.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM106",
    slug="blocking-path",
    level=Level.HINT,
    since="0.1.0",
    check=own_calls(Kind.PATH),
    explanation=__doc__,
    coroutines_only=True,
)
