"""What the reader's screen shows: styles, colour and links."""

from __future__ import annotations

import os
from typing import TextIO

BOLD, UNDERLINED, CODE, PLAIN = "\x1b[1m", "\x1b[4m", "\x1b[36m", "\x1b[0m"
RED, YELLOW, DIM = "\x1b[31m", "\x1b[33m", "\x1b[2m"
LINKING_PROGRAMS = frozenset({"iTerm.app", "vscode", "Hyper", "WezTerm", "ghostty", "WarpTerminal"})
FIRST_LINKING_VTE = 5000


def wants_colour(stream: TextIO) -> bool:
    """Follow https://no-color.org and https://force-color.org, then whether a person is looking."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_links(stream: TextIO) -> bool:
    """Tell whether the terminal shows OSC 8 links. There is no way to ask; these are known to say who they are.

    https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda, and FORCE_HYPERLINK as
    https://github.com/chalk/supports-hyperlinks has it.
    """
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        return False
    known = ("KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "DOMTERM", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR")
    vte = os.environ.get("VTE_VERSION", "")
    return (
        any(os.environ.get(name) for name in known)
        or os.environ.get("TERM_PROGRAM") in LINKING_PROGRAMS
        or (vte.isdecimal() and int(vte) >= FIRST_LINKING_VTE)
    )


def link(address: str, text: str) -> str:
    """Return `text` as an OSC 8 link."""
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"
