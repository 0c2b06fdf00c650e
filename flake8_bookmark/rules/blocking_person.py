"""A coroutine waits for a person, or for a call that your project declared blocking.

## What it does

Reports `input`, `getpass` and other calls in a coroutine or an async generator that wait until somebody
types; `breakpoint` and `pdb.set_trace` as warnings, reading `sys.stdin` as a hint; and every name in your
setting `bkm-blocking`.

## What happens on the loop

`input` stops the thread inside a read of the keyboard. A person takes seconds to answer, or goes to lunch.
All that time the coroutine has laid no bookmark, so the loop has no thread: connections time out,
heartbeats stop, other tasks are served after lunch.

```text
input()                  | you: "deploy? " ............ yes | B | C |
await to_thread(input)   | you: bookmark | B | C | B | C |  | you   |
```

A debugger stops the thread as well, and that is what it is for. It is reported so that it doesn't stay in.

For a declared name the reason is yours: the setting says that this call waits, and a coroutine that makes
it waits with the thread in its hand.

## Example

```python
async def confirm(deploy):
    answer = input("deploy? ")  # BKM109
    if answer == "yes":
        await deploy()
```

## Use instead

With asyncio:

```python
import asyncio


async def confirm(deploy):
    answer = await asyncio.to_thread(input, "deploy? ")
    if answer == "yes":
        await deploy()
```

With anyio:

```python
import anyio


async def confirm(deploy):
    answer = await anyio.to_thread.run_sync(input, "deploy? ")
    if answer == "yes":
        await deploy()
```

With trio:

```python
import trio


async def confirm(deploy):
    answer = await trio.to_thread.run_sync(input, "deploy? ")
    if answer == "yes":
        await deploy()
```

A worker that sits in `input` can't be cancelled. The program doesn't end before somebody presses Enter. If
that hurts, read the keyboard with the loop (`loop.add_reader(sys.stdin, ...)` on Unix) or use a library
such as `prompt_toolkit`, whose `prompt_async` lays a bookmark.

Your own blocking calls are declared by qualified name, and are then also found through helpers (BKM119):

```toml
[tool.flake8-bookmark]
bkm-blocking = ["shop.printer.print_label", "shop.scales.Scales.*"]
```

## When not to fix it

* A questionnaire that does nothing else while it waits. It may not need `async` at all.
* A `breakpoint()` while you are debugging.

Tell the tool on the line of the callee:

```python
async def ask_name():
    return input("name? ")  # noqa: BKM109
```

or for a folder with `per-file-ignores = tools/*: BKM109`. A declared name that is too wide (`Scales.*`) can
be narrowed in `bkm-blocking`; a name in `bkm-nonblocking` is silent wherever it is called.

## Known limits

* Whether `sys.stdin` is a keyboard, a pipe or a file can't be seen.
* A declared name is found where it is called by that name or by an alias of it, not through an object of
  unknown type.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to
builtins.input`. Its `BlockBuster.functions` takes your own declared calls as well. `asyncio.run(main(),
debug=True)` logs `Executing <Task ...> took 5.310 seconds`, the time that the person took.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM109",
    slug="blocking-person",
    level=Level.ERROR,
    since="0.1.0",
    check=own_calls(Kind.PERSON),
    explanation=__doc__,
    coroutines_only=True,
)
