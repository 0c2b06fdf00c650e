"""A Markdown page as text for a terminal.

Only the Markdown that our own pages use: headings, paragraphs, lists, tables, fenced blocks, and inline code,
emphasis and links. Paragraphs are filled to the width; a Mermaid block is left out, because the text drawing
stands beside it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from flake8_bookmark.report.screen import BOLD, CODE, PLAIN, UNDERLINED

WIDEST = 100
# One pattern, so that stars inside code are code.
INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\*(?P<emphasis>[^*\s][^*`]*)\*")
LINK = re.compile(r"\[([^]]+)\]\(([^)\s]+)\)")
ADDRESS = re.compile(r"<(https?://[^>\s]+)>")
TABLE_ROW = re.compile(r"\|")
LIST_ITEM = re.compile(r"(\s*)([-*]|\d+\.)\s+")
# A line that begins one of these ends the paragraph before it.
BLOCK_START = re.compile(r"#{1,6} |```|\||\s*([-*]|\d+\.)\s")


def rendered(markdown: str, width: int, colour: bool) -> str:
    """Return the page, each line at most `width` characters where the text can be filled."""
    page = Page(min(width, WIDEST), colour)
    blocks = [page.block(block) for block in blocks_of(markdown.splitlines())]
    return "\n\n".join(block for block in blocks if block) + "\n"


def blocks_of(lines: list[str]) -> Iterator[list[str]]:
    """Yield fenced blocks with their fences, headings, tables, lists and paragraphs."""
    block: list[str] = []
    in_fence = False
    for line in lines:
        if in_fence:
            block.append(line)
            in_fence = not line.startswith("```")
            if not in_fence:
                yield block
                block = []
            continue
        if block and (not line.strip() or (BLOCK_START.match(line) and not continues(block, line))):
            yield block
            block = []
        if line.strip():
            block.append(line)
        in_fence = line.startswith("```")
    if block:
        yield block


def continues(block: list[str], line: str) -> bool:
    """Say whether a row of a table, or an item of a list, follows one of its kind."""
    return any(start.match(block[0]) and start.match(line) for start in (TABLE_ROW, LIST_ITEM))


class Page(NamedTuple):
    """How one page is written: its width, and whether styles are allowed."""

    width: int
    colour: bool

    def styled(self, style: str, text: str) -> str:
        return f"{style}{text}{PLAIN}" if self.colour else text

    def block(self, lines: list[str]) -> str:
        first = lines[0]
        if first.startswith("```"):
            return "" if first.startswith("```mermaid") else self.fenced(lines[1:-1])
        if first.startswith("#"):
            return self.heading(first)
        if first.startswith("|"):
            return "\n".join(self.inline(line) for line in lines)
        return "\n".join(self.filled(item) for item in items_of(lines))

    def fenced(self, lines: list[str]) -> str:
        return "\n".join(f"    {self.styled(CODE, line)}" if line.strip() else "" for line in lines)

    def heading(self, line: str) -> str:
        marks, _, text = line.partition(" ")
        text = self.unlinked(text)
        if self.colour:
            return self.styled(BOLD + UNDERLINED if len(marks) == 1 else BOLD, text.replace("`", ""))
        return text + "\n" + "=" * len(text) if len(marks) == 1 else text.upper() if len(marks) == 2 else text

    def filled(self, lines: list[str]) -> str:
        item = LIST_ITEM.match(lines[0])
        hanging = " " * item.end() if item else ""
        text = " ".join([lines[0].rstrip(), *(line.strip() for line in lines[1:])])
        filled = textwrap.fill(
            self.unlinked(text),
            self.width,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return self.inline(filled)

    def unlinked(self, text: str) -> str:
        """Write links out, before lines are measured."""
        return ADDRESS.sub(r"\1", LINK.sub(spelled_out, text))

    def inline(self, text: str) -> str:
        return INLINE.sub(self.styled_inline, text)

    def styled_inline(self, match: re.Match[str]) -> str:
        if match["code"] is None:
            return self.styled(BOLD, match["strong"] or match["emphasis"])
        # Without colour the backticks say where code begins and ends.
        return self.styled(CODE, match["code"]) if self.colour else match[0]


def spelled_out(link: re.Match[str]) -> str:
    return link[2] if link[1] == link[2] else f"{link[1]} ({link[2]})"


def items_of(lines: list[str]) -> list[list[str]]:
    """Return a list's items with their further lines; a paragraph is one item."""
    items: list[list[str]] = []
    for line in lines:
        if not items or LIST_ITEM.match(line):
            items.append([])
        items[-1].append(line)
    return items
