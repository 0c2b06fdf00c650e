"""A coroutine calls a function that waits for a person, or for a call that your project declared blocking.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project that ends in
`input`, `getpass` or a relative, in a debugger (a warning), or in a name of your setting `bkm-blocking`.
The message names each step with file and line.

## What happens on the loop

The question stands in a plain function, and plain functions can't lay a bookmark. From the call until the
person has pressed Enter, the coroutine holds the thread, and no other task, timer or connection gets it.

```text
deploy()               | transition ...........................................
  confirm()            |   plain function: no bookmark possible
    input()            |     a person reads, thinks, types
cluster.roll_out()     |                                               | bookmark
```

For a name from `bkm-blocking` the picture is the same. This is how one entry for a slow call finds all
coroutines that reach it, through helpers too.

## Example

```python
def confirm(question):
    answer = input(f"{question} [y/n] ")
    return answer.lower() == "y"


async def deploy(cluster):
    if confirm("roll out?"):  # BKM119
        await cluster.roll_out()
```

## Use instead

Ask in a worker thread. With asyncio:

```python
import asyncio


def confirm(question):
    answer = input(f"{question} [y/n] ")
    return answer.lower() == "y"


async def deploy(cluster):
    if await asyncio.to_thread(confirm, "roll out?"):
        await cluster.roll_out()
```

With anyio:

```python
import anyio


def confirm(question):
    answer = input(f"{question} [y/n] ")
    return answer.lower() == "y"


async def deploy(cluster):
    if await anyio.to_thread.run_sync(confirm, "roll out?"):
        await cluster.roll_out()
```

With trio:

```python
import trio


def confirm(question):
    answer = input(f"{question} [y/n] ")
    return answer.lower() == "y"


async def deploy(cluster):
    if await trio.to_thread.run_sync(confirm, "roll out?"):
        await cluster.roll_out()
```

Or ask before the loop starts, and pass the answer in.

## When not to fix it

A questionnaire in a terminal that does nothing else meanwhile. Waive the call:

```python
def name():
    return input("name? ")


async def introduce(channel):
    await channel.send(name())  # noqa: BKM119
```

or a folder with `per-file-ignores = tools/*: BKM119`. To take a helper out for all its callers, name it in
`bkm-nonblocking = shop.terminal.confirm`, or write `# bkm: nonblocking` and the reason at its `def`.

## Known limits

In this release a chain is followed inside one file. A name in `bkm-blocking` is found where it is called by
that name or by an alias of it, not through an object of unknown type.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to builtins.input`
inside the helper. Or start a second task that prints the time each second, and watch it fall silent at the
question.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM119",
    slug="person-in-helper",
    level=Level.ERROR,
    since="0.1.0",
    check=helper_calls(Kind.PERSON),
    explanation=__doc__,
    coroutines_only=True,
)
