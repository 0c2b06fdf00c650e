"""What the files of the catalogue may hold, as a check that returns what is wrong in sentences."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flake8_bookmark.effects.model import Kind, Lifetime, Place, Scope, Suspends
from flake8_bookmark.finding import Level

Check = Callable[[object], bool]

NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
PATTERN = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\.([^\W\d]\w*|\*)")
ANCHOR = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SOURCE = re.compile(r"https?://[^\s/]+\.[a-z]+(/\S*)?")
VERSION = re.compile(r"3\.\d\d")
PLATFORMS = ("posix", "linux", "darwin", "win32")
PARTS_OF_TYPES = (
    ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.Load,
    ast.BinOp, ast.BitOr,
)  # fmt: skip
FRAMEWORKS = ("asyncio", "anyio", "trio")
RESULTS = ("value", "awaitable", "future", "callable")
LONGEST_NOTE = 120


def matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def one_of(*words: str) -> Check:
    return lambda value: isinstance(value, str) and value in words


def list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and bool(value) and all(map(check, value))


def is_bool(value: object) -> bool:
    return isinstance(value, bool)


def is_position(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 32


def is_sentence(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NOTE and value == " ".join(value.split())


def is_words(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 40 and not value.endswith(".")


def is_type(value: object) -> bool:
    """Say whether this is a type expression in which every name is qualified or a builtin."""
    try:
        tree = ast.parse(str(value), mode="eval")
    except SyntaxError:
        return False
    return all(isinstance(node, PARTS_OF_TYPES) for node in ast.walk(tree))


def is_instead(value: object) -> bool:
    return isinstance(value, dict) and all(
        framework in FRAMEWORKS and list_of(matches(PATTERN))(names) for framework, names in value.items()
    )


def is_constants(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, int | float | str) for item in value)


def is_conditions(value: object) -> bool:
    return isinstance(value, list) and bool(value) and not any(_problems_of_condition(item) for item in value)


def _problems_of_condition(item: Mapping[str, Any]) -> list[str]:
    known: dict[str, Check] = {
        "keyword": matches(re.compile(r"[^\W\d]\w*")),
        "position": is_position,
        "values": is_constants,
        "absent": is_bool,
        "written": is_bool,
        "begins": matches(re.compile(r"\S+")),
    }
    problems = list(_row_problems("condition", item, known, required=("keyword", "values")))
    if not any(item.get(key) for key in ("values", "absent", "written", "begins")):
        problems.append("condition: it can never hold")
    return problems


EVERY_ROW: dict[str, Check] = {
    "names": list_of(matches(PATTERN)),
    "source": matches(SOURCE),
    "note": is_sentence,
    "since": matches(VERSION),
    "until": matches(VERSION),
    "platform": one_of(*PLATFORMS),
}
EVERY_EFFECT: dict[str, Check] = {
    "anchor": matches(ANCHOR),
    "level": one_of(*(level.word for level in Level)),
    "instead": is_instead,
    "unless": is_conditions,
    "only_if": is_conditions,
    "lower_if": is_conditions,
    "unless_awaited": is_bool,
    "lazy": is_bool,
    "anew": is_bool,
    "unless_called": list_of(matches(re.compile(r"\w+"))),
    "unless_zero": list_of(matches(re.compile(r"\w+"))),
    "unless_from": list_of(matches(NAME)),
}
WHEN: dict[str, Check] = {"place": one_of(*Place), "awaits": is_bool, "rare": is_bool}
EVERY_CALLABLE: dict[str, Check] = {**WHEN, "result": one_of(*RESULTS)}
TABLES: dict[str, tuple[dict[str, Check], tuple[str, ...]]] = {
    "blocks": (
        {**EVERY_EFFECT, "kind": one_of(*(kind.name.lower() for kind in Kind if kind is not Kind.COMPUTE))},
        ("kind", "anchor"),
    ),
    "computes": (
        {**EVERY_EFFECT, "cause": is_words, "releases_gil": is_bool, "element": is_words},
        ("cause", "anchor"),
    ),
    "safe": ({}, ()),
    "runs": (
        {**EVERY_CALLABLE, "keyword": matches(re.compile(r"\w+")), "position": is_position, "plain": is_bool},
        ("place",),
    ),
    "returns": ({"keyword": matches(re.compile(r"\w+")), "position": is_position}, ("position",)),
    "passes": ({"types": list_of(lambda value: isinstance(value, str)), "like": matches(NAME)}, ()),
    "plain": ({"arguments": list_of(matches(re.compile(r"\w+")))}, ("arguments",)),
    "decorators": (EVERY_CALLABLE, ("place",)),
    "hooks": (WHEN, ("place",)),
    "awaitables": ({"suspends": one_of(*Suspends), "shielded": is_bool}, ("suspends",)),
    "tasks": ({"holds": is_bool}, ("holds",)),
    "locks": ({"family": one_of("thread", "async", "process"), "exclusive": is_bool, "refuses": is_bool}, ("family",)),
    "scopes": ({"scope": one_of(*Scope)}, ("scope",)),
    "sharing": ({"together": is_bool}, ("together",)),
    "lifetimes": ({"one_for": one_of(*Lifetime)}, ("one_for",)),
    "replays": ({}, ()),
}
ARGUMENT = ("keyword", "position")
LIBRARY: dict[str, Check] = {
    "name": is_words,
    "import": matches(re.compile(r"[^\W\d]\w*")),
    "source": matches(SOURCE),
    "async": list_of(matches(NAME)),
    "properties": list_of(matches(NAME)),
}


def problems(root: str, data: Mapping[str, Any]) -> list[str]:
    """Return what is wrong in one file; nothing when it conforms to the schema."""
    found = [f"[{key}] is no table of the schema" for key in data if key not in (*TABLES, *HEADS)]
    head = data.get("library", {})
    found += _row_problems("library", head, LIBRARY, required=("name", "import", "source"))
    if head.get("import") != root:
        found.append(f"import is {head.get('import')!r}, the file is {root}.toml")
    for table, check in HEADS.items():
        found += check(data.get(table, {}))
    for table, (known, required) in TABLES.items():
        for row in data.get(table, []):
            found += _row_problems(table, row, {**known, **EVERY_ROW}, ("names", *required))
        found += _repeated(table, data.get(table, []))
    runs = [row for row in data.get("runs", []) if row.keys().isdisjoint(ARGUMENT)]
    found += [f"runs {row.get('names')}: which argument?" for row in runs]
    found += [f"{name} is not under {root}" for name in named(data) if name.partition(".")[0] != root]
    return found


def named(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield every name that a file says something about."""
    yield from data.get("aliases", {})
    yield from data.get("bases", {})
    yield from data.get("types", {})
    yield from data.get("library", {}).get("async", [])
    yield from data.get("library", {}).get("properties", [])
    for table in TABLES:
        for row in data.get(table, []):
            yield from row.get("names", [])


