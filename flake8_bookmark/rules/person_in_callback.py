"""A plain function that the loop runs waits for a person, or for a call that your project declared blocking.

## What it does

Reports `input`, `getpass` and their relatives, debuggers (a warning), and the names of your setting `bkm-blocking` in a
plain function that the event loop itself runs, and calls of helpers that end there. The message says who handed the
function to the loop, and where.

"Run by the loop" means: handed to it (`call_soon`, `call_later`, `add_done_callback`, `add_reader`, a signal
handler of the loop), decorated for it (`@callback` of Home Assistant), or a method that a library calls on the
loop (`data_received` of an `asyncio.Protocol`, `get` of a tornado handler).

## What happens on the loop

The loop runs the callback and gets its thread back when the person has pressed Enter. Connections, timers and tasks
wait for the person.

```text
event loop     | ask() ... a person reads, thinks, types ... | coroutine B
coroutine B    | ready                                       |
```

`loop.add_reader(sys.stdin, ask)` doesn't change that: it says that *some* input is there, and `input` wants a whole
line.

## Example

```python
import asyncio


def ask():
    print("you said", input("> "))  # BKM129


async def main():
    asyncio.get_running_loop().call_later(5, ask)
    await asyncio.sleep(60)
```

## Use instead

Ask in a worker. With asyncio:

```python
import asyncio


async def ask():
    await asyncio.sleep(5)
    print("you said", await asyncio.to_thread(input, "> "))


async def main():
    await ask()
```

With anyio it is `await anyio.to_thread.run_sync(input, "> ")`, with trio `await trio.to_thread.run_sync(input, "> ")`.

## When not to fix it

In a terminal program that has nothing else to do meanwhile. Waive the call:

```python
import asyncio


def confirm():
    input("press Enter to go on")  # noqa: BKM129


async def main():
    asyncio.get_running_loop().call_soon(confirm)
    await asyncio.sleep(1)
```

or a folder with `per-file-ignores = tools/*: BKM129`.

## Known limits

* A function that keeps a callback for later (`self.listeners.append(callback)`) isn't seen through.
* A function that is handed to the loop by another file is reported in that file, at the call that hands it over.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError: Blocking call to builtins.input`. Or start a
task that prints the time each second, and watch it fall silent.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM129",
    slug="person-in-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=callback_calls(Kind.PERSON),
    explanation=__doc__,
)
