"""How long a fault waits: to its receipt and open case, at half of the highest rate that this path
sustains; to its appointment or the owner's question, or to the tow truck that is sent and what the
owner is told, at half of the highest rate that journeys sustain.
"""

import asyncio
import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import uvloop

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.harness import Running, a_desk, machine, ride
from tests.hand import HERE
from tests.parties.making import Signing

from thingdesk import parties
from thingdesk.parties import NewProvider

MACHINES = 200
SECONDS = 10
MENDED = 0x300
"""The first of the codes that the centres have parts for."""
CODES = 16
"""So many of them in a row; a machine has a problem of each, once."""
BREAKDOWN = "vehicle.breakdown"
IDLE = 20.0
"""Reports a second of a desk that is all but idle."""
_DUE = """
select exists (select from durable_run where state = 'active' and wake_at <= now())
    or exists (select from notice where state = 'open' and attempts = 0 and again_at <= now())
"""
_DECIDED = """
select extract(epoch from min(e.at) - c.at) as took from timeline_event c
join timeline_event e on e.stream = c.stream and e.kind in ('job.offered', 'decision.asked')
where c.seq = 1 and c.at > $1 and c.kind = 'case.opened' group by c.stream, c.at
"""
_TOLD = """
select n.id, c.opened_at from notice n join desk_case c on c.id = n.case_id
where c.opened_at > $1 and n.channel = 'mail' and n.attempts > 0
"""
"""Questions of one owner are put together for some minutes: the first of them counts."""


def words(name: str, told: dict[str, Any]) -> str:
    return f"{name:44} median {told['median'] * 1000:6.0f} ms   p99 {told['p99'] * 1000:6.0f} ms"


async def highest(running: Running, **more: Any) -> float:
    told = await ride(running.plan("mqtt", count=20, window=4, **more))
    return float(told["receipted"] / told["seconds"])


async def at_rate(running: Running, rate: float, first: int, **more: Any) -> dict[str, Any]:
    plan = running.plan("mqtt", rate=rate, first=first, window=1000, **more)
    return await ride(replace(plan, count=max(1, int(rate * SECONDS / len(plan.machines)))))


async def receipts() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with a_desk(Path(folder), MACHINES, roles="web,ingest") as running:
            print(words("report to receipt, idle", await at_rate(running, IDLE, 0)), flush=True)
            most = await highest(running, first=1_000)
            told = await at_rate(running, most / 2, 2_000)
            name = f"report to receipt and case, at {most / 2:.0f}/s"
            print(words(name, told), flush=True)


async def repairs() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with a_desk(Path(folder), 2 * MACHINES) as running:
            first, second = running.machines[:MACHINES], running.machines[MACHINES:]
            most = await sustained(running, first, count=10, first=MENDED)
            since = await now(running)
            # a machine has few problems that are mended: as many machines as it takes
            each = max(1, int(most / 2 * SECONDS / MACHINES))
            assert each <= CODES, "too few machines for this rate"
            await at_rate(running, most / 2, MENDED, machines=second)
            await settled(running, since)
            at = f"at {most / 2:.0f}/s"
            print(
                words(f"case to its appointment or question, {at}", await decided(running, since))
            )
            print(words(f"case to the mail about it, {at}", await told(running, since)), flush=True)


async def breakdowns() -> None:
    """One of each machine: a second truck would need a yes."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_desk(Path(folder), 4 * MACHINES) as running:
            await tow_truck(running)
            first, second = running.machines[: 2 * MACHINES], running.machines[2 * MACHINES :]
            most = await sustained(running, first, count=1, service=BREAKDOWN)
            since = await now(running)
            plan = running.plan("mqtt", machines=second, service=BREAKDOWN, rate=most / 2, count=1)
            await ride(plan)
            await settled(running, since)
            at = f"at {most / 2:.0f}/s"
            print(words(f"breakdown to the tow truck, {at}", await decided(running, since)))
            print(words(f"breakdown to the mails about it, {at}", await told(running, since)))


async def tow_truck(running: Running) -> None:
    async with running.database.transaction() as tx:
        await parties.register_provider(
            tx,
            NewProvider(
                "Road assistance",
                ("tow_truck",),
                (),
                HERE,
                capacity=9999,
                email="road@example.org",
            ),
        )


async def sustained(running: Running, fleet: list[Signing], *, count: int, **more: Any) -> float:
    """Journeys a second to their first wait, with all that is told of them, while the reports for
    them still come in.
    """
    began = await now(running)
    await ride(running.plan("mqtt", machines=fleet, count=count, window=2, **more))
    await settled(running, began)
    ended = await now(running)
    return len(fleet) * count / (ended - began).total_seconds()


async def settled(running: Running, since: datetime) -> None:
    """Returns when no journey is due, nobody is to be told anything, and all mails are written
    that were begun.
    """
    while True:
        async with running.database.transaction() as tx:
            due = await tx.fetchval(_DUE)
            begun = await tx.fetch(_TOLD, since)
        if not due and all((mails(running) / f"{one['id']}.eml").exists() for one in begun):
            return
        await asyncio.sleep(0.05)


def mails(running: Running) -> Path:
    return running.desk.folder / "mail"


async def now(running: Running) -> datetime:
    async with running.database.transaction() as tx:
        found: datetime = await tx.fetchval("select clock_timestamp()")
    return found


async def decided(running: Running, since: datetime) -> dict[str, Any]:
    async with running.database.transaction() as tx:
        return among([float(one["took"]) for one in await tx.fetch(_DECIDED, since)])


async def told(running: Running, since: datetime) -> dict[str, Any]:
    """How long until the mail to the owner, or to the centre, was in the folder of mails."""
    async with running.database.transaction() as tx:
        notices = await tx.fetch(_TOLD, since)
    files = [mails(running) / f"{one['id']}.eml" for one in notices]
    return among(
        [
            file.stat().st_mtime - one["opened_at"].timestamp()
            for file, one in zip(files, notices, strict=True)
        ]
    )


def among(took: list[float]) -> dict[str, Any]:
    took.sort()
    return {"median": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}


async def main() -> None:
    print(machine())
    await receipts()
    await repairs()
    await breakdowns()


if __name__ == "__main__":
    uvloop.run(main())
