"""A finding as one line of plain text.

The line is at most `LIMIT` characters: code, message and link. A message has up to four parts,

    users() waits on the network: load (svc.py:30) > requests.get (db.py:14); await httpx.get; and 2 more
    effect                        chain                                       advice           remark

and gives way in the order of what a reader misses least: the middle of the chain, the second choice of the
advice, the advice, the remark, the rest of the chain. The effect and the link stay whole, even where they
alone pass the limit (a link may: a `file://` address has no length that we could choose).
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.finding import Finding
from flake8_bookmark.report.links import page_link

LIMIT = 200
HOP = " > "
GAP = "..."


def line_text(finding: Finding, docs_url: str = "") -> str:
    """Return what flake8 prints behind path, line and column."""
    return linked(finding, page_link(finding.code, finding.anchor, docs_url))


def line_of(finding: Finding, link: str) -> str:
    """Return the whole line as flake8 prints it."""
    return f"{finding.path}:{finding.line}:{finding.column + 1}: {linked(finding, link)}"


def linked(finding: Finding, link: str) -> str:
    room = LIMIT - len(finding.code) - len(link) - 2
    return f"{finding.code} {shortened(printable(finding.message), room)} {link}"


def printable(text: str) -> str:
    """Return `text` on one line, without control characters and without what can't be encoded."""
    encodable = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(char if char.isprintable() else " " for char in encodable).strip()


def shortened(message: str, room: int) -> str:
    """Return the fullest variant of `message` that fits into `room` characters."""
    for variant in variants(message):
        if len(variant) <= room:
            return variant
    return cut(variant, room)


def variants(message: str) -> Iterator[str]:
    """Yield the message, then ever shorter ones."""
    yield message
    effect, colon, rest = message.partition(": ")
    if not colon:
        effect, gap, rest = message.partition("; ")
        rest = gap + rest
    chain, semicolon, rest = rest.partition("; ")
    advice, second_semicolon, remark = rest.partition("; ")
    remark = second_semicolon + remark
    for shorter_chain in shorter_chains(chain):
        yield f"{effect}{colon}{shorter_chain}{semicolon}{advice}{remark}"
    for shorter_advice in shorter_advices(advice):
        yield f"{effect}{colon}{shorter_chain}; {shorter_advice}{remark}"
    yield f"{effect}{colon}{shorter_chain}{remark}"
    yield f"{effect}{colon}{shorter_chain}"
    yield effect


def shorter_chains(chain: str) -> Iterator[str]:
    """Yield the chain with ever more of its middle left out; the first and the last hop stay."""
    hops = chain.split(HOP)
    yield chain
    for kept in range(len(hops) - 2, 0, -1):
        front = (kept + 1) // 2
        back = kept + 1 - front
        yield HOP.join([*hops[:front], GAP, *hops[len(hops) - back :]])


def shorter_advices(advice: str) -> Iterator[str]:
    """Yield the advice with ever fewer alternatives; the best one stands first."""
    choices = advice.split(" or ")
    for kept in range(len(choices) - 1, 0, -1):
        yield " or ".join(choices[:kept])


def cut(text: str, room: int) -> str:
    """Return the beginning of `text`, for the one case that a name in the effect itself is far too long."""
    width = max(room, 60)
    return text if len(text) <= width else text[: width - len(GAP)] + GAP
