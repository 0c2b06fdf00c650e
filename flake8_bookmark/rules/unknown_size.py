"""A coroutine parses or hashes data whose size nobody knows.

## What it does

Reports, as a hint, calls in a coroutine that take as long as their data is large, where something says that the data
may be large. `json.loads`, `yaml`, `pickle.loads` and other formats of messages are reported for uploads only; XML,
HTML, Markdown and what is decompressed for a whole file, or the whole body of a request or response. `hashlib` is
reported where what it gets is a file, or is called data, content, an image or the like. Products of vectors and
tokenisers count where a loop does them for each of many, and tokenisers where what they get is called a prompt, a
document or the like. `pandas.read_csv`, splitters of text, counting
tokens, comparing whole texts and others of the catalogue are reported unless the text shows that their data is small:
a literal, a key that is put together. A helper that does nothing in between counts, too; one that parses messages or
hashes, if an upload or a file is handed to it.

Reports, too, a loop in a loop (or around a function of the project that loops) that never suspends, where the code
itself says that it takes long: it measures the time from before the loop to behind it, or it awaits loops that only
compute in a thread.

## What happens on the loop

### Unknown size

Parsing and hashing are computation: there is no bookmark in them. For a message of a hundred bytes that
doesn't matter. `json.loads` reads some 100 MB per second, `yaml.safe_load` less than 1 MB, SHA-256 some
500 MB. So ten megabytes of JSON are a tenth of a second in which nobody else runs, and one megabyte of YAML
is more than a second.

The tool can't see how large the data is. If it comes from outside, neither can you: then whoever sends it
decides how long your event loop stands still.

### What the code says

A loop over a list in a list says nothing of its length. Who reads the clock around it does: nobody measures what is
over at once. And who hands one loop over some data to a thread, so that others can run, says what the next loop over
that data does to them.

```python
import asyncio


def parsed(rows):
    return [[cell.strip() for cell in row] for row in rows]


async def load(rows, known, pool):
    table = await asyncio.get_running_loop().run_in_executor(pool, parsed, rows)
    for row in table:  # BKM205
        for cell in row:
            known.add(cell)
```

## Example

```python
import hashlib


async def etag(data):
    return hashlib.md5(data).hexdigest()  # BKM205
```

## Use instead

`hashlib` releases the GIL for more than 2047 bytes, so a thread will do for large data (with anyio and trio:
`to_thread.run_sync`):

```python
import asyncio
import hashlib


def digest(data):
    return hashlib.md5(data).hexdigest()


async def etag(data):
    return await asyncio.to_thread(digest, data)
```

Parsers in Python keep the GIL. A thread lets the others run all the same, in turns of some milliseconds; a
pool of processes is better if it is often much. And look at the size first: refuse what is too large, and
parse the small on the spot.

## When not to fix it

Where the data is known to be small, as most messages are. This is why it is a hint. Waive the line:

```python
import json

from fastapi import UploadFile


async def read(settings: UploadFile):
    return json.loads(await settings.read())  # noqa: BKM205
```

or a folder with `per-file-ignores = protocol/*: BKM205`; or add the name to `bkm-nonblocking`.

## Known limits

* The size isn't looked at, also where the code checks it.
* A message of a socket or queue, a row of a database, or the JSON of a response may be large, too; what parses it is
  silent. So is comparing names (`difflib.get_close_matches`), and sorting a data frame.
* Formatting (`json.dumps`) and copying take as long as the data is large, too, and aren't reported.
* A chain of several helpers is not followed: what they parse is mostly small and their own.

## Confirm it at run time

Debug mode of asyncio logs each transition that takes more than 100 ms. `py-spy record --pid PID` shows how
much of the thread's time goes into the parser.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.rules.model import Rule, Subject
from flake8_bookmark.rules.own_evidence import measured_or_beside
from flake8_bookmark.rules.taking_in import unknown_size


def _check(subject: Subject) -> Iterator[Finding]:
    """Data of a size that nobody knows is taken in, or gone through in a loop that the code itself takes for long."""
    yield from unknown_size(subject)
    yield from measured_or_beside(subject)


RULE = Rule(
    code="BKM205",
    slug="unknown-size",
    level=Level.HINT,
    since="0.1.0",
    check=_check,
    explanation=__doc__,
    coroutines_only=True,
)
