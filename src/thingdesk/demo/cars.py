"""Cars: they drive through the city, and read their trouble codes."""

import asyncio

from thingdesk.demo.part import Part

_EVERY = 1.0
_HOT, _WARM = 121.0, 91.0
_STEP = 0.0004  # degrees


async def play(part: Part) -> None:
    """Send what is measured; what the car reports by itself goes beside it."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_drive(part))
        group.create_task(part.make_reports())
        if part.fault is not None and part.fault.how == "told":
            group.create_task(_tell(part, part.fault.at, part.fault.code or ""))


async def _drive(part: Part) -> None:
    latitude, longitude = part.planned.position
    async for _ in part.rounds(_EVERY):
        fault = part.fault if part.is_broken() else None
        stands = fault is not None and part.told_to_stop
        if not stands:
            latitude += part.chance.uniform(-_STEP, _STEP)
            longitude += part.chance.uniform(-_STEP, _STEP)
        is_hot = fault is not None and fault.how == "hot"
        values = {
            "speed": 0.0 if stands else round(part.chance.uniform(30, 55), 1),
            "engine_coolant_temperature": (_HOT if is_hot else _WARM) + part.chance.randint(-2, 2),
        }
        codes = [fault.code] if fault is not None and fault.code and not is_hot else []
        position = round(latitude, 6), round(longitude, 6)
        await part.machine.signal(values, codes=codes, position=position)


async def _tell(part: Part, at: float, code: str) -> None:
    await part.until(at)
    part.note_fault()
    await part.report(None, "vehicle.repair", {"code": code}, None)
