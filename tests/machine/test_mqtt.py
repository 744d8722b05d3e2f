"""The library against real brokers."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from blockbuster import blockbuster_ctx
from joserfc.jwk import OKPKey
from tests.machine.conftest import QUICK, Site
from tests.machine.desk import Event

from thingdesk_machine import Ledger, Machine, Refused
from thingdesk_machine.mqtt import Connection


async def test_a_report_returns_with_the_verified_receipt(site: Site) -> None:
    async with asyncio.timeout(20), site.machine() as machine:
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
    async with asyncio.timeout(20), site.machine() as machine:
        first = await machine.report("vehicle.repair", {"code": "P0301"}, event_id="r1")
        again = await machine.report("vehicle.repair", {"code": "P0301"}, event_id="r1")
    async with asyncio.timeout(20), site.machine() as machine:
        later = await machine.report("vehicle.repair", {"code": "P0301"}, event_id="r1")
    assert first == again == later
    assert len(site.desk.arrivals) == 1


async def test_a_signal_carries_what_it_was_given(site: Site) -> None:
    at = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    async with asyncio.timeout(20), site.machine() as machine:
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


async def test_what_gathered_offline_comes_once_in_order_and_in_full_messages(site: Site) -> None:
    await site.broker.kill()
    async with site.machine() as machine:
        for number in range(250):
            await machine.signal({"speed": number}, event_id=f"s{number}")
    await site.broker.start()
    async with asyncio.timeout(30), site.machine() as machine:
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
    async with asyncio.timeout(30), site.machine() as machine:
        waiting = asyncio.create_task(machine.report("vehicle.repair", {}, event_id="r1"))
        await site.desk.has(lambda desk: len(desk.arrivals) >= 3)
        site.desk.silent = False
        await waiting
    assert site.desk.differing == []
    with Ledger(site.queue) as ledger:
        (record,) = ledger.events()
    assert record.attempts == len(site.desk.arrivals)


FORGERIES = {
    "signed by somebody else": {"key": OKPKey.generate_key("Ed25519")},
    "for another machine": {"sub": "car-2"},
    "from another issuer": {"iss": "elsewhere"},
    "a token of another kind": {"typ": "JWT"},
    "of another content": {"events": [{"id": "r1", "hash": "0" * 64}]},
    "of no event": {"events": []},
}


@pytest.mark.parametrize("changes", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_receipt_that_proves_nothing_is_ignored(
    site: Site, changes: dict[str, object]
) -> None:
    site.desk.silent = True
    async with asyncio.timeout(30), site.machine() as machine:
        waiting = asyncio.create_task(machine.report("vehicle.repair", {}, event_id="r1"))
        await site.desk.has(lambda desk: desk.arrivals)
        event = site.desk.stored["car-1", "r1"]
        if "key" in changes:  # under the name of the desk's own key
            changes = {**changes, "kid": site.desk.key.thumbprint()}
        site.mqtt.receipt("car-1", site.desk.signed("car-1", [event], **changes))
        seen = len(site.desk.arrivals)
        await site.desk.has(lambda desk: len(desk.arrivals) > seen + 1)
        assert not waiting.done()
        site.mqtt.receipt("car-1", site.desk.signed("car-1", [event]))
        await waiting


async def test_what_cannot_be_read_is_passed_over(site: Site) -> None:
    async with asyncio.timeout(20), site.machine() as machine:
        for payload in (b"", b"{", b"[1]", b"null", b"[" * 100_000, b'{"type": "x", "data": {}}'):
            site.mqtt.say("car-1", "receipts", payload)
            site.mqtt.say("car-1", "notices", payload)
        await machine.report("vehicle.repair", {})


def refuse(recovery: str) -> Event:
    field = {"path": "data.input.code", "problem": "is missing", "mend": "send the code"}
    return {"code": "bad_input", "reason": "no code", "recovery": recovery, "fields": [field]}


async def test_a_refusal_is_raised_where_it_was_asked_for(site: Site) -> None:
    site.desk.answer = lambda _machine, event: refuse("fix_input") if event["id"] == "r1" else None
    async with asyncio.timeout(20), site.machine() as machine:
        with pytest.raises(Refused) as caught:
            await machine.report("vehicle.repair", {}, event_id="r1")
        assert await machine.refusals() == [], "it has been told already"
    refusal = caught.value
    assert (refusal.code, refusal.reason, refusal.recovery) == ("bad_input", "no code", "fix_input")
    assert refusal.fields[0].path == "data.input.code"


async def test_a_refusal_that_nobody_waited_for_is_kept_until_it_is_read(site: Site) -> None:
    site.desk.answer = lambda _machine, event: refuse("contact_us") if event["id"] == "s1" else None
    async with asyncio.timeout(20), site.machine() as machine:
        for number in range(3):
            await machine.signal({"speed": number}, event_id=f"s{number}")
        await machine.drained()
    assert site.desk.order == ["s0", "s2"]
    async with site.machine() as machine:
        (refusal,) = await machine.refusals()
        assert (refusal.event, refusal.recovery) == ("s1", "contact_us")
        assert await machine.refusals() == []


async def test_an_event_that_is_asked_for_later_waits_alone(site: Site) -> None:
    tries: list[str] = []

    def later(_machine: str, event: Event) -> Event | None:
        tries.append(event["id"])
        first = event["id"] == "s0" and tries.count("s0") < 3
        return refuse("retry") if first else None

    site.desk.answer = later
    async with asyncio.timeout(20), site.machine() as machine:
        for number in range(3):
            await machine.signal({"speed": number}, event_id=f"s{number}")
        await machine.drained()
        assert await machine.refusals() == []
    assert site.desk.order == ["s1", "s2", "s0"]


async def test_two_machines_do_not_hear_each_other(site: Site) -> None:
    other = Machine(
        identity=type(site.identity).create("car-2"),
        desk=site.broker.url,
        queue=site.queue.with_name("car-2.queue"),
        desk_keys=site.desk.keys,
        options=QUICK,
    )
    async with asyncio.timeout(20), site.machine() as machine, other:
        await asyncio.gather(
            machine.report("vehicle.repair", {}, event_id="r1"),
            other.report("vehicle.repair", {}, event_id="r1"),
        )
    assert set(site.desk.stored) == {("car-1", "r1"), ("car-2", "r1")}


async def test_many_at_once_share_messages(site: Site) -> None:
    async with asyncio.timeout(30), site.machine() as machine:
        await asyncio.gather(*(machine.signal({"speed": n}, wait=True) for n in range(300)))
    assert len(site.desk.stored) == 300
    assert len(site.desk.arrivals) < 30


@pytest.mark.parametrize("version", ["auto", "3.1.1"])
async def test_it_speaks_what_the_broker_speaks(
    site: Site, version: Literal["auto", "3.1.1"]
) -> None:
    options = replace(QUICK, mqtt=version)
    async with asyncio.timeout(20), site.machine(options=options) as machine:
        await machine.report("vehicle.repair", {})


async def test_the_desk_time_of_receipts_bounds_a_clock_that_was_reset(site: Site) -> None:
    """An expired command stays expired for a machine that believes it is 2001."""
    machine = site.machine(clock=lambda: datetime(2001, 1, 1, tzinfo=UTC))
    done = []

    @machine.on_command("restart")
    async def restart(command: object) -> None:
        done.append(command)

    async with asyncio.timeout(20), machine:
        await machine.report("vehicle.repair", {})
        expires = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        site.mqtt.command("car-1", "c1", expires=expires)
        (result,) = await site.desk.has(lambda desk: desk.of("result"))
    assert result["data"]["status"] == "expired"
    assert done == []
    assert json.dumps(result)


async def test_a_message_is_confirmed_to_the_broker_when_it_was_taken_not_before(
    site: Site,
) -> None:
    """One that could not be stored yet comes again with the next connection."""
    came, release = asyncio.Event(), asyncio.Event()
    again: asyncio.Queue[bytes] = asyncio.Queue()

    async def stuck(_payload: bytes) -> None:
        came.set()
        await release.wait()

    async with asyncio.timeout(20):
        first = Connection("car-1", "", stuck, QUICK)
        await first.open("127.0.0.1", site.broker.port, False, site.version, 30)
        site.mqtt.notify("car-1", "n1")
        await came.wait()
        await first.close()
        second = Connection("car-1", "", again.put, QUICK)
        await second.open("127.0.0.1", site.broker.port, False, site.version, 30)
        assert json.loads(await again.get())["data"]["notice"] == "n1"
        release.set()
        await second.close()


async def test_the_ledger_is_bounded_and_keeps_what_was_not_read(site: Site) -> None:
    site.desk.answer = lambda _machine, event: refuse("fix_input") if event["id"] == "s0" else None
    options = replace(QUICK, ledger=50)
    async with asyncio.timeout(60), site.machine(options=options) as machine:
        await asyncio.gather(*(machine.signal({"speed": n}, event_id=f"s{n}") for n in range(2500)))
        await machine.drained()
    with Ledger(site.queue) as ledger:
        events = [event.id for event in ledger.events()]
    assert events[0] == "s0"
    assert events[-1] == "s2499"
    assert 50 < len(events) < 1500


async def test_the_loop_is_never_blocked(site: Site) -> None:
    """Every file is touched in the queue's own thread."""
    with blockbuster_ctx("thingdesk_machine"):
        async with asyncio.timeout(20), site.machine() as machine:
            await machine.connected()
            await machine.signal({"speed": 1}, wait=True)
            await machine.report("vehicle.repair", {})
            site.mqtt.notify("car-1", "n1")
            async for notice in machine.notices():
                await notice.acknowledge()
                break
            await machine.drained()
