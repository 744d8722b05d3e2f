"""A broker that can no longer store is started again.

Once a NATS server could not write, to a full disk for example, it stores nothing more for that
stream until it is started again, however much room there is: what comes at quality 1 is never
acknowledged. What it had not handed on, machines and desk send again, as they hold no receipt.
"""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOM = 32 * 1024 * 1024
"""So many bytes have to be free before it is started again: without them it would end as it was."""
_LOOK_EVERY = 2.0
_LONGEST_PAUSE = 60.0
_log = logging.getLogger(__name__)


async def look_after(
    folder: Path,
    illness: Callable[[], Awaitable[str | None]],
    restart: Callable[[str], Awaitable[None]],
) -> None:
    """Runs until it is cancelled. `illness` is why the broker cannot store, or None; one that stays
    ill is started again more and more seldom.
    """
    pause, told = _LOOK_EVERY, False
    while True:
        await asyncio.sleep(pause)
        why = await illness()
        if why is None:
            pause, told = _LOOK_EVERY, False
        elif shutil.disk_usage(folder).free >= ROOM:
            pause = min(pause * 2, _LONGEST_PAUSE)
            await restart(f"It had stopped storing what machines send: {why}.")
        elif not told:
            told = True
            _log.error("The embedded broker has no room to store what machines send: %s.", why)
