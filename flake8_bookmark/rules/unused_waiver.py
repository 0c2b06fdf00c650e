"""A waiver accepts nothing, or more than it says.

## What it does

Reports a comment or a setting that once accepted a finding and is no longer needed:

* `# noqa: BKM105` on a line where flake8-bookmark finds nothing with that code;
* `#noqa: BKM105` and `#  noqa: BKM105`: flake8 wants exactly one space there and does not see the comment;
* `# noqa: BKM` and `# noqa BKM105`: flake8 reads no code there and silences every plugin on that line;
* `# bkm: nonblocking` where no `def` or `class` takes it, `# bkm: atomic` where no `def` and no statement with a body
  does, and a word behind `# bkm:` that is neither, such as a typo;
* `# bkm: nonblocking` at a function or class of which nothing is known to wait or to compute for long, also without
  the comment;
* an entry of `bkm-blocking`, `bkm-nonblocking`, `bkm-offloaders` or `bkm-spawners` in `pyproject.toml` whose
  last name occurs in no file of the project, and one of `bkm-nonblocking` that names functions of the project of which
  nothing is known to wait without it. Only `flake8-bookmark check` of the whole project can know that.

## What happens on the loop

Nothing today. But a waiver that stays behind waits for the next bug: somebody puts a blocking call on that line, the
thread waits in it, and nobody is told.

## Example

```text
async def load(path):
    return await read(path)  # noqa: BKM105
                             ^ BKM901 # noqa: BKM105 waives nothing here; remove it
```

## Use instead

Remove the comment. Where several codes are listed, remove the one that is named:

```text
    return await read(path)  # noqa: E501
```

A bare `# noqa` that was meant for one code should name it, with its digits: `# noqa: BKM105`.

## When not to fix it

If the same file is checked with different settings, a waiver may be needed under some of them only. Then leave the
rule out in that file:

```ini
[flake8]
per-file-ignores =
    shop/compat.py: BKM901
```

For one line, the comment names this code, too: `# noqa: BKM105, BKM901`; alone, it is `# noqa: BKM901`.
`bkm-nonblocking` has no effect here.

## Known limits

flake8 does not show a finding on a line with a bare `# noqa`, so `# noqa: BKM` is told by `flake8-bookmark check` only.
Comments about codes of other plugins are their own business. A `# bkm: nonblocking` at a coroutine function silences
none of its callers, which is not told where its body waits. A setting that names nothing of the project's own, and
whose last name occurs somewhere in it, is taken to be used.

## Confirm it at run time

Nothing to confirm at run time: delete the comment and run flake8 again.
"""

from __future__ import annotations

from flake8_bookmark.finding import Level
from flake8_bookmark.rules.internal import elsewhere
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM901",
    slug="unused-waiver",
    level=Level.HINT,
    since="0.1.0",
    check=elsewhere,
    explanation=__doc__,
)
