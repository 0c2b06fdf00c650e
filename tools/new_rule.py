"""Begins a rule: `python tools/new_rule.py stale-read BKM502`.

It writes the rule's file with the page's headings, and adds the rule to `rules.ALL`.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "flake8_bookmark" / "rules"
CODE = re.compile(r"BKM[1-69]\d{2}")
SLUG = re.compile(r"[a-z]+(-[a-z]+)*")
ENTRY = re.compile(r"^    (\w+)\.RULE,  # (BKM\d{3})$", re.M)

FILE = '''"""Say in one sentence what a coroutine does wrong.

## What it does

## What happens on the loop

## Example

```python
async def example():
    pass  # {code}
```

## Use instead

## When not to fix it

## Known limits

## Confirm it at run time
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.rules.model import Rule, Subject


def {name}(subject: Subject) -> Iterator[Finding]:
    """Ask the subject's machine."""
    raise NotImplementedError


RULE = Rule(
    code="{code}",
    slug="{slug}",
    level=Level.WARNING,
    since="{since}",
    check={name},
    explanation=__doc__,
)
'''
NEXT = """wrote {path}
next: the page and the check in that file, cases under tests/rules/cases/, a line in CHANGELOG.md, then
  python tools/pages.py && make test"""


def begin(slug: str, code: str, since: str, rules: Path) -> Path:
    """Write the rule's file and its entry; SystemExit with a reason if the code or the slug can't be had."""
    name = slug.replace("-", "_")
    path = rules / f"{name}.py"
    index = rules / "__init__.py"
    text = index.read_text(encoding="utf-8")
    taken = {known: module for module, known in ENTRY.findall(text)}
    if not CODE.fullmatch(code) or not SLUG.fullmatch(slug):
        raise SystemExit("a rule is named like this: stale-read BKM502")
    if code in taken or path.exists():
        raise SystemExit(f"{code} is {taken[code]}" if code in taken else f"{path.name} exists")
    path.write_text(FILE.format(name=name, slug=slug, code=code, since=since), encoding="utf-8")
    index.write_text(with_entry(text, name, code), encoding="utf-8")
    return path


def with_entry(text: str, name: str, code: str) -> str:
    """Return the text of rules/__init__.py with one more rule, both lists in order."""
    entries = sorted([*((known, module) for module, known in ENTRY.findall(text)), (code, name)])
    imports = "".join(f"    {module},\n" for module in sorted(module for _, module in entries))
    rules = "".join(f"    {module}.RULE,  # {known}\n" for known, module in entries)
    text = re.sub(r"(?<=rules import \(\n)(    \w+,\n)+", imports, text)
    return re.sub(r"(?<=Rule, \.\.\.\] = \(\n)(    .+\n)+", rules, text)


def project_version() -> str:
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    return found[1] if found else "unreleased"


def main() -> int:
    parser = argparse.ArgumentParser(description="Begin a rule.")
    parser.add_argument("slug", help="what the rule calls the pattern, such as stale-read")
    parser.add_argument("code", help="a free code, such as BKM502")
    given = parser.parse_args()
    path = begin(given.slug, given.code, project_version(), RULES)
    print(NEXT.format(path=path.relative_to(ROOT)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
