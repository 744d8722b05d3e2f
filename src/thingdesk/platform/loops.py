"""Work that is done again and again: when the database says so, and from time to time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.metrics import SECONDS, Histogram
from thingdesk.platform.sparing import RepeatedErrors

_log = logging.getLogger(__name__)
_failures = RepeatedErrors(_log)
_PAUSE_AFTER_ERROR = 1.0
_LOOK_EVERY = 0.25
_LAG = Histogram(
    "thingdesk.loop.lag",
    "How late the event loop came to what was due; more than some tenths of a second is too much.",
    unit="s",
    bounds=SECONDS,
)


async def repeat(
    database: Database,
    channel: str,
    act: Callable[[], Awaitable[int]],
    stop: asyncio.Event,
    *,
    every: float,
    wake: asyncio.Event | None = None,
) -> None:
    """Call `act` whenever `channel` is notified or `wake` is set, and at least `every` seconds,
    until `stop`.

    It is called again at once while it says that it found something to do. An error is logged (one
    that lasts once a minute), and the next attempt comes a second later.
    """
    wake = wake or asyncio.Event()
    while not stop.is_set():
        try:
            async with database.listening(channel, wake.set) as deaf:
                await _repeat(act, wake, stop, deaf, every)
        except Exception as error:  # noqa: BLE001 - the next attempt may find it gone
            _failures.tell(f"work on {channel} failed; trying again", error)
            await first_of(stop, seconds=_PAUSE_AFTER_ERROR)


async def _repeat(
    act: Callable[[], Awaitable[int]],
    wake: asyncio.Event,
    stop: asyncio.Event,
    deaf: asyncio.Event,
    every: float,
) -> None:
    while not (stop.is_set() or deaf.is_set()):
        wake.clear()
        if not await act():
            await first_of(wake, stop, deaf, seconds=every)


async def each(
    database: Database, acts: Iterable[Callable[[Transaction], Awaitable[int]]], idle_limit: float
) -> int:
    """Each act once, in a transaction of its own; how much they found to do. One that fails is
    logged, and the others go on.
    """
    found = 0
    for act in acts:
        try:
            async with database.transaction(idle_limit=idle_limit) as tx:
                found += await act(tx)
        except Exception as error:  # noqa: BLE001 - the others must not wait for it
            _failures.tell(f"{act} failed; it is tried again", error)
    return found


async def watch_lag(stop: asyncio.Event) -> None:
    """Record how late the event loop comes to what is due, until `stop`."""
    now = asyncio.get_running_loop().time
    while not stop.is_set():
        due = now() + _LOOK_EVERY
        await asyncio.sleep(_LOOK_EVERY)
        _LAG.record(max(0.0, now() - due))


async def first_of(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of the events is set, or for so many seconds."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
