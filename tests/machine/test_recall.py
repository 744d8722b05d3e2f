"""The desk takes commands back: those that have not begun are dropped."""

import asyncio

from tests.machine.conftest import Site
from tests.machine.desk import Desk

from thingdesk_machine import Command, Ledger


def said(desk: Desk) -> list[tuple[str, str]]:
    """The results that came, in order, repeats included."""
    return [
        (event["data"]["command"], event["data"]["status"])
        for message in desk.arrivals
        for event in message
        if event["type"] == "thingdesk.result"
    ]


class Working:
    """A handler that takes until it is let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.has_begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, command: Command) -> None:
        self.begun.append(command.id)
        self.has_begun.set()
        await self.let_go.wait()


async def test_a_command_that_has_not_begun_is_dropped_and_one_that_has_goes_on(
    site: Site,
) -> None:
    machine, working = site.machine(), Working()
    machine.on_command("restart")(working)
    async with asyncio.timeout(60), machine:
        await machine.connected()
        site.mqtt.command("car-1", "begun")
        await working.has_begun.wait()
        site.mqtt.command("car-1", "waiting")
        site.mqtt.recall("car-1", "waiting")
        site.mqtt.recall("car-1", "begun")
        await site.desk.has(lambda desk: ("waiting", "recalled") in said(desk))
        working.let_go.set()
        await site.desk.has(lambda desk: ("begun", "done") in said(desk))
        site.mqtt.command("car-1", "last")
        await site.desk.has(lambda desk: ("last", "done") in said(desk))
    assert working.begun == ["begun", "last"]
    assert set(said(site.desk)) == {("waiting", "recalled"), ("begun", "done"), ("last", "done")}
    with Ledger(site.queue) as ledger:
        statuses = {record.id: record.status for record in ledger.commands()}
    assert statuses == {"begun": "done", "waiting": "recalled", "last": "done"}


async def test_a_recall_that_is_here_before_its_command_holds(site: Site) -> None:
    machine, working = site.machine(), Working()
    working.let_go.set()
    machine.on_command("restart")(working)
    async with asyncio.timeout(60), machine:
        await machine.connected()
        site.mqtt.recall("car-1", "c1")
        await site.desk.has(said)
        site.mqtt.command("car-1", "c1")
        site.mqtt.command("car-1", "c2")
        await site.desk.has(lambda desk: ("c2", "done") in said(desk))
    assert working.begun == ["c2"]
    assert {one for one in said(site.desk) if one[0] == "c1"} == {("c1", "recalled")}


async def test_a_recall_of_what_is_done_is_answered_with_that(site: Site) -> None:
    machine, working = site.machine(), Working()
    working.let_go.set()
    machine.on_command("restart")(working)
    async with asyncio.timeout(60), machine:
        await machine.connected()
        site.mqtt.command("car-1", "c1")
        await site.desk.has(said)
        await machine.drained()
        count = len(said(site.desk))
        site.mqtt.recall("car-1", "c1")
        await site.desk.has(lambda desk: len(said(desk)) > count)
    assert set(said(site.desk)) == {("c1", "done")}
    assert site.desk.differing == []
