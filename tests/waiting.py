"""Waiting for what another process does: the only place in the tests that sleeps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T]], *, within: float = 60.0) -> T:
    """What `look` returns as soon as that is true; it is asked again until then.

    For what cannot be awaited: rows that another process writes, a port that it opens. Whatever
    runs in this process sets an event, which is awaited instead.
    """
    end = time.monotonic() + within
    while not (found := await look()):
        if time.monotonic() > end:
            raise TimeoutError(f"still {found!r} after {within} s: {look!r}")
        await asyncio.sleep(0.02)
    return found
