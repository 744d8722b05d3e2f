"""The process of some machines: `python -m thingdesk.demo.machines`."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from thingdesk.demo import assistants, cars, meters, presses
from thingdesk.demo.network import reaching
from thingdesk.demo.notes import Notes
from thingdesk.demo.orders import Orders
from thingdesk.demo.part import Part
from thingdesk.demo.plan import Fault, from_data
from thingdesk.demo.plan import Machine as Planned
from thingdesk.demo.world import World
from thingdesk_machine import Backoff, Identity, Machine, Options

_PLAYS = {
    "car": cars.play,
    "press": presses.play,
    "meter": meters.play,
    "assistant": assistants.play,
}
_KEPT = 400
"""Ended events that stay in a machine's ledger: those of some minutes, however long it goes on."""
_OPTIONS = Options(
    patience=Backoff(3.0, 10.0),
    reconnect=Backoff(0.3, 2.0),
    mqtt="3.1.1",
    poll=1.0,
    ledger=_KEPT,
)


async def main() -> None:
    orders = await Orders.open()
    given = await orders.part()
    async with AsyncExitStack() as stack:
        parts = [await _enter(stack, given, data, orders) for data in given["machines"]]

        async def play() -> None:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(_PLAYS[part.planned.kind](part))
                    group.create_task(part.listen())
                    group.create_task(part.roam())

        async def drained() -> None:
            await asyncio.gather(*(part.machine.drained() for part in parts))

        def hear(news: dict[str, Any]) -> None:
            broken = next(one for one in parts if one.planned.id == news["machine"])
            broken.break_again(Fault(**news["fault"]))

        await orders.follow(play(), drained, hear)


async def _enter(
    stack: AsyncExitStack, given: dict[str, Any], data: dict[str, Any], orders: Orders
) -> Part:
    planned = from_data(data)
    folder = Path(given["folder"])
    desk, network = given["broker"], None
    if planned.over_http:
        desk = given["http"]
    elif planned.network or _is_silent_before(planned):
        there = urlsplit(desk)
        network = await stack.enter_async_context(
            reaching(there.hostname or "localhost", there.port or 1883)
        )
        desk = f"mqtt://127.0.0.1:{network.port}"
    machine = Machine(
        identity=Identity.load(folder / "keys" / f"{planned.id}.json"),
        desk=desk,
        queue=folder / "queues" / f"{planned.id}.queue",
        desk_keys=given["desk_keys"],
        options=_OPTIONS,
    )
    notes = Notes(folder / "notes" / f"{planned.id}.jsonl")
    if network is not None and _is_silent_before(planned):
        network.become("off")
    await stack.enter_async_context(machine)
    begin = datetime.fromisoformat(given["begin"])
    world = World(folder / "world")
    return Part(planned, machine, begin, world, notes, orders.playing, network)


def _is_silent_before(planned: Planned) -> bool:
    """A press that was cold for long had no network for as long."""
    return planned.fault is not None and planned.fault.how == "cold"


if __name__ == "__main__":
    asyncio.run(main())
