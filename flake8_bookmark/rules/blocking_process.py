"""A coroutine waits for another program to end.

## What it does

Reports calls in a coroutine or an async generator that run another program and wait for it:
`subprocess.run` and its relatives, `os.system`, `Popen.wait` and `communicate`, `os.waitpid`, GitPython,
`sh`. `subprocess.Popen` alone starts the program without waiting for its end; that is a warning.

## What happens on the loop

The other program has a process of its own and computes beside you. It doesn't need your thread. But you
stop your thread to watch it, so that for two seconds of somebody else's work nobody in your service moves.

```text
other program      | ......... converting a picture ......... |
subprocess.run     | you: watching, thread in hand .......... | B | C |
await p.wait()     | you: bookmark | B | C | B | C | B |      | you   |
```

If that program talks to your service (a hook, a health check, `curl localhost`), it waits for an answer
that only your stopped loop can give, and neither ever ends.

## Example

```python
import subprocess


async def thumbnail(source, target, done):
    subprocess.run(["convert", source, "-resize", "200x200", target], check=True)  # BKM104
    await done.put(target)
```

## Use instead

With asyncio:

```python
import asyncio


async def thumbnail(source, target, done):
    process = await asyncio.create_subprocess_exec("convert", source, "-resize", "200x200", target)
    if await process.wait() != 0:
        raise RuntimeError(f"no thumbnail for {source}")
    await done.put(target)
```

If you read its output through a pipe, use `await process.communicate()` instead of `wait()`: a full pipe
makes the program wait for you while you wait for it.

With anyio:

```python
import anyio


async def thumbnail(source, target, done):
    await anyio.run_process(["convert", source, "-resize", "200x200", target])
    await done.put(target)
```

With trio:

```python
import trio


async def thumbnail(source, target, done):
    await trio.run_process(["convert", source, "-resize", "200x200", target])
    await done.put(target)
```

`await asyncio.to_thread(subprocess.run, [...])` works as well and costs one worker thread for the time.

## When not to fix it

* A command-line tool that does one thing after the other and serves nobody meanwhile.
* A program that certainly ends within a millisecond or two. Starting a process costs about that much, too.

Tell the tool on the line of the callee:

```python
import subprocess


async def revision():
    return subprocess.check_output(["git", "rev-parse", "HEAD"])  # noqa: BKM104
```

or for a folder with `per-file-ignores = scripts/*: BKM104`. If you start processes with `Popen` on purpose
and wait for them elsewhere, list it: `bkm-nonblocking = subprocess.Popen`.

## Known limits

* A `Popen` object that comes in as a parameter without annotation is not known, and so its `wait` isn't
  either.
* When the task is cancelled, `asyncio.create_subprocess_exec` leaves the program running. Kill it in a
  `finally` if that matters; `anyio.run_process` and `trio.run_process` do it for you.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs `Executing <Task ...> took 2.031 seconds`, the run time of the
program. [blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to
os.read` when `subprocess` starts a program; it doesn't see `os.system`.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM104",
    slug="blocking-process",
    level=Level.ERROR,
    since="0.1.0",
    check=own_calls(Kind.PROCESS),
    explanation=__doc__,
    coroutines_only=True,
)
