"""What the desk sends down: notices and commands, each once, however often they come."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.machine.conftest import Site
from tests.machine.desk import Desk, results

from thingdesk_machine import Command, CommandRefused, Ledger


def acks(desk: Desk) -> list[str]:
    """The notices that were acknowledged, each as often as it was."""
    return [
        event["data"]["notice"]
        for message in desk.arrivals
        for event in message
        if event["type"] == "thingdesk.ack"
    ]


async def test_a_repeated_notice_comes_once_and_is_acknowledged_each_time(site: Site) -> None:
    seen: list[str] = []
    handle = seen.append
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.connected()
        site.mqtt.notify("car-1", "n1", words="hello")
        site.mqtt.notify("car-1", "n1", words="hello")
        site.mqtt.notify("car-1", "n2")

        async def listen() -> None:
            async for notice in machine.notices():
                handle(notice.id)

        listening = asyncio.create_task(listen())
        await site.desk.has(lambda desk: {"n1", "n2"} <= set(acks(desk)))
        site.mqtt.notify("car-1", "n1", words="hello")
        count = acks(site.desk).count("n1")
        await site.desk.has(lambda desk: acks(desk).count("n1") > count)
        listening.cancel()
    assert seen == ["n1", "n2"]
    assert site.desk.differing == []
    with Ledger(site.queue) as ledger:
        first, second = ledger.notices()
    assert (first.id, first.repeats, second.repeats) == ("n1", 2, 0)


async def test_a_notice_is_acknowledged_after_it_was_handled_not_before(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.connected()
        site.mqtt.notify("car-1", "n1")
        async for notice in machine.notices():
            assert notice.id == "n1"
            break
        await machine.report("vehicle.repair", {})  # what was queued before it would be out
        await machine.drained()
    assert acks(site.desk) == []
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.connected()
        async for notice in machine.notices():
            assert notice.id == "n1"
            await notice.acknowledge()
            break
        await site.desk.has(acks)
    assert acks(site.desk) == ["n1"]


async def test_notices_that_came_while_it_was_away_are_there(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.connected()
        await machine.report("vehicle.repair", {})
    site.mqtt.notify("car-1", "n1", arrival="10 minutes")
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.connected()
        async for notice in machine.notices():
            assert (notice.id, notice.data) == ("n1", {"arrival": "10 minutes"})
            break


class Restarts:
    """A machine's handler of `restart` that counts."""

    def __init__(self, machine: Any, act: Callable[[Command], Any] | None = None) -> None:
        self.handled: list[str] = []
        self._act = act
        machine.on_command("restart")(self.handle)

    async def handle(self, command: Command) -> Any:
        self.handled.append(command.id)
        return self._act(command) if self._act else {"took": 3}


async def test_a_command_is_carried_out_once_and_answered_each_time(site: Site) -> None:
    machine = site.machine()
    restarts = Restarts(machine)
    async with asyncio.timeout(60), machine:
        await machine.connected()
        site.mqtt.command("car-1", "c1", arguments={"mode": "soft"})
        await site.desk.has(results)
        await machine.drained()
        count = len(results(site.desk))
        site.mqtt.command("car-1", "c1", arguments={"mode": "soft"})
        await site.desk.has(lambda desk: len(results(desk)) > count)
    assert restarts.handled == ["c1"]
    assert site.desk.differing == []
    assert results(site.desk)[-1] == {"command": "c1", "status": "done", "detail": {"took": 3}}
    with Ledger(site.queue) as ledger:
        (record,) = ledger.commands()
    assert (record.status, record.detail, record.repeats) == ("done", {"took": 3}, 1)


async def test_a_result_is_sent_until_its_receipt(site: Site) -> None:
    machine = site.machine()
    Restarts(machine)
    site.desk.silent = True
    async with asyncio.timeout(60), machine:
        await machine.connected()
        site.mqtt.command("car-1", "c1")
        await site.desk.has(lambda desk: len(results(desk)) >= 3)
        site.desk.silent = False
        await machine.drained()
    assert site.desk.differing == []


