"""PAGE2"""

from __future__ import annotations

from flake8_bookmark.effects.model import Kind
from flake8_bookmark.finding import Level
from flake8_bookmark.rules.callbacks import callback_calls
from flake8_bookmark.rules.model import Rule

RULE = Rule(
    code="BKM122",
    slug="network-in-callback",
    level=Level.ERROR,
    since="0.1.0",
    check=callback_calls(Kind.NETWORK),
    explanation=__doc__,
)
