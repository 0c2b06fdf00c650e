"""A coroutine calls a function that waits for the network.

## What it does

Reports the call with which a coroutine or an async generator enters code of your project that ends in a
synchronous network call: an HTTP client, a cloud or LLM client, mail, a socket, a name look-up. The message
names each step with file and line.

## What happens on the loop

`load_user` looks harmless in the coroutine. It is a plain call, and the request is two files away. For the
loop that makes no difference: a plain function can't lay a bookmark, so its wait is the coroutine's wait.

```text
greet()                | transition .......................................
  load_user()          |   plain function: no bookmark possible
    requests.get()     |     DNS, connect, TLS, answer
channel.send()         |                                          | bookmark
```

Until the other server answers, nobody else on this loop is served. Asking for ten users with
`asyncio.gather` and ten such coroutines takes ten times as long as one: each holds the thread for its whole
request.

## Example

```python
import requests


def load_user(user_id):
    answer = requests.get(f"https://users.example/{user_id}", timeout=5)
    return answer.json()


async def greet(user_id, channel):
    user = load_user(user_id)  # BKM112
    await channel.send(f"hello {user['name']}")
```

## Use instead

The quick way: let a worker thread run the helper. Nothing in it changes. With asyncio:

```python
import asyncio

import requests


def load_user(user_id):
    answer = requests.get(f"https://users.example/{user_id}", timeout=5)
    return answer.json()


async def greet(user_id, channel):
    user = await asyncio.to_thread(load_user, user_id)
    await channel.send(f"hello {user['name']}")
```

With anyio:

```python
import anyio
import requests


def load_user(user_id):
    answer = requests.get(f"https://users.example/{user_id}", timeout=5)
    return answer.json()


async def greet(user_id, channel):
    user = await anyio.to_thread.run_sync(load_user, user_id)
    await channel.send(f"hello {user['name']}")
```

With trio:

```python
import requests
import trio


def load_user(user_id):
    answer = requests.get(f"https://users.example/{user_id}", timeout=5)
    return answer.json()


async def greet(user_id, channel):
    user = await trio.to_thread.run_sync(load_user, user_id)
    await channel.send(f"hello {user['name']}")
```

The thorough way: an async client, and `async def` from the helper up to the coroutine. It needs no thread
per request, and a cancelled task really stops its request.

```python
import httpx


async def load_user(client: httpx.AsyncClient, user_id):
    answer = await client.get(f"https://users.example/{user_id}")
    return answer.json()


async def greet(client, user_id, channel):
    user = await load_user(client, user_id)
    await channel.send(f"hello {user['name']}")
```

In FastAPI and Starlette, an endpoint that awaits nothing may simply be `def`: then it runs in a worker
thread, and the helper with it.

## When not to fix it

* The helper sends a request only in a case that can't happen here.
* A script with one coroutine.

Waive the call:

```python
import urllib.request


def public_keys():
    return urllib.request.urlopen("https://id.example/keys")


async def start(server):
    keys = public_keys()  # noqa: BKM112
    await server.run(keys)
```

or a folder with `per-file-ignores = scripts/*: BKM112`, or the helper for all its callers with
`bkm-nonblocking = shop.users.load_user`. A helper that remembers its answer (`functools.lru_cache`) is a
warning instead of an error, since only its first call waits.

## Known limits

* In this release a chain is followed inside one file.
* A helper that is called through an object of unknown type is not followed.
* A thread pool is finite: `asyncio.to_thread` has at most 32 workers. A hundred slow requests still queue.

## Confirm it at run time

[blockbuster](https://pypi.org/project/blockbuster/) raises `BlockingError` at the socket call inside the
helper; the traceback is the chain of the message. `asyncio.run(main(), debug=True)` logs the transition if
it took more than 0.1 seconds.
"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.blocking import helper_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM112",
    slug="network-in-helper",
    level=Level.ERROR,
    since="0.1.0",
    check=helper_calls(Kind.NETWORK),
    explanation=__doc__,
    coroutines_only=True,
)
