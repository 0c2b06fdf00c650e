"""Shared state is tested, the coroutine suspends, and then does what the test allowed.

## What it does

Reports a test of shared state (`if self._session is None:`, `if key not in self._cache:`, `if self._connected:
return`) that is followed by a suspension and then by the assignment that the test guards, with no second test and no
lock in between.

## What happens on the loop

### Check then act

A test is true at the moment when it is made. A bookmark may lie for a long time, and everybody who runs meanwhile makes
the same test, with the same outcome.

```text
A: _session is None?  yes    bookmark: await connect()
B: _session is None?  yes    bookmark: await connect()
A:                           _session = first
B:                           _session = second        first is lost, and stays open
```

Two connections are made where one was wanted, two logins, two downloads of the same page. The first one that is stored
is overwritten: nobody closes it. At the start of a service, when a hundred requests come at once, it is a hundred
connections. That is why this bug is also called a *stampede*.

## Example

```python
_session = None


async def session(connect):
    global _session
    if _session is None:  # BKM503
        _session = await connect()
    return _session
```

An attribute of `self` has the same bug wherever two tasks have the same object. As many objects belong to one task, it
is a hint there.

## Use instead

Hold a lock of the event loop over the test and the assignment. The first one in makes the session, the others wait and
then find it. With asyncio:

```python
import asyncio


class Client:
    def __init__(self, connect):
        self._connect = connect
        self._session = None
        self._lock = asyncio.Lock()

    async def session(self):
        async with self._lock:
            if self._session is None:
                self._session = await self._connect()
            return self._session
```

`anyio.Lock` and `trio.Lock` are used in the same way. If the lock costs too much on the way where all is there already,
test twice: outside, and again inside.

```python
import asyncio


class Client:
    def __init__(self, connect):
        self._connect = connect
        self._session = None
        self._lock = asyncio.Lock()

    async def session(self):
        if self._session is None:
            async with self._lock:
                if self._session is None:
                    self._session = await self._connect()
        return self._session
```

In a cache, keep the task and not its result. The task is there before anything is awaited:

```python
import asyncio


class Pages:
    def __init__(self, fetch):
        self._fetch = fetch
        self._tasks = {}

    async def get(self, url):
        if url not in self._tasks:
            self._tasks[url] = asyncio.create_task(self._fetch(url))
        return await asyncio.shield(self._tasks[url])
```

For a flag that must be set once, set it before the suspension, and take it back if the work fails.

## When not to fix it

Where doing it twice does no harm: both ask the same question, get the same answer, and hold nothing open. Or where one
task only has the object. Waive the line of the test:

```python
_values = {}


async def values(name, load):
    if name not in _values:  # noqa: BKM503
        _values[name] = await load(name)
    return _values[name]
```

or a folder with `per-file-ignores = scripts/*: BKM503`.

## Known limits

* Reported as a warning is what was *missing* in a name of the module and is made on every way: `is None`, a false flag,
  a missing key. Where it is taken away, counted, compared, or made on some ways only, it is a hint.
* Of attributes of `self`, only what was missing and is made is reported, as a hint. What is taken away, counted or
  compared (`if self._task: await self._task.stop(); self._task = None`) is silent, as is a second caller who is refused
  by a `raise`, and the condition of a `while`: the object is mostly one task's own.
* Who has an object is told by the calls that make it. One that only a local name holds, or that is put on a request, is
  silent. Of others it is reported what is kept for each key, and what expires. Where an object is kept in an attribute,
  a container or a name of the module, so is what a method makes once and returns; where nobody is seen to keep it, so
  is an object that is made (`Repository(paths)`, `await create_pool()`) and returned, and what a class named after a
  service (`PaymentClient`) gets ready once. Objects that a framework makes for each request are
  silent, as are methods that start or end their object (`start`, `close`), functions inside methods, and loops over
  the keys themselves. A method that others await each time before they work (`await self.initialize()` in `get`) gets
  the object ready on demand, and is reported whatever its name.
* A test in one function and the assignment in another are matched where something expires and the method that renews
  it is awaited right under the test (`if self._expires <= now: await self._renew()`): a hint. A method that looks
  again, or may take a lock, is silent.
* What stands under `async with something` that can't be resolved is silent, for it may be a lock. So are functions with
  a decorator of your own, private methods that are only called under a lock, `__aenter__`, and tests.
* A method that overrides one of a base class is a hint: the base class calls it, mostly one call after the other.
  Where the base of the project has a body for it, it is a step of what the base does, and silent.
* An inner function that is only awaited or called back runs once at a time; it is reported where it is started at two
  places or in a loop.
* Attributes of parameters are silent, for they are mostly nobody else's.

## Confirm it at run time

Start it twice at once, `await asyncio.gather(client.session(), client.session())`, with a `connect` that sleeps for a
moment and counts its calls. It counts two.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.rules.model import Rule, Subject
from flake8_bookmark.rules.races import check_then_act
from flake8_bookmark.rules.renewed import renewed_by_method


def _check(subject: Subject) -> Iterator[Finding]:
    yield from check_then_act(subject)
    yield from renewed_by_method(subject)


RULE = Rule(
    code="BKM503",
    slug="check-then-act",
    level=Level.WARNING,
    since="0.1.0",
    check=_check,
    explanation=__doc__,
    coroutines_only=True,
)
