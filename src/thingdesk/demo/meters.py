"""Meters: a reading every few seconds; nobody reads them, nobody is asked."""

import asyncio

from thingdesk.demo.part import Part
from thingdesk.platform import clock

_EVERY = 3.0
_USED = 0.004  # kWh in three seconds: just under five kilowatts


async def play(part: Part) -> None:
    """Report the register, and what the plan wants besides."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_count(part))
        for at, event_id, service, given, _ in part.planned.reports:
            now = part.moment(at).isoformat()
            group.create_task(_later(part, at, event_id, service, {**given, "at": now}))


async def _count(part: Part) -> None:
    total = 1000.0 + part.chance.randint(0, 9000)
    async for _ in part.rounds(_EVERY):
        total = round(total + _USED * part.chance.uniform(0.2, 1), 4)
        reading = {"register": "1.8.0", "kwh": total, "at": clock.now().isoformat()}
        await part.report(None, "meter.reading", reading, None)


async def _later(
    part: Part, at: float, event_id: str | None, service: str, given: dict[str, object]
) -> None:
    await part.until(at)
    await part.report(event_id, service, given, None)
