"""Looking for silence goes round all machines, a page at a time."""

import asyncio
from datetime import timedelta

from thingdesk import diagnosis, parties, signals
from thingdesk.diagnosis import Finding, Silence
from thingdesk.parties import NewMachine
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.signals import Signal

MINUTE = timedelta(minutes=1)


def _asks(finding: Finding) -> dict[str, float]:
    return {"value": finding.evidence.value}


QUIET = Silence(name="quiet", model="press", service="s", asks=_asks, after=3, steady=1)


async def looks(database: Database, most: int) -> tuple[list[str], list[str]]:
    """What opened and what cleared at one look."""
    async with database.transaction() as tx:
        step = await diagnosis.check_silence(tx, [QUIET], most)
    return [one.machine for one in step.opened], [one.machine for one in step.cleared]


async def heard(database: Database, worker: object, *names: str) -> None:
    async with database.transaction() as tx:
        await signals.beat(tx, worker)  # type: ignore[arg-type]
        await signals.take(
            tx, [Signal(name, str(ids.new()), b"", clock.now(), {"t": 1}) for name in names]
        )


async def test_a_whole_fleet_falls_silent_and_is_heard_again_page_by_page(
    database: Database,
) -> None:
    fleet = [f"m{n:02}" for n in range(25)]
    async with database.transaction() as tx:
        new = [NewMachine(one, "press", "press", expected_interval=MINUTE) for one in fleet]
        await parties.register(tx, new)
    worker, turnable = ids.new(), clock.Turnable()
    with clock.reading(turnable):
        for _ in range(50):
            turnable.turn(MINUTE / 10)
            await heard(database, worker)
            async with database.transaction() as tx:
                for one in fleet:
                    parties.said(tx, one)  # an acknowledgement, and no signal
        pages = [await looks(database, 10) for _ in range(4)]
        assert [opened for opened, _ in pages] == [fleet[:10], fleet[10:20], fleet[20:], []]
        assert await looks(database, 10) == ([], []), "each has its finding already"
        assert await looks(database, 1000) == ([], []), "from the last page on to the first"
        cleared: list[str] = []
        for _ in range(3):
            for _ in range(10):
                turnable.turn(MINUTE / 10)
                await heard(database, worker)
            await heard(database, worker, *fleet)
            for _ in range(3):
                cleared += (await looks(database, 2))[1]
        assert cleared == fleet


async def test_two_workers_do_not_look_at_the_same_machines(database: Database) -> None:
    async with database.transaction() as tx:
        await diagnosis.check_silence(tx, [QUIET], 2)
        busy = await asyncio.wait_for(looks(database, 2), 5)
        assert busy == ([], [])


async def test_a_signal_that_came_soon_after_another_counts_too(database: Database) -> None:
    async with database.transaction() as tx:
        new = NewMachine("quick", "press", "press", expected_interval=MINUTE)
        await parties.register(tx, [new])
    worker, turnable = ids.new(), clock.Turnable()
    with clock.reading(turnable):
        await heard(database, worker, "quick")
        turnable.turn(MINUTE / 24)  # too soon to be noted
        await heard(database, worker, "quick")
        for _ in range(30):
            turnable.turn(MINUTE * 2.98 / 30)
            await heard(database, worker)
        assert await looks(database, 10) == ([], []), "it has missed two"
        turnable.turn(MINUTE / 10)
        await heard(database, worker)
        assert await looks(database, 10) == (["quick"], [])
