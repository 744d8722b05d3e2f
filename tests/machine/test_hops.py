"""Through how many hands it went: said of what goes up, known of what comes down."""

import asyncio
from typing import Any

import pytest
from tests.machine.conftest import Site
from tests.machine.desk import results

from thingdesk_machine import Command, DifferentContent, NotSendable


async def test_a_report_says_it_and_its_receipt_what_to_pass_on(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        first = await machine.report("vehicle.repair", {}, event_id="r1", hops=3)
        plain = await machine.report("vehicle.repair", {}, event_id="r2")
        assert (first.hops, plain.hops) == (4, 1)
        with pytest.raises(DifferentContent):
            await machine.report("vehicle.repair", {}, event_id="r1", hops=4)
    assert site.desk.stored["car-1", "r1"]["hops"] == 3
    assert "hops" not in site.desk.stored["car-1", "r2"]
    async with asyncio.timeout(60), site.machine() as machine:
        assert await machine.report("vehicle.repair", {}, event_id="r1", hops=3) == first


@pytest.mark.parametrize("hops", [-1, 1.0, "1", True])
async def test_what_is_no_number_of_hands_is_not_queued(site: Site, hops: Any) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        with pytest.raises(NotSendable, match="hops"):
            await machine.report("vehicle.repair", {}, hops=hops)


async def test_notices_and_commands_have_what_came_with_them(site: Site) -> None:
    commanded: list[int] = []
    machine = site.machine()

    async def restart(command: Command) -> None:
        commanded.append(command.hops)

    machine.on_command("restart")(restart)
    async with asyncio.timeout(60), machine:
        await machine.connected()
        for notice, hops in (("n1", 2), ("n2", None)):
            site.mqtt.notify("car-1", notice, hops)
            async for told in machine.notices():
                assert (told.id, told.hops) == (notice, hops or 0)
                await told.acknowledge()
                break
        site.mqtt.command("car-1", "c1", hops=5)
        site.mqtt.command("car-1", "c2")
        await site.desk.has(lambda desk: len(results(desk)) > 1)
    assert commanded == [5, 0]
