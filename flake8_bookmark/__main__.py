"""The command `flake8-bookmark`, also as `python -m flake8_bookmark`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command; Ctrl-C may come before it is even imported."""
    try:
        from flake8_bookmark.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("flake8-bookmark: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
