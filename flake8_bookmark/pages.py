"""The explanation page of a rule: its docstring, the drawn machine of its example, what the catalogue knows.

The docstring is the only hand-written part. `tools/pages.py` writes the pages to docs/, the command `explain`
prints them, so that both work from a wheel, a checkout and an editable install.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from flake8_bookmark import rules
from flake8_bookmark.draw import draw_mermaid, draw_text
from flake8_bookmark.effects.catalogue import Catalogue
from flake8_bookmark.effects.declared import DECLARED_CAUSE
from flake8_bookmark.effects.model import DEFAULT_LEVEL, Effect, Kind
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import Site
from flake8_bookmark.finding import Level
from flake8_bookmark.options import Options
from flake8_bookmark.rules import ALL
from flake8_bookmark.rules.model import Rule
from flake8_bookmark.rules.subjects import call_names, read_subjects

HEADINGS = (
    "What it does",
    "What happens on the loop",
    "Example",
    "Use instead",
    "When not to fix it",
    "Known limits",
    "Confirm it at run time",
)
FAMILIES = {
    "1": (
        "The thread waits between two bookmarks",
        "BKM10x: own calls; BKM11x: through helpers",
    ),
    "2": ("The loop starves", "the thread computes, and nobody else gets it"),
    "3": ("The task nobody holds", "machines that are thrown away, or never started"),
    "4": ("Awaits misread as parallelism", "what reads as side by side and runs in a row"),
    "5": ("What the bookmark holds", "and must not hold while it waits"),
    "6": ("Bookmarks thrown away", "what a cancellation or a timeout meets"),
    "9": ("The tool", "about flake8-bookmark itself"),
}
GIL_RELEASED = "Releases the GIL: a thread helps."
GIL_KEPT = "Keeps the GIL: use a process, not a thread."
FRAMEWORKS = ("asyncio", "anyio", "trio")
MARK = re.compile(r"#(?: noqa:)? (BKM\d{3})$")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def rule_of(name: str) -> Rule:
    """Return the rule with this code or slug; LookupError if there is none."""
    for rule in ALL:
        if name in (rule.code, rule.slug):
            return rule
    raise LookupError(name)


def page_text(name: str) -> str:
    """Return the whole page of a rule as Markdown."""
    return "\n\n".join([lesson_text(name).rstrip("\n"), *(part.strip() for part in _causes(rule_of(name)))]) + "\n"


def lesson_text(name: str) -> str:
    """Return the page without the causes that the catalogue knows; empty for a name that is no rule's."""
    try:
        rule = rule_of(name)
    except LookupError:
        return ""
    parts = [f"# {rule.slug} ({rule.code})", explanation(rule), *_machine(rule)]
    lead, _, rest = parts[1].partition("\n")
    parts[1] = f"{lead}\n\n{_standing(rule)}\n{rest}"
    return "\n\n".join(part.strip() for part in parts) + "\n"


def index_text() -> str:
    """Return the list of all rules as Markdown."""
    out = [
        "# Rules",
        "Each code has a page that shows the machine behind the bug, the fix for asyncio, anyio and trio, "
        "and when not to fix it. `flake8-bookmark explain CODE` prints the same page in the terminal.",
    ]
    for family, (title, remark) in FAMILIES.items():
        rows = [_row(rule) for rule in ALL if rule.code[3] == family]
        out.append(f"## BKM{family}xx {title}")
        out.append(f"{remark[0].upper()}{remark[1:]}.")
        out.append("\n".join(["| Code | Name | Level | What |", "|---|---|---|---|", *rows]))
    out.append(
        "Hints are off unless `bkm-hints` is set. A context (tests, start-up, a script with one coroutine) "
        "may lower a finding by one level."
    )
    return "\n\n".join(out) + "\n"


def explanation(rule: Rule) -> str:
    """Return the rule's docstring; `python -OO` leaves it out, and then the rule's file still has it."""
    if rule.explanation is not None:
        return rule.explanation
    path = Path(rules.__file__).with_name(f"{rule.slug.replace('-', '_')}.py")
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")), clean=False) or ""


def sections(text: str) -> dict[str, str]:
    """Return what stands under each `##` heading, in order."""
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def examples(text: str) -> list[str]:
    """Return the Python blocks of a text."""
    return [code for language, code in _FENCE.findall(text) if language == "python"]


def marked_lines(code: str) -> list[tuple[int, str]]:
    """Return the line and the code of each mark. A waiver is one, too: flake8 hides what is there."""
    found = [(number, MARK.search(line)) for number, line in enumerate(code.splitlines(), 1)]
    return [(number, match[1]) for number, match in found if match]


