"""The process of the machines: `python -m tests.journeys.chaos.fleet`. Each says how it is, breaks
now and then, and breaks again once its case has ended. What it did it writes down as JSON lines.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

from thingdesk.demo.notes import Notes
from thingdesk.demo.orders import Orders
from thingdesk.platform.loops import first_of
from thingdesk_machine import Backoff, Command, Identity, Machine, Options

_FINE, _BAD = 20.0, 120.0
_LONGEST = 150.0
"""Seconds after which a machine no longer waits for the end of its case."""


class Unit:
    """One machine. A `stubborn` one is not mended by anybody."""

    def __init__(
        self, machine: Machine, folder: Path, given: dict[str, Any], orders: Orders
    ) -> None:
        self._machine = machine
        self._id: str = given["id"]
        self._stubborn: bool = given["stubborn"]
        self._chance = Random(f"{given['seed']}-{self._id}")  # noqa: S311 - to be repeated
        self._notes = Notes(folder / "notes" / f"{self._id}.jsonl")
        self._mended = folder / "world" / self._id
        self._playing = orders.playing
        self._broken: str | None = None
        self._ended: list[str] = []
        self._forgotten: set[str] = set()
        self._problems = ["heat", "noise"]
        self._end = asyncio.Event()
        self._over = asyncio.Event()
        self.well = asyncio.Event()
        machine.on_command("stop")(self._stop)

    async def live(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._say())
            group.create_task(self._hear())
            group.create_task(self._break())

    async def through(self) -> None:
        """Return when nothing is broken, nothing more will be said, and all is receipted."""
        await self.well.wait()
        self._over.set()
        await self._machine.drained()

    async def _stop(self, command: Command) -> None:
        self._notes.note("commanded", command=command.id, case=command.case)

    async def _say(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            event = f"{self._id}-s{number}"
            said = {one: self._is(one) for one in ("heat", "noise")}
            await self._machine.signal(said, event_id=event)
            self._notes.note("sent", event=event, topic="signals", **said)
            await first_of(self._over, seconds=self._chance.uniform(0.2, 0.5))

    def _is(self, metric: str) -> float:
        mended = self._mended.exists() and not self._stubborn
        return _BAD if self._broken == metric and not mended else _FINE

    async def _hear(self) -> None:
        async for notice in self._machine.notices():
            self._notes.note("noticed", notice=notice.id, kind=notice.kind, case=notice.case)
            if notice.data.get("outcome") == "refused" and self._broken == "heat":
                # the desk would ask for it again only after minutes
                self._problems = ["noise"]
            if notice.kind == "case.ended" and notice.case and notice.case not in self._forgotten:
                self._ended.append(notice.case)
                self._end.set()

    async def _break(self) -> None:
        number = 0
        while True:
            self.well.set()
            # long enough that what was found before is found to be over
            await first_of(self._over, seconds=self._chance.uniform(3, 5))
            await self._playing.wait()
            self.well.clear()
            number += 1
            self._mended.unlink(missing_ok=True)
            self._ended.clear()
            self._end.clear()
            self._broken = self._chance.choice(self._problems)
            case = await self._report(number) if self._broken == "noise" else None
            await self._until_ended(case)
            self._broken = None

    async def _report(self, number: int) -> str | None:
        """The same problem, in one report or several at once; they all have the same case."""
        what = f"noise-{number}"
        times = self._chance.choice((1, 1, 2, 3))

        async def report(n: int) -> str | None:
            event = f"{self._id}-r{number}-{n}"
            self._notes.note("sent", event=event, topic="reports")
            receipt = await self._machine.report("chaos.quiet", {"what": what}, event_id=event)
            self._notes.note("receipted", event=event, case=receipt.case, problem=what)
            return receipt.case

        answered = await asyncio.gather(*(report(n) for n in range(times)))
        return answered[0]

    async def _until_ended(self, case: str | None) -> None:
        now = asyncio.get_running_loop().time
        until = now() + _LONGEST
        while now() < until and not (case in self._ended or (case is None and self._ended)):
            await first_of(self._end, seconds=until - now())
            self._end.clear()
        if now() >= until:
            self._notes.note("forgotten", case=case, broken=self._broken)
            self._forgotten.update([case] if case else [])


async def main() -> None:
    orders = await Orders.open()
    given = await orders.part()
    folder = Path(given["folder"])
    async with AsyncExitStack() as stack:
        units = []
        for one in given["machines"]:
            machine = Machine(
                identity=Identity.load(folder / "keys" / f"{one['id']}.json"),
                desk=one["desk"],
                queue=folder / "queues" / f"{one['id']}.queue",
                desk_keys=given["desk_keys"],
                options=Options(
                    patience=Backoff(1.0, 5.0),
                    reconnect=Backoff(0.2, 1.0),
                    poll=0.5,
                    mqtt=given["mqtt"],
                ),
            )
            # the handler of commands is registered before the machine begins
            units.append(Unit(machine, folder, one | {"seed": given["seed"]}, orders))
            await stack.enter_async_context(machine)

        async def live() -> None:
            await asyncio.gather(*(one.live() for one in units))

        async def through() -> None:
            await asyncio.gather(*(one.through() for one in units))

        await orders.follow(live(), through)


if __name__ == "__main__":
    asyncio.run(main())
