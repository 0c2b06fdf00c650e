"""The tool itself has failed on this file.

## What it does

Reports, once per file, that flake8-bookmark could not check it: an exception in the tool, or code that
nests too deeply for the stack. Other plugins, other files and the rest of the run are not touched.

## What happens on the loop

Nothing; this is about the tool and not about your code. The file was not checked, or not completely, so an
empty list of findings says nothing about it.

A file with a syntax error doesn't get this code. flake8 reports it as `E999`, and nobody else looks at the
file.

## Example

```text
shop/tables.py:1:1: BKM900 flake8-bookmark could not check this file: RecursionError: maximum ...
```

## Use instead

Update first: `python -m pip install --upgrade flake8-bookmark`. If it stays, see what happened:

```console
$ flake8 -v --select=BKM shop/tables.py
```

The log then holds the traceback. Please report it with the smallest piece of code that still shows it.

For generated code that nests thousands of levels deep, leave the file out: `extend-exclude =
shop/tables.py`.

## When not to fix it

If you can live without findings in this one file until the next release:

```ini
[flake8]
per-file-ignores =
    shop/tables.py: BKM900
```

`# noqa: BKM900` works on the first line of the file. `bkm-nonblocking` has no effect here.

## Known limits

A crash of the Python interpreter itself can't be reported.

## Confirm it at run time

Nothing to confirm at run time: the code that was checked is never run, nor imported.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.internal import elsewhere
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM900",
    slug="internal-fault",
    level=Level.ERROR,
    since="0.1.0",
    check=elsewhere,
    explanation=__doc__,
)