def anchor_of(heading: str) -> str:
    """Return the anchor that Markdown renderers give a heading."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


# the parts of a page ----------------------------------------------------------------------------------------


def _standing(rule: Rule) -> str:
    hints = " Off unless `bkm-hints` is set." if rule.level is Level.HINT else ""
    return f"Level: {rule.level.word}.{hints} Since {rule.since}."


def _row(rule: Rule) -> str:
    summary = explanation(rule).partition("\n")[0]
    return f"| [{rule.code}](rules/{rule.code}.md) | {rule.slug} | {rule.level.word} | {summary} |"


def draw_example(code: str, rule: Rule | None = None) -> tuple[str, str, str]:
    """Return name and machine, as text and as Mermaid, of the function that the rule finds something in.

    Without a rule it is the first coroutine.
    """
    for subject in read_subjects("example.py", code, ast.parse(code), Options(hints=True)):
        findings = list(rule.check(subject)) if rule else []
        if findings or (rule is None and subject.is_loop_code):
            names = dict(call_names(subject))

            def name_of(call: ast.Call, known: dict[Site, tuple[str, bool]] = names) -> tuple[str, bool]:
                return known.get(site_of(call), (written(call.func), False))

            return (
                subject.frame.function.name,
                draw_text(subject.machine, name_of, findings).rstrip(),
                draw_mermaid(subject.machine, name_of, findings).rstrip(),
            )
    raise LookupError("the example has nothing to draw")


def _machine(rule: Rule) -> Iterator[str]:
    code = next(iter(examples(sections(explanation(rule))["Example"])), None)
    if code is None:
        return
    name, text, mermaid = draw_example(code, rule)
    yield (
        "## The machine\n\n"
        f"This is `{name}` of the example, as `flake8-bookmark draw` draws it: its states, what each "
        "bookmark keeps, and the calls on the way from one state to the next. All that stands on one way "
        "runs without giving the thread back."
    )
    yield f"```text\n{text}\n```"
    yield f"```mermaid\n{mermaid}\n```"


def _causes(rule: Rule) -> Iterator[str]:
    kind = _kind(rule)
    if kind is None:
        return
    yield "## Causes"
    yield "What the catalogue knows, by library. A `*` stands for all public methods."
    for anchor, effects in Catalogue.shipped().anchors(kind).items():
        if told := [e for e in effects if kind is not Kind.COMPUTE or e.level > Level.HINT]:
            yield f"### {anchor}"
            yield from _cause(told)
    if kind is Kind.PERSON:
        yield "### declared"
        yield f"What you list in `bkm-blocking`; the message then says *{DECLARED_CAUSE}*."


def _kind(rule: Rule) -> Kind | None:
    if rule.code in ("BKM202", "BKM212"):
        return Kind.COMPUTE
    return Kind(int(rule.code[5])) if rule.code[3] == "1" else None


def _cause(effects: Iterable[Effect]) -> Iterator[str]:
    groups: dict[str, dict[str, list[str]]] = {}
    for effect in effects:
        owner, _, name = effect.name.removeprefix("builtins.").rpartition(".")
        groups.setdefault(_remarks(effect), {}).setdefault(owner, []).append(f"`{name}`")
    for remarks, owners in groups.items():
        lines = [f"* {f'`{owner}`: ' if owner else ''}{', '.join(names)}" for owner, names in owners.items()]
        yield "\n".join(lines) + f"\n\n{remarks}"


def _remarks(effect: Effect) -> str:
    """Return all that is to say about an effect except its name."""
    said = []
    if effect.level is not DEFAULT_LEVEL[effect.kind]:
        said.append(f"Level: {effect.level.word}.")
    if effect.cause:
        said.append(_sentence(effect.cause))
    if effect.releases_gil is not None:
        said.append(GIL_RELEASED if effect.releases_gil else GIL_KEPT)
    if effect.note:
        said.append(_sentence(effect.note))
    said.extend(_replacements(effect))
    said.append(f"Source: <{effect.source}>.")
    return " ".join(said)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def _replacements(effect: Effect) -> Iterator[str]:
    by_names: dict[tuple[str, ...], list[str]] = {}
    for framework in FRAMEWORKS:
        if names := tuple(_replacement(name, effect) for name in effect.instead.get(framework, ())):
            by_names.setdefault(names, []).append(framework)
    for names, frameworks in by_names.items():
        yield f"Instead, with {_listed(frameworks)}: {' or '.join(names)}."


def _listed(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _replacement(name: str, effect: Effect) -> str:
    owner, _, method = name.rpartition(".")
    same = method == effect.name.rpartition(".")[2]
    return f"the same method of `{owner}`" if same and effect.name.count(".") > 1 else f"`{name}`"