def _row_problems(
    table: str, row: Mapping[str, Any], known: Mapping[str, Check], required: tuple[str, ...]
) -> Iterator[str]:
    where = f"{table} {row.get('names', row.get('keyword', ''))!s:.60}"
    yield from (f"{where}: {key} is missing" for key in required if key not in row)
    for key, value in row.items():
        if key not in known:
            yield f"{where}: {key} is no key of the schema"
        elif not known[key](value):
            yield f"{where}: {key} = {value!r} is not as the schema wants it"


def _repeated(table: str, rows: list[Mapping[str, Any]]) -> Iterator[str]:
    seen: set[tuple[object, ...]] = set()
    for row in rows:
        for name in row.get("names", []):
            key = (name, row.get("kind"), row.get("keyword"), row.get("position"))
            if key in seen:
                yield f"{table}: {name} is said twice"
            seen.add(key)


def _alias_problems(table: Mapping[str, Any]) -> Iterator[str]:
    name = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
    for spelling, public in table.items():
        if not name.fullmatch(spelling) or not isinstance(public, str) or not name.fullmatch(public):
            yield f"aliases: {spelling} = {public!r}"
        elif spelling == public:
            yield f"aliases: {spelling} is an alias of itself"


def _base_problems(table: Mapping[str, Any]) -> Iterator[str]:
    for name, bases in table.items():
        if not NAME.fullmatch(name) or not isinstance(bases, list) or not all(map(matches(NAME), bases)):
            yield f"bases: {name} = {bases!r}"


def _type_problems(table: Mapping[str, Any]) -> Iterator[str]:
    for name, text in table.items():
        if not NAME.fullmatch(name) or not isinstance(text, str) or not is_type(text):
            yield f"types: {name} = {text!r}"


def _dynamic_problems(table: Mapping[str, Any]) -> Iterator[str]:
    for name, reason in table.items():
        if not NAME.fullmatch(name) or not isinstance(reason, str) or not reason:
            yield f"dynamic: {name} = {reason!r}"


HEADS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "library": lambda table: iter(()),
    "aliases": _alias_problems,
    "bases": _base_problems,
    "types": _type_problems,
    "dynamic": _dynamic_problems,
}
