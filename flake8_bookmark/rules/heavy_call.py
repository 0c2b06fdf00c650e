"""A coroutine calls something that computes for long.

## What it does

Reports calls in a coroutine or an async generator that keep a core busy for long by design: password
hashing, key derivation and key generation, compression and archives, decoding and resizing images, OCR,
parsing PDF, model inference, and others of the catalogue.

## What happens on the loop

"It does no I/O" is no excuse. The loop doesn't ask what the thread is doing. It gets the thread back at the
next bookmark, and a computation has none.

```text
bcrypt.checkpw     | you: 250 ms of arithmetic ........ | B | C |
```

Password hashing is slow on purpose: a quarter of a second is a usual setting. Four log-ins per second, and
the loop does nothing else. Health checks fail, and the service is restarted because it was popular.

Where the work should go depends on the **GIL**, the lock that lets one thread at a time run Python code:

* If the library releases the GIL while it computes (`bcrypt`, `hashlib.scrypt` and `pbkdf2_hmac`, `zlib`,
  most of NumPy and Pillow), a worker **thread** is enough. Loop and worker then run side by side on two
  cores.
* If it keeps the GIL (Python code, `json`, `re`, `pickle`), a thread only divides the time: loop and worker
  take turns of some milliseconds, and everything gets slower. Use a **process**.

The section *Causes* below says which is which, where it is known. In a free-threaded build of Python (3.13t
and later) there is no GIL to hold, and threads do in both cases.

## Example

```python
import bcrypt


async def log_in(user, password, request):
    if not bcrypt.checkpw(password.encode(), user.password_hash):  # BKM202
        return await request.refuse()
    await request.welcome(user)
```

## Use instead

`bcrypt` releases the GIL, so a thread will do. With asyncio:

```python
import asyncio

import bcrypt


async def log_in(user, password, request):
    if not await asyncio.to_thread(bcrypt.checkpw, password.encode(), user.password_hash):
        return await request.refuse()
    await request.welcome(user)
```

With anyio:

```python
import anyio
import bcrypt


async def log_in(user, password, request):
    if not await anyio.to_thread.run_sync(bcrypt.checkpw, password.encode(), user.password_hash):
        return await request.refuse()
    await request.welcome(user)
```

With trio:

```python
import bcrypt
import trio


async def log_in(user, password, request):
    if not await trio.to_thread.run_sync(bcrypt.checkpw, password.encode(), user.password_hash):
        return await request.refuse()
    await request.welcome(user)
```

For work that keeps the GIL, use a pool of processes. Function, arguments and result must be picklable (with
anyio: `await anyio.to_process.run_sync(render, document)`):

```python
import asyncio
from concurrent.futures import ProcessPoolExecutor

from shop.printing import render

pool = ProcessPoolExecutor()


async def invoice(document, request):
    loop = asyncio.get_running_loop()
    await request.reply(await loop.run_in_executor(pool, render, document))
```

Mind that cancelling or timing out such an `await` doesn't stop the worker. It computes to its end.

## When not to fix it

* The input is small: an image of 16 pixels, a test with `bcrypt.gensalt(4)`.
* A batch job in which nobody waits beside it.

Waive the line of the callee:

```python
import bcrypt


async def create_test_user(users):
    await users.add("anna", bcrypt.hashpw(b"secret", bcrypt.gensalt(4)))  # noqa: BKM202
```

or a folder with `per-file-ignores = scripts/*: BKM202`. A name that is quick in your project goes to
`bkm-nonblocking`.

## Known limits

* Only calls of the catalogue are known. Your own heavy function isn't heavy to the tool, unless one of
  those calls is inside (BKM212).
* Parsing and hashing data of unknown size (`json.loads`, `hashlib.sha256`) is not reported: mostly it is
  short.
* The size of the input isn't looked at.

## Confirm it at run time

`asyncio.run(main(), debug=True)` logs `Executing <Task ...> took 0.266 seconds`. Detectors of blocking
calls don't see arithmetic; [aiocop](https://pypi.org/project/aiocop/) does, as `cpu_blocking`, because it
measures time as well.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.starvation import heavy_call

RULE = Rule(
    code="BKM202",
    slug="heavy-call",
    level=Level.WARNING,
    since="0.1.0",
    check=heavy_call,
    explanation=__doc__,
)
