"""What a machine may do at the broker, and a clock that is years off."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from gmqtt.mqtt.handler import MQTTConnectError
from tests.desk import DeskProcess
from tests.intake.conftest import Stored, Way
from tests.line import WITHIN, Line, line
from tests.parties.making import signing
from tests.saying import Caller, receipt, report, signal
from tests.waiting import until

from thingdesk import cases, parties
from thingdesk.platform.database import Database

NOT_GRANTED = 128
CODES = (f"P1{n:03}" for n in count())
"""A problem of its own each time."""


async def served(wire: Line) -> None:
    """That a good message is still taken."""
    (answer,) = await wire.say("signals", signal(wire.who.machine))
    assert answer["type"] == "thingdesk.receipt"


async def refused_at_the_door(one: Line, port: int, token: str | None = None) -> None:
    with pytest.raises(MQTTConnectError):
        await one.open(port, token)


async def test_an_unknown_machine_does_not_get_in(
    desk: DeskProcess, car: Caller, wire: Line
) -> None:
    await refused_at_the_door(Line(signing("stranger-1")), desk.mqtt_port)
    await refused_at_the_door(Line(signing(car.id)), desk.mqtt_port)
    await served(wire)


async def test_nobody_takes_the_session_of_another(
    desk: DeskProcess, car: Caller, other: Caller, wire: Line
) -> None:
    """Neither by its client id, nor by its name and a good token of one's own."""
    await refused_at_the_door(Line(other.signing, car.id), desk.mqtt_port)
    imposter = Line(signing(car.id))
    await refused_at_the_door(imposter, desk.mqtt_port, other.signing.token())
    await served(wire)
    assert not wire.ended.is_set()


@pytest.mark.parametrize(
    "topic", ["#", "td/#", "td/+/receipts", "td/+/signals", "$SYS/#", "td/{other}/receipts"]
)
async def test_a_machine_reads_its_own_topics_alone(wire: Line, other: Caller, topic: str) -> None:
    assert await wire.subscribe(topic.format(other=other.id)) >= NOT_GRANTED
    await served(wire)


@pytest.mark.parametrize(
    "topic",
    ["td/{other}/signals", "td/{car}/receipts", "td/{car}/more", "td/{car}", "elsewhere/{car}"],
)
async def test_a_machine_writes_its_own_topics_alone(
    car: Caller, other: Caller, wire: Line, database: Database, topic: str
) -> None:
    one = signal(other.id)
    where = topic.format(car=car.id, other=other.id)
    wire.publish(where, json.dumps(one).encode())
    await served(wire)
    async with database.transaction() as tx:
        assert not await tx.fetchval("select count(*) from signal where event_id = $1", one["id"])


@pytest.mark.parametrize("topic", ["td/+/signals", "td/#", "td/{car}/#", "td/{car}/signals/+"])
async def test_a_topic_with_wildcards_ends_at_the_broker(
    desk: DeskProcess, other: Caller, wire: Line, database: Database, topic: str
) -> None:
    one = signal(other.id)
    async with line(other.signing, desk.mqtt_port) as own:
        own.publish(topic.format(car=other.id), json.dumps(one).encode())
        await asyncio.wait_for(own.ended.wait(), WITHIN)
    async with database.transaction() as tx:
        assert not await tx.fetchval("select count(*) from signal where event_id = $1", one["id"])
    await served(wire)


async def test_a_revoked_key_ends_its_session(
    desk: DeskProcess, other: Caller, wire: Line, database: Database
) -> None:
    async with line(other.signing, desk.mqtt_port) as own:
        await served(own)
        async with database.transaction() as tx:
            await parties.revoke_key(tx, other.signing.kid, "stolen")
        await asyncio.wait_for(own.ended.wait(), WITHIN)
    await refused_at_the_door(Line(other.signing), desk.mqtt_port)
    await served(wire)


async def test_what_a_revoked_key_still_sends_is_refused(
    desk: DeskProcess, other: Caller, database: Database
) -> None:
    """Intake asks again: a message may be under way while its session is being ended."""
    one = signal(other.id)
    async with line(other.signing, desk.mqtt_port) as own:
        async with database.transaction() as tx:
            await tx.execute(
                "update machine_key set revoked_at = now(), reason = 'stolen' where kid = $1",
                other.signing.kid,
            )
        (answer,) = await own.say("signals", one)
    assert answer["data"]["code"] == "machine_not_recognised"
    assert answer["data"]["recovery"] == "contact_us"
    async with database.transaction() as tx:
        assert not await tx.fetchval("select count(*) from signal where event_id = $1", one["id"])


@pytest.mark.parametrize("years", [-20, 20, -5000, 7000])
async def test_a_clock_that_is_years_off_is_served_and_not_trusted(
    way: Way, database: Database, years: int
) -> None:
    now = datetime.now(UTC)
    off = now.replace(year=min(max(now.year + years, 1), 9999), day=1).isoformat()
    one, told = signal(way.car.id, time=off), report(way.car.id, next(CODES), time=off)
    assert list(await way.receipts("signals", one)) == [one["id"]]
    case_id = (await way.receipts("reports", told))[told["id"]]["case"]
    async with database.transaction() as tx:
        row = await tx.fetchrow("select at, trusted from signal where event_id = $1", one["id"])
        case = await cases.get(tx, case_id)
    assert row
    assert not row["trusted"]
    assert abs(row["at"] - now) < timedelta(minutes=1)
    assert case
    assert case.began_at
    assert abs(case.began_at - now) < timedelta(minutes=5)


async def test_a_clock_that_is_right_is_trusted(way: Way, database: Database) -> None:
    one = signal(way.car.id, time=(datetime.now(UTC) - timedelta(days=2)).isoformat())
    await way.receipts("signals", one)
    async with database.transaction() as tx:
        assert await tx.fetchval("select trusted from signal where event_id = $1", one["id"])


async def test_a_bad_message_in_a_flood_of_good_ones(
    wire: Line, car: Caller, stored: Stored
) -> None:
    """Each is answered for itself, those that are stored at once in one receipt."""
    before = await stored()
    good = [signal(car.id) for _ in range(300)]
    bad = [signal(car.id, {"speed": f"n{n}\x00"}) for n in range(30)]
    for n, one in enumerate(good):
        wire.send("signals", one)
        if n % 10 == 0:
            wire.send("signals", bad[n // 10])
    keys = (await car.http.get("/v1/desk")).json()["keys"]
    receipted, refusals = list[str](), list[str]()
    while len(receipted) < len(good) or len(refusals) < len(bad):
        for one in await wire.heard():
            if one["type"] == "thingdesk.receipt":
                receipted += [e["id"] for e in receipt(one["data"]["receipt"], keys, car.id)]
            else:
                refusals.append(one["data"]["event"])
    assert sorted(receipted) == sorted(one["id"] for one in good)
    assert sorted(refusals) == sorted(one["id"] for one in bad)

    async def all_stored() -> bool:
        return (await stored())[0] == before[0] + len(good)

    await until(all_stored)
