"""A coroutine waits for the network without a bookmark.

## What it does

Reports calls of synchronous network code in a coroutine or an async generator: HTTP clients such as
`requests`, `urllib` and `httpx.Client`, cloud and LLM clients in their synchronous form, mail and FTP, raw
sockets and name look-ups. A socket after `setblocking(False)` waits for nothing and is left alone.

## What happens on the loop

One synchronous request waits four times: for the name look-up, the connection, the TLS handshake and the
answer. An async client lays a bookmark at each of them and hands the thread back. A synchronous client
can't: it stops the thread inside the socket call until the other machine answers.

```text
requests.get       | you: DNS ... connect ... TLS ... answer ... | B | C |
await client.get   | you | B | C | you | B | you | C | B | you |
```

So your service is now as slow as the slowest server it talks to, for all its users at once. If that server
hangs, you hang. `requests` has no timeout unless you give one, and an `asyncio.timeout` around the call
can't help: it needs the thread that is gone. A call to your own service is worse: the answer must come from
the loop that you have just stopped, so it never comes.

## Example

```python
import asyncio

import requests


async def watch(symbol, prices):
    while True:
        answer = requests.get(f"https://quotes.example/{symbol}", timeout=5)  # BKM102
        await prices.put(answer.json())
        await asyncio.sleep(60)
```

## Use instead

An async client. `httpx` runs on asyncio and trio, and so under anyio too:

```python
import asyncio

import httpx


async def watch(symbol, prices):
    async with httpx.AsyncClient(timeout=5) as client:
        while True:
            answer = await client.get(f"https://quotes.example/{symbol}")
            await prices.put(answer.json())
            await asyncio.sleep(60)
```

Or keep the library and move the whole call to a worker thread. Hand over the function, not its result:
`to_thread(requests.get(url))` has already waited before `to_thread` starts.

```python
import asyncio

import requests


async def watch(symbol, prices):
    while True:
        answer = await asyncio.to_thread(requests.get, f"https://quotes.example/{symbol}", timeout=5)
        await prices.put(answer.json())
        await asyncio.sleep(60)
```

The same with anyio (`trio.to_thread.run_sync` reads alike; neither passes keywords on, hence `partial`):

```python
from functools import partial

import anyio
import requests


async def watch(symbol, prices):
    while True:
        get = partial(requests.get, f"https://quotes.example/{symbol}", timeout=5)
        answer = await anyio.to_thread.run_sync(get)
        await prices.put(answer.json())
        await anyio.sleep(60)
```

In FastAPI and Starlette, an endpoint that awaits nothing needs no client change: write `def` instead of
`async def`, and the framework runs it in a worker thread.

## When not to fix it

* A script that has one coroutine and one thing to do.
* A request at start-up, before the server accepts work. Mind that a slow answer then delays the start.

Tell the tool on the line of the callee:

```python
import urllib.request


async def load_keys(url):
    return urllib.request.urlopen(url)  # noqa: BKM102
```

or for a folder with `per-file-ignores = scripts/*: BKM102`. A call that you know to answer from memory goes
to `bkm-nonblocking`, by its qualified name:

```toml
[tool.flake8-bookmark]
bkm-nonblocking = ["shop.quotes.Client.latest"]
```

## Known limits

* A client that arrives as a parameter without annotation is not known, and so not reported. Annotate it:
  `def __init__(self, session: requests.Session)`.
* Only libraries in the catalogue are known. Add others with `bkm-blocking`.
* Cancelling `to_thread` cancels the waiting only: the request in the worker thread goes on to its end.

## Confirm it at run time

In tests, [blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError` at
`socket.socket.connect`, `send` or `recv`. Name look-ups pass it unseen. `asyncio.run(main(), debug=True)`
logs `Executing <Task ...> took 0.734 seconds` for the transition that held the request.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import own_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM102",
    slug="blocking-network",
    level=Level.ERROR,
    since="0.1.0",
    check=own_calls(Kind.NETWORK),
    explanation=__doc__,
    coroutines_only=True,
)
