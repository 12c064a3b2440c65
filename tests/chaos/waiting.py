"""Waiting for something outside this process to become true."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(look: Callable[[], Awaitable[bool]], *, seconds: float, pause: float = 0.3) -> bool:
    """True as soon as it holds, False when it did not within the seconds given."""
    deadline = time.monotonic() + seconds
    while True:
        if await look():
            return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(pause)
