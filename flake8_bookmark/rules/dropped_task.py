"""A task is started, and nobody keeps it.

## What it does

Reports `asyncio.create_task`, `ensure_future`, `loop.create_task` and other starters of the catalogue whose
result is thrown away: as a bare statement, with `_ =`, or in a lambda that the loop calls.

## What happens on the loop

### Dropped

A task is a coroutine with a place in the loop's queue. When it waits, it leaves the queue. All that is left
is its bookmark, and somebody has to hold that. The loop doesn't: it keeps only weak references to its
tasks. What wakes the task holds it, the timer or the socket it waits for. If that, too, is known to nobody
but the task, the two hold each other, and the garbage collector takes both away, in the middle of the work.

```text
loop   - - weak - ->  task  ---->  bookmark  ---->  future it waits for
                        ^                                 |
                        +---------------------------------+
nobody else: the next garbage collection ends it
```

Then Python logs `Task was destroyed but it is pending!`, and no line after the `await` ever runs, maybe not
even a `finally` in order. It depends on the moment of the collection, so it happens in production, seldom.

The other loss is certain: nobody awaits the task, so nobody gets its exception. Python says `Task exception
was never retrieved`, late, when the task is collected. And nobody can wait for it at the end: `asyncio.run`
cancels what still runs when `main` returns.

## Example

```python
import asyncio


async def send_mail(user):
    await user.mailbox.put("welcome")


async def sign_up(user, users):
    await users.add(user)
    asyncio.create_task(send_mail(user))  # BKM301
```

## Use instead

A task group keeps its tasks, waits for them and passes their exceptions on. With asyncio (Python 3.11):

```python
import asyncio


async def send_mail(user):
    await user.mailbox.put("welcome")


async def sign_up(user, users):
    async with asyncio.TaskGroup() as group:
        group.create_task(users.add(user))
        group.create_task(send_mail(user))
```

If the task is to outlive the function, keep it in a set, and let it remove itself when it is done. Look at
its exception there:

```python
import asyncio
import logging

running = set()


async def send_mail(user):
    await user.mailbox.put("welcome")


def finished(task):
    running.discard(task)
    if not task.cancelled() and task.exception():
        logging.error("mail failed", exc_info=task.exception())


async def sign_up(user, users):
    await users.add(user)
    task = asyncio.create_task(send_mail(user))
    running.add(task)
    task.add_done_callback(finished)
```

With anyio, a task group that lives as long as the service:

```python
async def send_mail(user):
    await user.mailbox.put("welcome")


async def sign_up(user, users, background):
    await users.add(user)
    background.start_soon(send_mail, user)
```

where `background` comes from `async with anyio.create_task_group() as background` around the server. With
trio it is the same with `trio.open_nursery()`. Frameworks offer their own: `BackgroundTasks` in FastAPI and
Starlette, which run after the response.

## When not to fix it

Where the starter itself keeps the task. Tell the tool once, for all calls:

```toml
[tool.flake8-bookmark]
bkm-spawners = ["shop.background.spawn"]
```

or waive the line:

```python
import asyncio


async def beat(socket):
    await socket.send("ping")


async def on_connect(socket):
    asyncio.create_task(beat(socket))  # noqa: BKM301
```

or a folder with `per-file-ignores = tests/*: BKM301`.

## Known limits

* A task that is kept in a local variable only is the business of BKM302.
* A lambda that returns the task to a caller of yours is left alone: the caller may keep it.

## Confirm it at run time

Provoke the collection: call `gc.collect()` after the task has begun to wait, and read the log for `Task was
destroyed but it is pending!`. `asyncio.run(main(), debug=True)` adds the place where the task was made.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.tasks import dropped_task

RULE = Rule(
    code="BKM301",
    slug="dropped-task",
    level=Level.ERROR,
    since="0.1.0",
    check=dropped_task,
    explanation=__doc__,
)
