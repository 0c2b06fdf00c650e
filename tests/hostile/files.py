"""Files that nobody writes on purpose, and some that somebody did: a name, and what stands in it.

Deep nesting comes in two sorts. The parser refuses brackets and blocks beyond its own limits with a plain
syntax error. Operators, calls and attributes nest without such a limit, and a tree that deep overruns
recursive code.
"""

from __future__ import annotations

from collections.abc import Callable

ASYNC = "import asyncio\nimport time\n\n\nasync def f(x):\n    await asyncio.sleep(1)\n"
DEEP = 5_000


def blocks(head: str, depth: int) -> str:
    """Return blocks inside a function: the parser takes 100 levels of indentation."""
    heads = "".join(f"{' ' * level}{head}\n" for level in range(4, depth + 4))
    return f"{ASYNC}{heads}{' ' * (depth + 4)}time.sleep(1)\n"


def functions(depth: int) -> str:
    return (
        "".join(f"{' ' * level}async def f{level}():\n" for level in range(depth))
        + " " * depth
        + "await g()\n"
    )


def encoded(text: str, codec: str) -> bytes:
    return f"# -*- coding: {codec} -*-\n{text}".encode(codec)


def inside(statement: str) -> str:
    return f"{ASYNC}    {statement}\n"


SYNTAX: dict[str, str | bytes] = {
    "unclosed_bracket": "async def f(:\n",
    "unclosed_brace": "async def f():\n    x = {1: 2\n    await g()\n",
    "unclosed_string": "async def f():\n    await g('x)\n",
    "unclosed_triple_string": "async def f():\n    '''docs\n    await g()\n",
    "unclosed_fstring": "async def f():\n    await g(f'{x')\n",
    "mismatched_brackets": "async def f(]:\n    await g()\n",
    "bad_indent": "async def f():\n    await g()\n  await h()\n",
    "no_body": "async def f():\n",
    "tabs_and_spaces": "async def f():\n\tif x:\n        await g()\n",
    "await_outside": "await g()\n",
    "await_in_def": "def f():\n    await g()\n",
    "return_value_in_async_generator": "async def f():\n    yield 1\n    return 2\n",
    "yield_from_in_coroutine": "async def f():\n    yield from g()\n",
    "async_as_name": "async = 1\n",
    "await_as_name": "await = 1\n",
    "nonlocal_at_module": "nonlocal x\nasync def f(): pass\n",
    "global_after_use": "async def f():\n    x = 1\n    global x\n",
    "break_outside": "async def f():\n    break\n",
    "continue_outside": "async def f():\n    continue\n",
    "return_outside": "return 1\nasync def f(): pass\n",
    "assign_to_call": "async def f():\n    g() = await h()\n",
    "two_starred": "async def f():\n    *a, *b = await g()\n",
    "duplicate_argument": "async def f(x, x):\n    await g()\n",
    "keyword_repeated": "async def f():\n    await g(a=1, a=2)\n",
    "bad_number": "async def f():\n    await g(0777)\n",
    "bad_escape": 'async def f():\n    await g("\\N{no such letter}")\n',
    "stray_backslash": "async def f():\n    await \\ g()\n",
    "python_2": "import asyncio\nprint 'x'\nexec 'y'\nraise E, 'z'\n",
    "python_2_except": "async def f():\n    try:\n        g()\n    except E, e:\n        raise\n",
    "future_unknown": "from __future__ import await_everything\nasync def f(): pass\n",
    "future_late": "import asyncio\nfrom __future__ import annotations\nasync def f(): pass\n",
    "merge_conflict": "async def f():\n<<<<<<< ours\n    await g()\n=======\n    await h()\n>>>>>>> theirs\n",
    "not_python": "{% for x in y %}\nasync def {{ name }}(): pass\n{% endfor %}\n",
    "notebook": '{"cells": [{"source": ["await g()"]}]}\n',
    "match_without_case": "async def f():\n    match await g():\n        pass\n",
    "star_except_mixed": (
        "async def f():\n    try:\n        g()\n    except* A:\n        pass\n    except B:\n        pass\n"
    ),
}

