"""How long a fault waits: to its receipt and open case, at half of the highest rate that this path
sustains; to its appointment or the owner's question, at half of the highest rate that journeys
sustain.
"""

import asyncio
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import uvloop

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.harness import Running, a_desk, machine, ride

MACHINES = 200
SECONDS = 10
MENDED = 0x300
"""The first of the codes that the centres have parts for."""
IDLE = 20.0
"""Reports a second of a desk that is all but idle."""
_DECIDED = ["job.offered", "appointment.booked", "decision.asked"]
_WAITS = """
select extract(epoch from e.at - c.at) as took from timeline_event e
join timeline_event c on c.stream = e.stream and c.seq = 1
where e.kind = any($1) and c.at > $2
"""


def words(name: str, told: dict[str, Any]) -> str:
    return f"{name:44} median {told['median'] * 1000:6.0f} ms   p99 {told['p99'] * 1000:6.0f} ms"


async def highest(running: Running, **more: Any) -> float:
    told = await ride(running.plan("mqtt", count=20, window=4, **more))
    return float(told["receipted"] / told["seconds"])


async def at_rate(running: Running, rate: float, first: int, **more: Any) -> dict[str, Any]:
    count = max(1, int(rate * SECONDS / MACHINES))
    plan = running.plan("mqtt", count=count, rate=rate, first=first, window=1000, **more)
    return await ride(plan)


async def receipts() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with a_desk(Path(folder), MACHINES, roles="web,ingest") as running:
            print(words("report to receipt, idle", await at_rate(running, IDLE, 0)), flush=True)
            most = await highest(running, first=1_000)
            told = await at_rate(running, most / 2, 2_000)
            name = f"report to receipt and case, at {most / 2:.0f}/s"
            print(words(name, told), flush=True)


async def journeys() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with a_desk(Path(folder), MACHINES) as running:
            most = await sustained(running)
            since = await now(running)
            await at_rate(running, most / 2, MENDED + 50)
            await settled(running)
            told = await waits(running, _DECIDED, since)
            print(words(f"case to its appointment or question, at {most / 2:.0f}/s", told))


async def sustained(running: Running) -> float:
    """Journeys a second to their first wait, while the reports for them still come in."""
    began = await now(running)
    count = 10
    await ride(running.plan("mqtt", count=count, window=2, first=MENDED))
    await settled(running)
    ended = await now(running)
    return MACHINES * count / (ended - began).total_seconds()


async def settled(running: Running) -> None:
    """Returns when no journey is due."""
    while True:
        async with running.database.transaction() as tx:
            due = await tx.fetchval(
                "select count(*) from durable_run where state = 'active' and wake_at <= now()"
            )
        if not due:
            return
        await asyncio.sleep(0.05)


async def now(running: Running) -> datetime:
    async with running.database.transaction() as tx:
        found: datetime = await tx.fetchval("select clock_timestamp()")
    return found


async def waits(running: Running, kinds: list[str], since: datetime) -> dict[str, Any]:
    async with running.database.transaction() as tx:
        rows = await tx.fetch(_WAITS, kinds, since)
    took = sorted(float(one["took"]) for one in rows)
    if not took:
        raise RuntimeError(f"nothing of {kinds} on the timeline")
    return {"median": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}


async def main() -> None:
    print(machine())
    await receipts()
    await journeys()


if __name__ == "__main__":
    uvloop.run(main())
