"""`python -m flake8_bookmark`: the same as the command `flake8-bookmark`."""

from __future__ import annotations

import sys

from flake8_bookmark.cli import main

if __name__ == "__main__":
    sys.exit(main())
