"""A loop over a shared collection suspends while others change the collection.

## What it does

Reports a `for` over a shared dictionary, set, deque or list with a suspension point in its body, where the project
itself adds to that collection or removes from it, in the body or in another function.

## What happens on the loop

### Moving collection

A `for` keeps an iterator in the bookmark, and the iterator keeps its place in the collection. Whoever runs while the
loop is suspended may add a room or take one away. The place is then worth nothing.

```text
A: for room in self.rooms:   first room   bookmark
B:                                        self.rooms["new"] = ...
A:                           next room    RuntimeError: dictionary changed size during iteration
```

A dictionary, a set and a deque notice it and raise. A list doesn't: when an item in front of the place is removed, the
others move up, and the loop skips one. Nobody is told.

In tests with one user nothing happens. It takes somebody who joins or leaves at the right moment.

## Example

```python
class Chat:
    def __init__(self):
        self.rooms = {}

    def join(self, name, room):
        self.rooms[name] = room

    def leave(self, name):
        del self.rooms[name]

    async def tell_all(self, text):
        for room in self.rooms.values():  # BKM504
            await room.send(text)
```

## Use instead

Loop over a copy. It is made in one go, without a suspension:

```python
class Chat:
    def __init__(self):
        self.rooms = {}

    def join(self, name, room):
        self.rooms[name] = room

    def leave(self, name):
        del self.rooms[name]

    async def tell_all(self, text):
        for room in list(self.rooms.values()):
            await room.send(text)
```

The copy may be out of date in turn: a room that has left is still told. If that matters, ask again in the loop.

A lock helps only if all who add and remove take it, too. It is the same for asyncio, anyio and trio.

## When not to fix it

Where the changes are certainly over when the loop begins, such as a registry that is filled while the program starts.
Waive the line of the `for`:

```python
class Plugins:
    def __init__(self):
        self.known = {}

    async def register(self, name, plugin):
        self.known[name] = await plugin.load()

    async def tell(self, text):
        for plugin in self.known.values():  # noqa: BKM504
            await plugin.tell(text)
```

or a folder with `per-file-ignores = plugins/*: BKM504`.

## Known limits

* The type of the collection must be known: `self.rooms = {}` in `__init__`, or an annotation.
* Changes are looked for in the methods of the same class, or, for a global, in the same module. `__init__` is left out.
* A method whose name says that it starts or ends its object (`start`, `close_all`) is left out, with the private ones
  that only it calls, and so is a collection that was put aside: `rooms = self.rooms`, then `self.rooms = {}`.
* A collection of something that is passed, or of an object that only a local name holds, is silent: nobody else has it.
* A plain function that only adds is taken to register something before the loop begins, and is left out.
* A list that only grows is silent: the loop reaches the new items, too.
* Assigning to a key that is there already is taken for a change of size.
* It is a hint: whether the method that changes the collection ever runs while the loop does, the text doesn't tell.

## Confirm it at run time

Start the loop with `asyncio.create_task(chat.tell_all("hi"))`, give it one turn with `await asyncio.sleep(0)`, add a
room, and await the task. It raises `RuntimeError`.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.moving import moving_collection

RULE = Rule(
    code="BKM504",
    slug="moving-collection",
    level=Level.HINT,
    since="0.1.0",
    check=moving_collection,
    explanation=__doc__,
    coroutines_only=True,
)
