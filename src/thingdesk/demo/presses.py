"""Presses: one that comes back after half a day without network tells what it kept."""

from datetime import timedelta

from thingdesk.demo.part import Part
from thingdesk.platform import clock

_EVERY = 1.0
_COLD, _WARM = 55.0, 88.0
_AWAY, _STEP = timedelta(hours=13), timedelta(minutes=10)


async def play(part: Part) -> None:
    """Send the temperature."""
    if part.fault is not None:
        await _come_back(part, part.fault.at)
    async for _ in part.rounds(_EVERY):
        level = _COLD if part.is_broken() else _WARM
        await part.machine.signal({"temperature": round(level + part.chance.uniform(-3, 3), 2)})


async def _come_back(part: Part, at: float) -> None:
    """What was measured while there was no network is in the queue, with its own times."""
    measured = clock.now() - _AWAY
    while measured < clock.now() - _STEP:
        value = round(_COLD + part.chance.uniform(-3, 3), 2)
        await part.machine.signal({"temperature": value}, at=measured)
        measured += _STEP
    await part.until(at)
    part.note_fault()
    if part.network is not None:
        part.network.become("on")