BYTES: dict[str, str | bytes] = {
    "empty": b"",
    "one_newline": b"\n",
    "only_comment": b"# async",
    "no_last_newline": ASYNC.rstrip().encode(),
    "bom": b"\xef\xbb\xbf" + inside("time.sleep(1)").encode(),
    "bom_and_other_cookie": b"\xef\xbb\xbf" + encoded(ASYNC, "latin-1"),
    "latin_1": encoded(inside("'é', time.sleep(1)"), "latin-1"),
    "shift_jis": encoded(inside("'表', time.sleep(1)"), "shift_jis"),
    "utf_16": ASYNC.encode("utf-16"),
    "utf_7_cookie": b"# coding: utf-7\n" + ASYNC.encode(),
    "unknown_cookie": b"# coding: klingon\n" + ASYNC.encode(),
    "undecodable": ASYNC.encode() + b"    x = '\xff\xfe'\n",
    "encoded_surrogate": ASYNC.encode() + b"    x = '\xed\xa0\x80'\n",
    "null_byte": ASYNC.encode() + b"    x = '\x00'\n",
    "only_null_bytes": b"\x00" * 64,
    "random_bytes": bytes((n * 7919 + n // 3) % 256 for n in range(4096)),
    "crlf": inside("time.sleep(1)").replace("\n", "\r\n").encode(),
    "cr_only": ASYNC.replace("\n", "\r").encode(),
    "mixed_line_ends": ASYNC.replace("\n", "\r\n", 3).encode(),
    "form_feeds": inside("x = 1\n\x0c\n    time.sleep(1)").replace("\n\n\n", "\n\x0c\n\x0c\n").encode(),
    "vertical_tab": inside("x = '\x0b'").encode(),
    "line_separator": inside("x = '\u2028'; time.sleep(1)").encode(),
    "control_z": ASYNC.encode() + b"\x1a",
    "escape_codes": inside("open('\x1b[31m')").encode(),
    "right_to_left": inside("time.sleep(1)  # \u202e ecart").encode(),
    "trailing_backslash": ASYNC.encode() + b"    x = 1 \\",
}

MEANING: dict[str, str | bytes] = {
    "lone_surrogate_text": inside('open("\\ud800"); getattr(x, "\\udfff")()'),
    "surrogate_in_all": '__all__ = ["\\ud800"]\nasync def f(): pass\n',
    "normalised_names": "import time\n\n\nasync def ſleep():\n    𝐭𝐢𝐦𝐞.ˢleep(1)\n",
    "wide_names": "async def 関数():\n    await 待つ()\n",
    "name_of_100k": f"import time\nasync def {'f' * 100_000}():\n    time.sleep(1)\n",
    "class_is_its_own_base": "class A(A):\n    async def f(self):\n        self.g.h.i()\n",
    "bases_in_a_circle": "class A(B):\n    pass\n\n\nclass B(A):\n    async def f(self):\n        self.g()\n",
    "alias_of_itself": "x = x\ny = z\nz = y\nasync def f():\n    x.get()\n    y.get()\n",
    "imports_itself": "import imports_itself\nfrom .imports_itself import f\nasync def g():\n    f()\n",
    "import_beyond_the_top": "from ......... import x\nasync def f():\n    x()\n",
    "star_import_of_itself": "from star_import_of_itself import *\nasync def f():\n    g()\n",
    "calls_itself": "def g():\n    g()\n\n\nasync def f():\n    g()\n    await f()\n",
    "annotation_nonsense": 'async def f(x: "][", y: 1 + 1, z: "f(") -> "not: a type":\n    x.read()\n',
    "annotation_circle": 'A = "B"\nB = "A"\nasync def f(x: A, y: "list[list[A]]"):\n    x.read()\n',
    "lambda_default_lambda": "async def f(x=lambda y=lambda z=lambda: g(): y: x):\n    x()\n",
    "await_everywhere": inside(
        "return [await (await a)[await b](await c, **await d) async for e in await g() if await h]"
    ),
    "del_everything": "async def f(x):\n    del x, f, asyncio, __builtins__\n    x()\n",
    "builtins_shadowed": "open = print = None\nasync def f():\n    open('x')\n    print('y')\n",
    "finally_in_finally": (
        "async def f():\n    while True:\n        try:\n            continue\n        finally:\n"
        "            try:\n                break\n            finally:\n                return await g()\n"
    ),
    "walrus_in_comprehension": "async def f():\n    return [y := await g(x) for x in [z := 1]]\n",
    "type_comment": "async def f():\n    x = []  # type: list[\n    await g(x)\n",
}


def large() -> dict[str, str | bytes]:
    """Return what is made when it is needed: deep and big files."""
    body = "".join(f"    await g({n})\n    x{n % 97} = h(x{(n + 1) % 97})\n" for n in range(400))
    return {
        "deep_parentheses": inside("x = " + "(" * DEEP + ")" * DEEP),
        "deep_lists": inside("x = " + "[" * 150 + "]" * 150),
        "deep_blocks": blocks("if x:", 95),
        "too_deep_blocks": blocks("if x:", 120),
        "deep_loops": blocks("for x in y:", 19),
        "too_deep_loops": blocks("for x in y:", 60),
        "deep_functions": functions(90),
        "deep_tries": ASYNC
        + "".join(f"{' ' * n}try:\n" for n in range(4, 20))
        + " " * 20
        + "await g()\n"
        + "".join(f"{' ' * n}finally:\n{' ' * n} await h()\n" for n in range(19, 3, -1)),
        "many_elifs": ASYNC + "    if x:\n        pass\n" + "    elif await g():\n        pass\n" * 300,
        "long_function": "async def f():\n" + body,
        "many_functions": "\n".join(
            f"async def f{n}(x):\n    await f{n + 1}(x)\n    return g(x)\n" for n in range(2000)
        ),
        "long_line": inside("x = '" + "a" * 1_000_000 + "'"),
        "five_megabytes": ASYNC + '    x = """' + "a line of text that says nothing\n" * 160_000 + '"""\n',
        "many_names": "import asyncio\n" + "".join(f"x{n} = {n}\n" for n in range(5_000)) + ASYNC,
        "many_branches": ASYNC + "    if x:\n        await x()\n" * 1000,
    }


# Chains without a limit in the grammar. At a thousand links the other plugins of flake8 overrun, at several
# thousand its own call of the parser does: what is said about us is said at a depth that plain flake8
# survives.
CHAINS: dict[str, Callable[[int], str]] = {
    "attributes": lambda depth: inside("x" + ".a" * depth),
    "calls": lambda depth: inside("x" + "()" * depth),
    "methods": lambda depth: inside("x = await g()" + ".h(1)" * depth),
    "subscripts": lambda depth: inside("x" + "[0]" * depth),
    "sums": lambda depth: inside("x = 0" + " + 1" * depth),
    "minuses": lambda depth: inside("x = " + "-" * depth + "1"),
    "nots": lambda depth: inside("x = " + "not " * depth + "x"),
    "lambdas": lambda depth: inside("x = " + "lambda: " * depth + "0"),
    "ternaries": lambda depth: inside("x = " + "0 if x else " * depth + "0"),
    "powers": lambda depth: inside("x = x" + "**x" * depth),
    "elifs": lambda depth: ASYNC + "    if x:\n        pass\n" + "    elif x:\n        pass\n" * depth,
}


def chains(depth: int) -> dict[str, str | bytes]:
    return {f"chain_of_{name}": make(depth) for name, make in CHAINS.items()}
