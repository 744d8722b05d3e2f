"""What makes room for the coming days, lets go of what nobody needs any more, in steps, and signs
what has happened.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from thingdesk import (
    access,
    cases,
    contact,
    decisions,
    diagnosis,
    dialogue,
    hooks,
    journeys,
    notices,
    parties,
    signals,
    timeline,
)
from thingdesk.platform import durable
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.kept import LettingGo
from thingdesk.platform.loops import each
from thingdesk.platform.metrics import Gauge

CHECKPOINT_EVERY = timedelta(minutes=1)
_SEAL_WITHIN = 3.0
_OVERDUE = Gauge(
    "thingdesk.kept.overdue",
    "For about how long rows of a table should have been let go that are there still.",
    "table",
    unit="s",
    of_desk=True,
)
_log = logging.getLogger(__name__)

Act = Callable[[Transaction], Awaitable[int]]


def letting_go(signals_kept: timedelta) -> tuple[LettingGo, ...]:
    """All that does not stay for ever, each with the time for which it is kept."""
    return (
        signals.Days(signals_kept),
        signals.outside(signals_kept),
        diagnosis.cleared_findings(signals_kept),
        *signals.KEPT,
        *cases.KEPT,
        *notices.KEPT,
        *hooks.KEPT,
        *decisions.KEPT,
        *contact.KEPT,
        *journeys.KEPT,
        *access.KEPT,
        *parties.KEPT,
        *dialogue.KEPT,
        *durable.KEPT,
    )


class Upkeep:
    """Room for the coming days, and what has to go."""

    def __init__(self, database: Database, signals_kept: timedelta, idle_limit: float) -> None:
        going = (one.let_go for one in letting_go(signals_kept))
        self._acts: tuple[Act, ...] = (signals.make_room, durable.forget_unheard, *going)
        self._left: list[Act] = []
        self._database, self._idle_limit = database, idle_limit

    async def once(self) -> int:
        """A step of each act that found something to do at the last time, or else of all; how many
        found something now.
        """
        acts = self._left or list(self._acts)
        self._left = [act for act in acts if await each(self._database, [act], self._idle_limit)]
        return len(self._left)


async def overdue(tx: Transaction, signals_kept: timedelta) -> dict[str, timedelta]:
    """By table, for about how long something should have gone that is there still."""
    found = {one.table: await one.overdue(tx) for one in letting_go(signals_kept)}
    return {table: since for table, since in found.items() if since}


async def measure(tx: Transaction, signals_kept: timedelta) -> None:
    """Say how far letting go is behind."""
    late = await overdue(tx, signals_kept)
    tables = [one.table for one in letting_go(signals_kept)]
    _OVERDUE.set({one: late.get(one, timedelta()).total_seconds() for one in tables})


async def make_checkpoint(tx: Transaction, every: timedelta = CHECKPOINT_EVERY) -> int:
    """Sign how far the timeline is, if it has changed and the newest checkpoint is old enough; one
    takes so many streams at most, and it says how many it took.
    """
    key = await parties.desk_key(tx)
    return await timeline.checkpoint(tx, key.sign, every)


async def make_checkpoints(database: Database) -> None:
    """Sign all that has changed until now."""
    taken = timeline.MOST
    while taken == timeline.MOST:
        async with database.transaction() as tx:
            taken = await make_checkpoint(tx, timedelta())


async def seal(database: Database) -> None:
    """The same when a process stops, which nothing must hold up."""
    try:
        async with asyncio.timeout(_SEAL_WITHIN):
            await make_checkpoints(database)
    except Exception as error:  # noqa: BLE001 - the next start makes it
        _log.warning("what happened last is not signed yet: %s", type(error).__name__)