PAST = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
NOT_NOW: dict[str, tuple[dict[str, Any], str, str]] = {
    "expired": ({"expires": PAST}, "expired", ""),
    "too fast": ({"preconditions": {"speed": {"max": 0}}}, "refused", "precondition"),
    "not known": ({"preconditions": {"doors": {"equals": "shut"}}}, "refused", "precondition"),
    "an operator of tomorrow": (
        {"preconditions": {"speed": {"below": 99}}},
        "refused",
        "precondition",
    ),
    "another name": ({"name": "explode"}, "refused", "unknown_command"),
    "no expiry": ({"expires": None}, "refused", "malformed"),
    "an expiry without zone": ({"expires": "2126-01-01T00:00:00"}, "refused", "malformed"),
    "arguments of another kind": ({"arguments": ["now"]}, "refused", "malformed"),
}


@pytest.mark.parametrize(("changes", "status", "code"), NOT_NOW.values(), ids=NOT_NOW.keys())
async def test_a_command_that_must_not_run_is_answered_and_not_run(
    site: Site, changes: dict[str, Any], status: str, code: str
) -> None:
    machine = site.machine()
    restarts = Restarts(machine)
    async with asyncio.timeout(60), machine:
        await machine.connected()
        await machine.signal({"speed": 12})
        site.mqtt.command("car-1", "c1", **changes)
        result = (await site.desk.has(results))[0]
    assert (result["status"], result["detail"].get("code", "")) == (status, code)
    assert restarts.handled == []


async def test_a_command_whose_preconditions_hold_runs(site: Site) -> None:
    machine = site.machine()
    restarts = Restarts(machine)
    machine.state["doors"] = "shut"
    async with asyncio.timeout(60), machine:
        await machine.connected()
        await machine.signal({"speed": 0})
        bounds = {"speed": {"min": 0, "max": 0}, "doors": {"equals": "shut"}}
        site.mqtt.command("car-1", "c1", preconditions=bounds)
        result = (await site.desk.has(results))[0]
    assert result["status"] == "done"
    assert restarts.handled == ["c1"]


def busy(_command: Command) -> None:
    raise CommandRefused("busy", "a wash is running")


def broken(_command: Command) -> None:
    raise RuntimeError("no relay")


def unsendable(_command: Command) -> object:
    return {"at": object()}


@pytest.mark.parametrize(
    ("act", "status", "code"),
    [
        (busy, "refused", "busy"),
        (broken, "failed", "RuntimeError"),
        (unsendable, "done", "unsendable"),
    ],
)
async def test_what_a_handler_does_becomes_the_result(
    site: Site, act: Callable[[Command], Any], status: str, code: str
) -> None:
    machine = site.machine()
    Restarts(machine, act)
    async with asyncio.timeout(60), machine:
        await machine.connected()
        site.mqtt.command("car-1", "c1")
        result = (await site.desk.has(results))[0]
        site.mqtt.command("car-1", "c2")
        await site.desk.has(lambda desk: {"c1", "c2"} == {r["command"] for r in results(desk)})
    assert (result["status"], result["detail"]["code"]) == (status, code)


async def test_a_handler_may_settle_the_result_before_the_act(site: Site) -> None:
    machine = site.machine()

    @machine.on_command("restart")
    async def restart(command: Command) -> dict[str, str]:
        await command.done({"said": "before"})
        return {"said": "after"}

    async with asyncio.timeout(60), machine:
        await machine.connected()
        site.mqtt.command("car-1", "c1")
        result = (await site.desk.has(results))[0]
        await machine.drained()
    assert result["detail"] == {"said": "before"}
    assert site.desk.differing == []
    with Ledger(site.queue) as ledger:
        (record,) = ledger.commands()
    assert record.detail == {"said": "before"}
