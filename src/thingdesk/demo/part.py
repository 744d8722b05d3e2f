"""What all machines of the demo have in common: when things happen to them, and what they hear."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from thingdesk.demo.network import Network
from thingdesk.demo.notes import Notes
from thingdesk.demo.plan import Fault
from thingdesk.demo.plan import Machine as Planned
from thingdesk.demo.world import World
from thingdesk.platform import clock
from thingdesk_machine import Machine, Refused


@dataclass
class Part:
    """One machine on the stage."""

    planned: Planned
    machine: Machine
    begin: datetime
    world: World
    notes: Notes
    playing: asyncio.Event
    network: Network | None
    chance: Random = field(init=False)
    told_to_stop: bool = False
    fault: Fault | None = field(init=False)
    _noted: bool = False

    def __post_init__(self) -> None:
        self.chance = Random(self.planned.id)  # noqa: S311 - the same at every run
        self.fault = self.planned.fault

    def break_again(self, fault: Fault) -> None:
        """What was mended is broken in another way."""
        self.world.damage(self.planned.id)
        self.fault, self.told_to_stop, self._noted = fault, False, False

    def is_broken(self) -> bool:
        """Whether its fault is there now; it notes when that begins, and when it is mended."""
        fault = self.fault
        if fault is None or clock.now() < self.moment(fault.at):
            return False
        self.note_fault()
        return not self.world.is_mended(self.planned.id)

    def note_fault(self) -> None:
        """The fault can be noticed from now on."""
        if not self._noted:
            self._noted = True
            self.notes.note("fault", words=self.fault.words if self.fault else "")

    def moment(self, at: float) -> datetime:
        """A second of the play."""
        return self.begin + timedelta(seconds=at)

    async def until(self, at: float) -> None:
        """Return at that second of the play."""
        await asyncio.sleep(max(0.0, (self.moment(at) - clock.now()).total_seconds()))

    async def rounds(self, every: float) -> AsyncIterator[None]:
        """A round every so many seconds, while the play goes on."""
        await self.until(0)
        await asyncio.sleep(self.chance.uniform(0, every))
        while True:
            await self.playing.wait()
            yield
            await asyncio.sleep(every)

    async def report(
        self, event_id: str | None, service: str, given: dict[str, Any], subject: str | None
    ) -> None:
        """Report until the desk has it, or says why it will not."""
        try:
            await self.machine.report(service, given, event_id=event_id, subject=subject)
        except Refused as refused:
            self.notes.note("refused", event=event_id, reason=refused.refusal.reason)

    async def make_reports(self) -> None:
        """The reports of the plan."""
        async with asyncio.TaskGroup() as group:
            for at, event_id, service, given, subject in self.planned.reports:
                await self.until(at)
                if self.fault is not None and subject is None:
                    self.note_fault()
                group.create_task(self.report(event_id, service, dict(given), subject))

    async def listen(self) -> None:
        """Hear what the desk says; a car that is told to stop does."""
        async for notice in self.machine.notices():
            if notice.data.get("stop"):
                self.told_to_stop = True

    async def roam(self) -> None:
        """Go where there is network, and where there is none."""
        for at, band in self.planned.network:
            await self.until(at)
            if self.network is not None:
                self.network.become(band)
