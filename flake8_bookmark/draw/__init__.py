"""Pictures of a state machine: for the terminal, for Markdown, and for other programs."""

from flake8_bookmark.draw.as_json import describe, draw_json
from flake8_bookmark.draw.mermaid import draw_mermaid
from flake8_bookmark.draw.text import draw_text

__all__ = ["describe", "draw_json", "draw_mermaid", "draw_text"]
