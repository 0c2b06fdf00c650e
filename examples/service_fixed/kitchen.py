"""The kitchen's printer, which speaks trio."""

from __future__ import annotations

import trio


async def cook(stream, log) -> None:
    try:
        with trio.fail_after(60):
            await stream.receive_some()
    finally:
        with trio.move_on_after(5, shield=True):
            await log("kitchen closed")
