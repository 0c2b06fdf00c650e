"""Shared state is changed before a suspension and put back after it unless something goes wrong.

## What it does

Reports state that a coroutine changes, keeps changed while it is suspended, and puts back afterwards, where an
exception at the suspension skips the putting back: a busy flag, a counter, a saved value, a `ContextVar`,
`os.environ`, the working directory.

## What happens on the loop

### Left dirty

A bookmark is also the place where exceptions come in. A timeout, a lost connection or a cancel ends the coroutine at
its `await`, and the lines after it never run.

```text
self.busy = True    bookmark: await upload()    TimeoutError --> out
                                                self.busy = False    never runs
next call:          "busy, try again later"     for ever
```

In plain code this needs an error of the call. In a coroutine it needs nothing but a cancel, which may come at any
suspension: a client that disconnects, a sibling in a task group that fails, the end of the program.

The working directory and `os.environ` are those of the whole process. While the bookmark lies there, every other task
sees them changed, `finally` or not.

## Example

```python
class Uploader:
    def __init__(self):
        self.busy = False

    async def upload(self, send):
        self.busy = True  # BKM507
        await send()
        self.busy = False
```

## Use instead

Put it back in a `finally`. It runs on every way out:

```python
class Uploader:
    def __init__(self):
        self.busy = False

    async def upload(self, send):
        self.busy = True
        try:
            await send()
        finally:
            self.busy = False
```

Where it happens in several places, write it once, as a context manager:

```python
from contextlib import contextmanager


class Uploader:
    def __init__(self):
        self.busy = False

    @contextmanager
    def working(self):
        self.busy = True
        try:
            yield
        finally:
            self.busy = False

    async def upload(self, send):
        with self.working():
            await send()
```

Instead of changing the directory or the environment, pass them on: `cwd=` and `env=` of `subprocess`, and absolute
paths. It is the same for asyncio, anyio and trio.

## When not to fix it

Where the object is thrown away after an error, so that nobody sees what is left. Waive the line of the change:

```python
class Attempt:
    def __init__(self):
        self.running = False

    async def run(self, work):
        self.running = True  # noqa: BKM507
        await work()
        self.running = False
```

or a folder with `per-file-ignores = jobs/*: BKM507`.

## Known limits

* A flag counts only if it is put back to the value that `__init__`, the class or the module gives it, and that is
  `True` or `False`.
* An `except` that puts it back counts as putting it back, even if it doesn't catch a cancellation.
* A change and its way back in two functions are not matched. What another method sets back, and a `finally` of the same
  class calls, is silent; so is what an `except` sets, since it notes what has failed.

## Confirm it at run time

`asyncio.wait_for(uploader.upload(slow), 0.1)`, and look at `uploader.busy` afterwards.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.dirty import left_dirty
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM507",
    slug="left-dirty",
    level=Level.WARNING,
    since="0.1.0",
    check=left_dirty,
    explanation=__doc__,
    coroutines_only=True,
)
