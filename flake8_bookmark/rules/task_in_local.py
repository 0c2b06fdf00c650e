"""A task is held by a local variable only, and that is never read again.

## What it does

Reports a task that is bound to a local name, or put into a local list or set, which nobody reads afterwards.
It is a warning where the function ends at once, and a hint where the coroutine still waits for something else.

## What happens on the loop

### Local

The event loop keeps only weak references to its tasks. What keeps a task alive is a name, a list, another
bookmark. A local name lives as long as its frame. When the function returns, the name is gone, and then it is
as if the task had never been kept: the garbage collector may take it in the middle of its work.

```text
start()  ----+ task = create_task(...)
             + return                    the frame and the name are gone
loop     - - weak - ->  task             nobody else: the next collection ends it
```

As long as the coroutine is suspended somewhere, its frame holds the name. So the task lives, but nobody will
read its result or its exception: whatever it raises is told to nobody until it is collected.

## Example

```python
import asyncio


async def send_mail(user):
    await user.mailbox.put("welcome")


def sign_up(user):
    task = asyncio.create_task(send_mail(user))  # BKM302
```

## Use instead

Let a task group hold it, and wait for it. With asyncio (Python 3.11):

```python
import asyncio


async def send_mail(user):
    await user.mailbox.put("welcome")


async def sign_up(user, users):
    async with asyncio.TaskGroup() as group:
        group.create_task(send_mail(user))
        await users.add(user)
```

If it is to outlive the function, keep it where it outlives the function:

```python
import asyncio

running = set()


async def send_mail(user):
    await user.mailbox.put("welcome")


def sign_up(user):
    task = asyncio.create_task(send_mail(user))
    running.add(task)
    task.add_done_callback(running.discard)
```

With anyio and trio the task groups and nurseries do both: `group.start_soon(send_mail, user)`.

## When not to fix it

A `main` that never returns holds its locals for as long as the program runs; that is a hint only. Waive the
line:

```python
import asyncio


async def beat():
    await asyncio.sleep(1)


def begin():
    task = asyncio.create_task(beat())  # noqa: BKM302
```

or a folder with `per-file-ignores = tests/*: BKM302`.

## Known limits

* Names of a module and names that an inner function reads are left alone.
* A task that is given to anything at all is left alone: it may be kept there.
* A task that is awaited on some ways only is not reported.

## Confirm it at run time

Call `gc.collect()` after the task has begun to wait, and read the log for `Task was destroyed but it is
pending!`. `asyncio.run(main(), debug=True)` adds the place where the task was made.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.bound import task_in_local
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM302",
    slug="task-in-local",
    level=Level.WARNING,
    since="0.1.0",
    check=task_in_local,
    explanation=__doc__,
)
