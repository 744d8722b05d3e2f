"""What the desk answers: receipts that prove something or nothing, and refusals."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from joserfc.jwk import OKPKey
from tests.machine.conftest import QUICK, Site
from tests.machine.desk import Event
from tests.waiting import until

from thingdesk_machine import Backoff, Ledger, Refused

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
    async with asyncio.timeout(60), site.machine() as machine:
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


def refuse(recovery: str) -> Event:
    field = {"path": "data.input.code", "problem": "is missing", "mend": "send the code"}
    return {"code": "bad_input", "reason": "no code", "recovery": recovery, "fields": [field]}


async def test_a_refusal_is_raised_where_it_was_asked_for(site: Site) -> None:
    site.desk.answer = lambda _machine, event: refuse("fix_input") if event["id"] == "r1" else None
    async with asyncio.timeout(60), site.machine() as machine:
        with pytest.raises(Refused) as caught:
            await machine.report("vehicle.repair", {}, event_id="r1")
        assert await machine.refusals() == [], "it has been told already"
    refusal = caught.value
    assert (refusal.code, refusal.reason, refusal.recovery) == ("bad_input", "no code", "fix_input")
    assert refusal.fields[0].path == "data.input.code"


async def test_a_refusal_that_nobody_waited_for_is_kept_until_it_is_read(site: Site) -> None:
    site.desk.answer = lambda _machine, event: refuse("contact_us") if event["id"] == "s1" else None
    async with asyncio.timeout(60), site.machine() as machine:
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
        return refuse("retry") if tries == ["s0"] else None

    site.desk.answer = later
    options = replace(QUICK, patience=Backoff(first=2, longest=2))
    async with asyncio.timeout(60), site.machine(options=options) as machine:
        await machine.signal({"speed": 0}, event_id="s0")
        await site.desk.has(lambda desk: desk.arrivals)
        await machine.signal({"speed": 1}, event_id="s1", wait=True)
        assert tries == ["s0", "s1"], "s0 is not sent again so soon"
        await machine.drained()
        assert await machine.refusals() == []
    assert site.desk.order == ["s1", "s0"]


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


async def test_a_lost_connection_ends_the_wait_for_a_receipt(site: Site) -> None:
    """What was under way may be lost with it, so it goes out with the next connection."""
    site.desk.silent = True
    options = replace(QUICK, patience=Backoff(first=60, longest=60))
    async with asyncio.timeout(100), site.machine(options=options) as machine:
        report = asyncio.create_task(machine.report("vehicle.repair", {}, event_id="r1"))
        await site.desk.has(lambda desk: desk.arrivals)
        await site.broker.kill()
        await site.broker.start()
        await until(partial(sent_twice, site), within=90)
        report.cancel()


async def sent_twice(site: Site) -> bool:
    with Ledger(site.queue) as ledger:
        return [event.attempts for event in ledger.events()] == [2]
