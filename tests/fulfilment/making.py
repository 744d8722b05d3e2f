"""What the tests of fulfilment begin with: providers, offers, and what a journey heard."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from tests.waiting import until

from thingdesk import parties
from thingdesk.fulfilment import Command, JobOffer, effects
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.money import Money
from thingdesk.timeline import read

T = TypeVar("T")
BERLIN = parties.Position(52.52, 13.405)
HOOK = "https://provider.example/jobs"


async def make_provider(database: Database, **changes: Any) -> parties.Provider:
    new = parties.NewProvider(
        name=f"Provider {ids.new()}",
        kinds=("tow_truck",),
        skills=("engine",),
        position=BERLIN,
        email="jobs@example.org",
    )
    async with database.transaction() as tx:
        return await parties.register_provider(tx, replace(new, **changes))


def make_offer(provider: UUID, **changes: Any) -> JobOffer:
    offer = JobOffer(
        effect_id=ids.new(),
        run_id=ids.new(),
        case_id=ids.new(),
        machine="car-1",
        provider=provider,
        task="tow",
        words="Tow the car to the nearest repair centre",
        answer_by=clock.now() + timedelta(minutes=5),
        position=BERLIN,
        part="P0301-coil",
        amount=Money(9_900, "EUR"),
        details={"model": "T1", "finding": ["P0301"]},
    )
    return replace(offer, **changes)


async def offered(database: Database, **changes: Any) -> JobOffer:
    """A job that was offered to a provider with a webhook."""
    provider = await make_provider(database, webhook_url=HOOK)
    offer = make_offer(provider.id, **changes)
    async with database.transaction() as tx:
        await effects.offer_job(tx, offer)
    return offer


def make_command(**changes: Any) -> Command:
    command = Command(
        effect_id=ids.new(),
        run_id=ids.new(),
        case_id=ids.new(),
        machine=f"press-{ids.new()}",
        name="restart",
        expires=clock.now() + timedelta(minutes=10),
        arguments={"delay": 5},
        preconditions={"speed": {"max": 0}},
    )
    return replace(command, **changes)


async def at_once(database: Database, *actions: Awaitable[T]) -> list[T]:
    """The results of actions that really happen at the same time.

    The pool connects when it must, which takes longer than an action: without being warm it would
    do one after the other.
    """
    together = asyncio.Barrier(10)

    async def hold() -> None:
        async with database.transaction() as tx:
            await tx.fetchval("select 1")
            await together.wait()

    await asyncio.gather(*(hold() for _ in range(10)))
    return list(await asyncio.gather(*actions))


async def overlapping(
    database: Database,
    first: Callable[[Transaction], Awaitable[object]],
    second: Callable[[Transaction], Awaitable[T]],
) -> T:
    """What `second` comes to when `first` is done in a transaction that is still open.

    The first transaction commits when the second one waits for it, or is through without waiting.
    """
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def follow() -> T:
        async with database.transaction() as tx:
            begun.set_result(await tx.fetchval("select pg_backend_pid()"))
            return await second(tx)

    async def stands() -> bool:
        async with database.transaction() as tx:
            waits = "select wait_event_type = 'Lock' from pg_stat_activity where pid = $1"
            return task.done() or bool(await tx.fetchval(waits, await begun))

    async with database.transaction() as tx:
        await first(tx)
        await tx.flush()
        task = asyncio.create_task(follow())
        await until(stands)
    return await task


async def heard(database: Database, run_id: UUID) -> Mapping[str, Any]:
    """The messages that a run was sent, by key."""
    async with database.transaction() as tx:
        rows = await tx.fetch("select key, value from durable_message where run_id = $1", run_id)
        return {row["key"]: row["value"] for row in rows}


async def happened(database: Database, case_id: UUID) -> list[str]:
    """The kinds of the events on the timeline of a case, but what was told of them."""
    async with database.transaction() as tx:
        kinds = [entry.kind for entry in await read(tx, f"case:{case_id}")]
    return [kind for kind in kinds if not kind.startswith("notice.")]
