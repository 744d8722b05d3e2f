"""The library against real brokers."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from blockbuster import blockbuster_ctx
from tests.machine.brokers import Embedded
from tests.machine.conftest import QUICK, Site

from thingdesk_machine import Identity, Ledger, Machine
from thingdesk_machine.mqtt import Connection, Login


async def test_a_report_returns_with_the_verified_receipt(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        receipt = await machine.report("vehicle.repair", {"code": "P0301"}, event_id="r1")
    assert (receipt.event, receipt.case) == ("r1", "case-of-r1")
    event = site.desk.stored["car-1", "r1"]
    assert event["data"] == {"service": "vehicle.repair", "input": {"code": "P0301"}}
    assert event["source"] == "td/car-1"
    with Ledger(site.queue) as ledger:
        (record,) = ledger.events()
    assert record.case == "case-of-r1"
    assert record.sent_first is not None
    assert record.receipt_at is not None
    assert record.queued_at <= record.sent_first <= record.receipt_at


async def test_a_report_that_is_asked_for_again_is_the_same_report(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        first = await machine.report("vehicle.repair", {"code": "P0301"}, event_id="r1")
        again = await machine.report("vehicle.repair", {"code": "P0301"}, event_id="r1")
    async with asyncio.timeout(60), site.machine() as machine:
        later = await machine.report("vehicle.repair", {"code": "P0301"}, event_id="r1")
    assert first == again == later
    assert len(site.desk.arrivals) == 1


async def test_a_signal_carries_what_it_was_given(site: Site) -> None:
    at = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.signal(
            {"temperature": 73.9}, codes=["P0301"], position=(-5.83, -35.2), at=at, wait=True
        )
    (event,) = site.desk.stored.values()
    assert event["time"] == "2026-11-21T20:00:00.000000Z"
    assert event["type"] == "thingdesk.signal"
    assert event["data"] == {
        "values": {"temperature": 73.9},
        "codes": ["P0301"],
        "position": {"lat": -5.83, "lon": -35.2},
    }


async def test_no_code_is_another_word_than_no_answer_about_codes(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.signal({"speed": 1}, codes=[], event_id="read", wait=True)
        await machine.signal({"speed": 1}, event_id="unread", wait=True)
    said = {event["id"]: event["data"] for event in site.desk.stored.values()}
    assert said == {
        "read": {"values": {"speed": 1}, "codes": []},
        "unread": {"values": {"speed": 1}},
    }


async def test_what_gathered_offline_comes_once_in_order_and_in_full_messages(site: Site) -> None:
    await site.broker.kill()
    async with site.machine() as machine:
        for number in range(250):
            await machine.signal({"speed": number}, event_id=f"s{number}")
    await site.broker.start()
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.drained()
    assert site.desk.order == [f"s{number}" for number in range(250)]
    assert max(map(len, site.desk.arrivals)) == machine.options.batch
    assert site.desk.differing == []


async def test_a_broker_that_dies_under_it_delays_and_loses_nothing(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.signal({"speed": 0}, event_id="s0", wait=True)
        for round_ in range(3):
            await site.broker.kill()
            for number in range(round_ * 20 + 1, round_ * 20 + 21):
                await machine.signal({"speed": number}, event_id=f"s{number}")
            await site.broker.start()
            await machine.drained()
    assert site.desk.order == [f"s{number}" for number in range(61)]
    assert site.desk.differing == []


async def test_without_a_receipt_it_sends_the_same_again(site: Site) -> None:
    site.desk.silent = True
    async with asyncio.timeout(60), site.machine() as machine:
        waiting = asyncio.create_task(machine.report("vehicle.repair", {}, event_id="r1"))
        await site.desk.has(lambda desk: len(desk.arrivals) >= 3)
        site.desk.silent = False
        await waiting
    assert site.desk.differing == []
    with Ledger(site.queue) as ledger:
        (record,) = ledger.events()
    assert record.attempts == len(site.desk.arrivals)


async def test_what_cannot_be_read_is_passed_over(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        for payload in (b"", b"{", b"[1]", b"null", b"[" * 100_000, b'{"type": "x", "data": {}}'):
            site.mqtt.say("car-1", "receipts", payload)
            site.mqtt.say("car-1", "notices", payload)
        await machine.report("vehicle.repair", {})


async def test_messages_that_find_no_answer_get_smaller_until_they_do(site: Site) -> None:
    """The broker or the desk cannot take so much: what it can take gets through."""
    await site.broker.kill()
    site.mqtt.most = 5
    async with asyncio.timeout(40), site.machine() as machine:
        for number in range(30):
            await machine.signal({"speed": number}, event_id=f"s{number}")
        await site.broker.start()
        await machine.drained()
    assert site.desk.order == [f"s{number}" for number in range(30)]


async def test_two_machines_do_not_hear_each_other(site: Site, known: dict[str, Identity]) -> None:
    known["car-2"] = Identity.create("car-2")
    other = Machine(
        identity=known["car-2"],
        desk=site.url,
        queue=site.queue.with_name("car-2.queue"),
        desk_keys=site.desk.keys,
        options=QUICK,
    )
    async with asyncio.timeout(60), site.machine() as machine, other:
        await asyncio.gather(
            machine.report("vehicle.repair", {}, event_id="r1"),
            other.report("vehicle.repair", {}, event_id="r1"),
        )
    assert set(site.desk.stored) == {("car-1", "r1"), ("car-2", "r1")}


async def test_many_at_once_share_messages(site: Site) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        await asyncio.gather(*(machine.signal({"speed": n}, wait=True) for n in range(300)))
    assert len(site.desk.stored) == 300
    assert len(site.desk.arrivals) < 30


@pytest.mark.parametrize("version", ["auto", "3.1.1"])
async def test_it_speaks_what_the_broker_speaks(
    site: Site, version: Literal["auto", "3.1.1"], caplog: pytest.LogCaptureFixture
) -> None:
    options = replace(QUICK, mqtt=version)
    async with asyncio.timeout(60), site.machine(options=options) as machine:
        await machine.report("vehicle.repair", {})
    # what it found out on the way is no error
    assert not [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


async def test_the_desk_time_of_receipts_bounds_a_clock_that_was_reset(site: Site) -> None:
    """An expired command stays expired for a machine that believes it is 2001."""
    machine = site.machine(clock=lambda: datetime(2001, 1, 1, tzinfo=UTC))
    done = []

    @machine.on_command("restart")
    async def restart(command: object) -> None:
        done.append(command)

    async with asyncio.timeout(60), machine:
        await machine.report("vehicle.repair", {})
        expires = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        site.mqtt.command("car-1", "c1", expires=expires)
        (result,) = await site.desk.has(lambda desk: desk.of("result"))
    assert result["data"]["status"] == "expired"
    assert done == []
    assert json.dumps(result)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("broker", ["embedded"], indirect=True)
async def test_a_machine_that_is_not_known_yet_keeps_trying(
    site: Site, known: dict[str, Identity]
) -> None:
    """Its key was not registered in time: nothing is lost, and it needs no restart."""
    assert isinstance(site.broker, Embedded)
    del known["car-1"]
    async with asyncio.timeout(60), site.machine() as machine:
        report = asyncio.create_task(machine.report("vehicle.repair", {}))
        for _ in range(3):
            assert await site.broker.refused.get() == "car-1"
        known["car-1"] = site.identity
        await report


async def test_a_message_is_confirmed_to_the_broker_when_it_was_taken_not_before(
    site: Site,
) -> None:
    """One that could not be stored yet comes again with the next connection."""
    came, release = asyncio.Event(), asyncio.Event()
    again: asyncio.Queue[bytes] = asyncio.Queue()

    async def stuck(_payload: bytes) -> None:
        came.set()
        await release.wait()

    async with asyncio.timeout(60):
        first = Connection(Login.machine("car-1", site.identity.token(now)), stuck, QUICK)
        await first.open("127.0.0.1", site.broker.port, False, site.broker.version, 30)
        site.mqtt.notify("car-1", "n1")
        await came.wait()
        await first.close()
        second = Connection(Login.machine("car-1", site.identity.token(now)), again.put, QUICK)
        await second.open("127.0.0.1", site.broker.port, False, site.broker.version, 30)
        assert json.loads(await again.get())["data"]["notice"] == "n1"
        release.set()
        await second.close()


async def test_the_loop_is_never_blocked(site: Site) -> None:
    """Every file is touched in the queue's own thread."""
    with blockbuster_ctx("thingdesk_machine"):
        async with asyncio.timeout(60), site.machine() as machine:
            await machine.connected()
            await machine.signal({"speed": 1}, wait=True)
            await machine.report("vehicle.repair", {})
            site.mqtt.notify("car-1", "n1")
            async for notice in machine.notices():
                await notice.acknowledge()
                break
            await machine.drained()
