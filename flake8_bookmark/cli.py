"""The command `flake8-bookmark`: checks a project, explains a rule, draws the machine of a function.

Exit codes: 0 done, 1 findings, 2 the request can't be met (usage, configuration, unreadable or broken file), 3 an
internal fault or a partial result, 130 interrupted.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import re
import shutil
import sys
import tokenize
from collections.abc import Sequence
from pathlib import Path

from flake8_bookmark.gate.arguments import GATE, add_gate
from flake8_bookmark.options import Options, OptionsError, build_options

DONE, REFUSED, FAULT, INTERRUPTED = 0, 2, 3, 130


class RequestError(Exception):
    """What was asked for can't be done; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A drawing on an old Windows console: rather a question mark than no drawing.
        sys.stdout.reconfigure(errors="replace")
    try:
        request = parser().parse_args(arguments)
        if request.action in GATE:
            from flake8_bookmark.gate.command import run

            return run(request)
        print(ACTIONS[request.action](request), end="", flush=True)
    except (RequestError, OptionsError) as error:
        print(f"flake8-bookmark: {error}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        # The reader, `head` or a pager, has seen enough: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        drop_output()
    except KeyboardInterrupt:
        print("flake8-bookmark: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        drop_output()
        print(f"flake8-bookmark: {error.filename or 'standard output'}: {error.strerror or error}", file=sys.stderr)
        return FAULT
    except (RecursionError, MemoryError) as error:
        print(f"flake8-bookmark: {type(error).__name__}: the file nests too deeply", file=sys.stderr)
        return FAULT
    except Exception:
        import traceback

        traceback.print_exc()
        print("flake8-bookmark: an internal fault; please report it with the lines above", file=sys.stderr)
        return FAULT
    return DONE


def drop_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter's last flush can't fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flake8-bookmark", description="Coroutines as state machines.")
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="show the version, and stop")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_gate(actions)
    explain = actions.add_parser("explain", help="print the page of a rule")
    explain.add_argument(
        "code",
        metavar="CODE[#ANCHOR]",
        help="a code or a slug, and one of its causes: BKM101, blocking-sleep, BKM102#requests",
    )
    explain.add_argument("--all", action="store_true", help="print the whole page, with every cause that is known")
    draw = actions.add_parser("draw", help="draw the state machines of a file or of one function")
    draw.add_argument(
        "target", metavar="PATH[::QUALNAME]", help="a file, or a function in it: app.py::Client.fetch"
    )
    draw.add_argument("--format", choices=["text", "mermaid", "json"], default="text")
    return parser


class ShowVersion(argparse.Action):
    """Looks the version up when it is asked for: that takes as long as a small run."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(version_text())
        parser.exit()


def version_text() -> str:
    from flake8_bookmark.about import version

    return f"flake8-bookmark {version() or '(not installed)'}"


def explain(request: argparse.Namespace) -> str:
    from flake8_bookmark.pages import page_text, rule_of
    from flake8_bookmark.report.links import page_link
    from flake8_bookmark.report.screen import wants_colour
    from flake8_bookmark.report.terminal import rendered

    name, _, anchor = request.code.partition("#")
    try:
        code = rule_of(name.upper() if name.upper().startswith("BKM") else name.lower()).code
    except LookupError:
        raise RequestError(f"no rule is called {name}; the rules are\n{rule_list()}") from None
    page = page_text(code)
    short = shortened(page, code, anchor)
    text = rendered(page if request.all else short, shutil.get_terminal_size().columns, wants_colour(sys.stdout))
    return f"{text}\n{page_link(code, anchor, configured().docs_url)}\n"


def shortened(page: str, code: str, anchor: str) -> str:
    """Return the page with its causes only named, or what it says of the one cause at `anchor`.

    The causes can take thousands of lines; in a terminal, a reader wants the lesson, and the one cause at hand.
    An anchor that stands in the lesson, as most rules have one, leads to the lesson.
    """
    from flake8_bookmark.pages import anchor_of

    lesson, heading, causes = page.partition("\n## Causes\n")
    told = dict(re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", causes, re.M | re.S))
    if anchor in told:
        rest = f"`flake8-bookmark explain {code}` prints the page."
        return f"# {code}#{anchor}\n\n{told[anchor].strip()}\n\n{rest}\n"
    sections = [*map(anchor_of, re.findall(r"^### (.+)$", lesson, re.M)), *told]
    if anchor and anchor not in sections:
        raise RequestError(f"{code} has no section {anchor!r}; it has {', '.join(sections) or 'none'}")
    if not heading:
        return page
    more = (
        f"* `flake8-bookmark explain {code}#{next(iter(told))}` prints one of them.\n"
        f"* `flake8-bookmark explain {code} --all` prints them all.\n"
    )
    return f"{lesson}{heading}\n{', '.join(told)}\n\n{more}"


def rule_list() -> str:
    from flake8_bookmark.rules import ALL

    return "\n".join(f"  {rule.code}  {rule.slug}" for rule in ALL)


def draw(request: argparse.Namespace) -> str:
    from flake8_bookmark.check import draw_source

    path, qualname = split_target(request.target)
    text = read_source(path)
    tree = parse(path, text)
    if qualname is not None:
        require_function(path, text, tree, qualname)
    drawing = draw_source(path, text, tree, configured(), qualname, request.format)
    if not drawing:
        raise RequestError(f"{path}: no coroutine and no generator here; draw a plain function as {path}::NAME")
    return drawing if drawing.endswith("\n") else drawing + "\n"


def parse(path: str, text: str) -> ast.Module:
    try:
        return ast.parse(text, filename=path)
    except SyntaxError as error:
        raise RequestError(f"{path}:{error.lineno or 1}: not valid Python: {error.msg}") from error
    except ValueError as error:
        raise RequestError(f"{path}:1: not valid Python: {error}") from error


def require_function(path: str, text: str, tree: ast.Module, qualname: str) -> None:
    from flake8_bookmark.source.module import SourceModule

    names = [function.qualname for function in SourceModule(path, text, tree).functions]
    if qualname not in names:
        known = ", ".join(name for name in dict.fromkeys(names) if name != "<module>") or "none"
        raise RequestError(f"{path} has no function {qualname!r}; it has {known}")


def split_target(target: str) -> tuple[str, str | None]:
    """Return path and qualified name; a file whose own name holds `::` is taken as it stands."""
    path, separator, qualname = target.rpartition("::")
    if not separator or Path(target).exists():
        return target, None
    return path, qualname


def read_source(path: str) -> str:
    """Return the file's text, decoded as Python does: https://peps.python.org/pep-0263/."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except OSError as error:
        raise RequestError(f"{path}: {error.strerror or error}") from error
    except (SyntaxError, ValueError) as error:
        raise RequestError(f"{path}: can't be decoded: {error}") from error


def configured() -> Options:
    return build_options({}, Path.cwd())


ACTIONS = {"explain": explain, "draw": draw}
