"""A coroutine is called and never awaited, so none of its body runs.

## What it does

Reports the call of an `async def` function as a bare statement or with `_ =`: your own functions and methods,
also through a plain function that returns the coroutine, and coroutine functions of the libraries in the
catalogue. The same for a coroutine that only awaiting another one gives. As a warning it reports an `async def`
inside a function that nobody ever names.

## What happens on the loop

Calling an `async def` function runs not one line of it. It makes the machine and leaves it in its first
state, CREATED: the book is on the table, unopened. `await` opens it, and so do `create_task` and `gather`.
Here nobody does, so the book goes straight to the bin.

```text
save(user)           CREATED, thrown away
await save(user)     CREATED --> bookmark --> ... --> CLOSED
```

Nothing fails at that line. The data isn't saved, the message isn't sent, and the caller goes on. Python
notices when it collects the object, and warns once: `RuntimeWarning: coroutine 'save' was never awaited`.

### First party

The function stands in your own code, and mostly the `await` was forgotten, or a function became `async def`
and not all its callers were changed.

### Library

The method belongs to an async library. Often its synchronous twin has the same name: `client.get(...)` of
`requests` does the work, that of `httpx.AsyncClient` gives a coroutine.

### Never called

An `async def` inside a function is a definition, no more. If nothing calls it, hands it on or returns it, none of
its body ever runs. Mostly the call and its `await` were forgotten below it.

## Example

```python
async def save(user, store):
    await store.put(user.id, user)


async def sign_up(user, store):
    save(user, store)  # BKM303
    await user.welcome()
```

## Use instead

Await it; this is the same with asyncio, anyio and trio:

```python
async def save(user, store):
    await store.put(user.id, user)


async def sign_up(user, store):
    await save(user, store)
    await user.welcome()
```

If it should run beside the rest, start it in a task group. With asyncio:

```python
import asyncio


async def save(user, store):
    await store.put(user.id, user)


async def sign_up(user, store):
    async with asyncio.TaskGroup() as group:
        group.create_task(save(user, store))
        group.create_task(user.welcome())
```

With anyio (trio: `trio.open_nursery`). Mind that these take the function and its arguments, not a
coroutine:

```python
import anyio


async def save(user, store):
    await store.put(user.id, user)


async def sign_up(user, store):
    async with anyio.create_task_group() as group:
        group.start_soon(save, user, store)
        group.start_soon(user.welcome)
```

In a plain function you can't await. Make it `async def`, or hand the coroutine to somebody who runs it.

## When not to fix it

A test that checks the warning itself. Waive the line:

```python
async def work():
    return 1


async def test_warning():
    work()  # noqa: BKM303
```

or a folder with `per-file-ignores = tests/*: BKM303`.

## Known limits

* A function that is imported from another file of yours is known to be a coroutine function only where
  `bkm-source-roots` names the folders of your modules.
* A function that gives a coroutine on some ways only is left alone, and so is a method that somebody assigns to
  (`client.fetch = Mock()`) in the same file.
* A coroutine that is passed on is left alone: somebody else may await it.

## Confirm it at run time

Turn the warning into something that nobody overlooks, with the place where the coroutine was made:

```console
$ python -X tracemalloc=10 -W error::RuntimeWarning -m shop
```

In pytest: `filterwarnings = ["error::pytest.PytestUnraisableExceptionWarning", "error::RuntimeWarning"]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.rules.bound import uncalled_definitions
from flake8_bookmark.rules.model import Rule, Subject
from flake8_bookmark.rules.tasks import awaited_once_only, never_awaited


def check(subject: Subject) -> Iterator[Finding]:
    """Coroutines that are thrown away, and local coroutine functions that are never called."""
    yield from never_awaited(subject)
    yield from awaited_once_only(subject)
    yield from uncalled_definitions(subject)


RULE = Rule(
    code="BKM303",
    slug="never-awaited",
    level=Level.ERROR,
    since="0.1.0",
    check=check,
    explanation=__doc__,
)
