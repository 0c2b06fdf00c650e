"""A loop awaits once a round, though no round needs another.

## What it does

Reports an `await` in a `for`, or in a comprehension, where the rounds are independent: each works on its own item,
keeps what it got, and reads nothing that an earlier round has changed. Tasks that are cancelled and awaited one after
the other are of that kind. It is a hint: off unless `bkm-hints` is set.

## What happens on the loop

### Awaits in loop

Each `await` is a suspension point of this *one* coroutine. It lays its bookmark, waits until the answer for the first
item is there, and only then asks for the second. `async` makes nothing parallel by itself: other coroutines may run
meanwhile, but this one has only one request under way at any time.

```text
one by one      item 1 ......  item 2 ......  item 3 ......
side by side    item 1 ......
                item 2 ......
                item 3 ......
```

The waits add up. Started side by side, all take as long as the longest.

## Example

```python
async def titles(client, ids):
    found = []
    for number in ids:
        answer = await client.get(f"/item/{number}")  # BKM406
        found.append(answer.json()["title"])
    return found
```

## Use instead

Put the body of the loop into a coroutine, and start one for each item. With asyncio:

```python
import asyncio


async def title(client, number):
    answer = await client.get(f"/item/{number}")
    return answer.json()["title"]


async def titles(client, ids):
    return await asyncio.gather(*(title(client, number) for number in ids))
```

`gather` keeps the order of its arguments. A `TaskGroup` (Python 3.11) also cancels the others when one fails:

```python
import asyncio


async def titles(title, ids):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(title(number)) for number in ids]
    return [task.result() for task in tasks]
```

With anyio (with trio: `trio.open_nursery`), each puts its result away:

```python
import anyio


async def titles(title, ids):
    found = {}

    async def keep(number):
        found[number] = await title(number)

    async with anyio.create_task_group() as group:
        for number in ids:
            group.start_soon(keep, number)
    return [found[number] for number in ids]
```

Tasks to be ended are told so all at once, and then waited for:

```python
import asyncio


async def stop(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
```

Are there thousands of items, or is the work cut into batches so that the other side bears it? Then limit how many run
at a time, with `asyncio.Semaphore(20)` around the request:

```python
import asyncio


async def titles(title, ids):
    limit = asyncio.Semaphore(20)

    async def one(number):
        async with limit:
            return await title(number)

    return await asyncio.gather(*map(one, ids))
```

## When not to fix it

* The other side can't take it: a device with one connection, a service that counts requests per second.
* The items are few and the answers come from memory: tasks cost more than they save.
* The order of the *effects* matters, and the tool could not see it.

Waive the line:

```python
async def names(device, numbers):
    return [await device.ask(number) for number in numbers]  # noqa: BKM406
```

or a folder with `per-file-ignores = scripts/*: BKM406`.

## Known limits

Silent on purpose:

* a round that reads what an earlier one left (a cursor of pages, a sum that decides, a `seen` set);
* ways out of the loop: `break`, `return`, a result that is read after the loop, and `raise` where a round does more
  than ask, or where it hangs on earlier rounds;
* results that nobody looks at: `await service.start()` is done for its effect, and effects may need their order.
  Reported are
  * sending on connections that are the items themselves, ending them (`await channel.aclose()`), and having them ask or
    put away what is theirs (`await device.refresh()`);
  * what is done to what the item names (`await store.delete(key)`, `await cache.set(key, value)`, an upload, an index),
    and to the parts of a set;
  * what may fail without stopping the loop (`except Exception: log…`), since then no round builds on another one;
  * a method of an item of the project that changes nothing but that item, and awaits others only for their answers
    (`await picture.preload()`), unless its name is that of a step (`start`, `apply`).

  All this is silent where somebody has put the items into an order (`sorted`, a tuple of names);
* the same question each round, unless its name says that it gives another answer each time (`await model.generate(…)`);
* steps, middlewares and handlers that are called one after the other;
* one connection for all: sessions, cursors, sockets, files, locks, known by their class, or else by their name;
* sleeps, `print`, `yield`, `async for`, an `async with` of a lock;
* a first-party function that changes something of its object or its module, takes a lock, or sends something, unless
  it is a question to the item itself (`await client.list_tools()`). What it fills in where it is missing, such as a
  token or an item of a cache, is no change;
* tests, and modules that import an engine which replays its workflows, such as `temporalio.workflow`.

What a function of an unknown library changes is not seen.

## Confirm it at run time

Measure the loop with one item and with ten. If ten take ten times as long, they run one by one.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.rounds import awaits_in_loop

RULE = Rule(
    code="BKM406",
    slug="awaits-in-loop",
    level=Level.HINT,
    since="0.1.0",
    check=awaits_in_loop,
    explanation=__doc__,
    coroutines_only=True,
)
