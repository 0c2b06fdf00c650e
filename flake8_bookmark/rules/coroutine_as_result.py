"""A coroutine object is used as if it were its result.

## What it does

Reports a call of an `async def` function without `await` whose value is then tested, compared, formatted,
computed with, iterated over, unpacked, subscripted, entered, asked for an attribute, or given to a builtin
such as `len`. Also one that is returned where the annotation of the coroutine promises something else, and
(as a warning) one that is passed for a parameter, or for a field of a class without `__init__`, whose annotation
rules it out, that is bound to a name whose annotation does, or that is returned out of a `try` with an `except`:
making a coroutine raises nothing.

## What happens on the loop

### Not awaited

Calling an `async def` function runs not one line of it. What comes back is the machine itself, in its state
CREATED: a book, not what is written in it. It is an object like any other, so Python doesn't complain when it
is used as a value. Like most objects it is true.

```text
if is_ready():          CREATED, always true, thrown away
if await is_ready():    CREATED --> ... --> CLOSED, and its result is tested
```

So a condition takes the same way for ever, a comparison is never equal, and a text reads `<coroutine object
is_ready at 0x7f…>`. A permission check that is written like this lets everybody in. Where the object is
iterated, unpacked or asked for an attribute, Python raises a `TypeError` or `AttributeError` at least.

An `async def` function that returns the coroutine of another one is the same mistake one step later: its
caller awaits once, as it should, and holds a coroutine in place of the value.

### Awaited elsewhere

Where it is not known what a call gives, the code around it may tell: it is a hint that a call is tested, iterated
over or subscripted which its own class awaits at most other places, three at least for each that doesn't
(`await self.call("config")["path"]` beside `await self.call("disks")`).

## Example

```python
async def is_allowed(user, store):
    return await store.has(user.id)


async def delete(user, store, item):
    if is_allowed(user, store):  # BKM304
        await store.delete(item)
```

## Use instead

Await it; this is the same with asyncio, anyio and trio:

```python
async def is_allowed(user, store):
    return await store.has(user.id)


async def delete(user, store, item):
    if await is_allowed(user, store):
        await store.delete(item)
```

In a comprehension, too, `await` may stand:

```python
async def is_allowed(user, store):
    return await store.has(user.id)


async def allowed(users, store):
    return [user for user in users if await is_allowed(user, store)]
```

A special method such as `__bool__` or `__len__` can't be asynchronous. Give the question a name and an
`async def` of its own.

## When not to fix it

A test that looks at the coroutine object itself. Waive the line:

```python
async def work():
    return 1


def test_no_result_yet():
    assert work() != 1  # noqa: BKM304
```

or a folder with `per-file-ignores = tests/*: BKM304`.

## Known limits

* A function that gives a coroutine on some ways only is left alone.
* A method that somebody assigns to (`client.fetch = Mock()`) is left alone in that file.
* A coroutine that is passed to code without annotations is left alone: that code may await it. So is one that is
  passed to a library, except for arguments that are known to be data (`json.dumps`, loggers, `web.Response(body=…)`,
  `ctx.send`).
* A coroutine that is kept in an attribute is reported where all methods that read it need its result, and only then.
* What is returned is judged by the annotation, and a list or tuple by what that says of the items. Without one,
  only a mixture of coroutines and plain values is reported, a coroutine beside a call that gives what awaiting it
  gives, and a coroutine function that returns a coroutine of itself.

## Confirm it at run time

Python warns when it collects the object: `RuntimeWarning: coroutine 'is_allowed' was never awaited`. Turn that
into an error, with the place where the coroutine was made:

```console
$ python -X tracemalloc=10 -W error::RuntimeWarning -m shop
```
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.rules.misuse import used_as_result
from flake8_bookmark.rules.model import Rule, Subject
from flake8_bookmark.rules.unlike_others import unlike_others


def check(subject: Subject) -> Iterator[Finding]:
    """Coroutine objects that stand where their results are meant, known as such or by their use elsewhere."""
    yield from used_as_result(subject)
    yield from unlike_others(subject)


RULE = Rule(
    code="BKM304",
    slug="coroutine-as-result",
    level=Level.ERROR,
    since="0.1.0",
    check=check,
    explanation=__doc__,
)
