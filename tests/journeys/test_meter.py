import asyncio
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.hand import Hand, open_hand

from thingdesk import cases, journeys, parties
from thingdesk.cases import Answer, Report
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.packs import meter
from thingdesk.parties import NewOwner
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal

NOON = clock.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    one = await open_hand(database, Flow(Catalog(meter.SERVICES), meter.RULES))
    for n in range(3):
        await one.machine(f"meter-{n}", "meter")
    return one


def reading(kwh: float, hours: float, **more: Any) -> dict[str, Any]:
    at = NOON + timedelta(hours=hours)
    return {"register": "1.8.0", "kwh": kwh, "at": at.isoformat(), **more}


async def read(hand: Hand, name: str, kwh: float, hours: float) -> Answer | Refusal:
    return await hand.report(name, "meter.reading", reading(kwh, hours))


async def test_a_reading_is_answered_at_once_and_opens_no_case(hand: Hand) -> None:
    first = await read(hand, "meter-0", 1000, 0)
    second = await read(hand, "meter-0", 1001.5, 1)
    words = "The first reading."
    assert first == Answer(None, {"words": words, "used": None, "hours": None, "late": False})
    assert isinstance(second, Answer)
    assert second.outcome
    assert (second.outcome["used"], second.outcome["hours"]) == (1.5, 1.0)
    async with hand.database.transaction() as tx:
        assert await cases.search(tx, cases.CaseFilter(subject="meter-0", most=10)) == []
        kept = await journeys.remembered(tx, "meter.reading", "meter-0", "reading:", 10)
    assert [value["kwh"] for _, value in kept] == [1001.5, 1000]


async def test_readings_are_let_go_after_four_years(hand: Hand) -> None:
    await hand.machine("meter-old", "meter")
    await read(hand, "meter-old", 1000, 0)
    turnable, left = clock.Turnable(), []
    with clock.reading(turnable):
        for days in (1460, 2):
            turnable.turn(timedelta(days=days))
            async with hand.database.transaction() as tx:
                for one in journeys.KEPT:
                    await one.let_go(tx)
                of = "meter.reading", "meter-old", "reading:"
                left.append(len(await journeys.remembered(tx, *of, 10)))
    assert left == [1, 0]


@pytest.mark.parametrize(
    ("kwh", "hours", "path"),
    [
        (999, 2, "data.input.kwh"),
        (1001, 0, "data.input.kwh"),
        (1001, -1, "data.input.kwh"),
        (800, -1, "data.input.kwh"),
        (90000, 2, "data.input.kwh"),
    ],
)
async def test_a_reading_that_cannot_be_is_refused_and_not_kept(
    hand: Hand, kwh: float, hours: float, path: str
) -> None:
    await read(hand, "meter-1", 1000, 0)
    refusal = await read(hand, "meter-1", kwh, hours)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, [field.path for field in refusal.fields]) == (
        "implausible_reading",
        [path],
    )
    async with hand.database.transaction() as tx:
        kept = await journeys.remembered(tx, "meter.reading", "meter-1", "reading:", 10)
    assert len(kept) == 1


async def test_in_one_group_each_reading_follows_on_the_one_before(hand: Hand) -> None:
    group = [
        Report(
            "meter-2",
            str(ids.new()),
            b"",
            None,
            "meter.reading",
            reading(1000 + n - 50 * (n == 2), n),
            "meter-2",
        )
        for n in range(5)
    ]
    async with hand.database.transaction() as tx:
        answers = await hand.flow.take_reports(tx, group)
    assert [isinstance(one, Answer) for one in answers] == [True, True, False, True, True]
    again = group[3]
    async with hand.database.transaction() as tx:
        assert await hand.flow.take_reports(tx, [again]) == [answers[3]]
    mended = Report(
        "meter-2",
        group[2].event_id,
        b"mended",
        None,
        "meter.reading",
        reading(1004.5, 4.5),
        "meter-2",
    )
    async with hand.database.transaction() as tx:
        (answer,) = await hand.flow.take_reports(tx, [mended])
    assert isinstance(answer, Answer), "what was refused left nothing, not even its id"


async def test_groups_with_the_same_meters_in_another_order_wait_for_each_other(
    hand: Hand,
) -> None:
    names = [f"many-{n}" for n in range(20)]
    for name in names:
        await hand.machine(name, "meter")

    async def send(group: list[str], kwh: int) -> list[Answer | Refusal]:
        reports = [
            Report(name, str(ids.new()), b"", clock.now(), "meter.reading", given, name)
            for name in group
            for given in [{"register": f"r{kwh}", "kwh": kwh, "at": NOON.isoformat()}]
        ]
        async with hand.database.transaction() as tx:
            return await hand.flow.take_reports(tx, reports)

    groups = [names, names[::-1]] * 4
    said = await asyncio.gather(*(send(group, n) for n, group in enumerate(groups)))
    assert all(isinstance(one, Answer) for answers in said for one in answers)


async def test_a_reading_of_the_time_to_come_would_keep_out_all_others(hand: Hand) -> None:
    await hand.machine("meter-ahead", "meter")
    ahead = (clock.now() - NOON) / timedelta(hours=1) + 1
    answer = await read(hand, "meter-ahead", 10, ahead)
    assert isinstance(answer, Refusal)
    assert [one.path for one in answer.fields] == ["data.input.at"]
    before_time = {"register": "1.8.0", "kwh": 10, "at": "0001-01-01T00:00:00+23:59"}
    answer = await hand.report("meter-ahead", "meter.reading", before_time)
    assert isinstance(answer, Refusal)
    assert answer.code == "implausible_reading"
    assert isinstance(await read(hand, "meter-ahead", 10, ahead - 1), Answer)


async def kept(hand: Hand, name: str) -> list[tuple[str, Any]]:
    async with hand.database.transaction() as tx:
        return await journeys.remembered(tx, "meter.reading", name, "reading:", 1000)


async def test_a_late_reading_is_kept_in_its_place(hand: Hand) -> None:
    await hand.machine("meter-late", "meter")
    await read(hand, "meter-late", 1000, 0)
    await read(hand, "meter-late", 1010, 10)
    between = await read(hand, "meter-late", 1004, 5)
    assert isinstance(between, Answer)
    assert between.outcome
    assert {name: between.outcome[name] for name in ("used", "hours", "late")} == {
        "used": 4,
        "hours": 5,
        "late": True,
    }
    assert [value["kwh"] for _, value in await kept(hand, "meter-late")] == [1010, 1004, 1000]
    before_all = await read(hand, "meter-late", 990, -1)
    assert isinstance(before_all, Answer)
    for contradicts in ((1005, 4), (1003, 6), (1009, -0.5)):
        refusal = await read(hand, "meter-late", *contradicts)
        assert isinstance(refusal, Refusal), contradicts
        assert [one.path for one in refusal.fields] == ["data.input.kwh"]
    assert len(await kept(hand, "meter-late")) == 4


async def test_a_reading_said_again_under_another_id_changes_nothing(hand: Hand) -> None:
    await hand.machine("meter-again", "meter")
    await read(hand, "meter-again", 1000, 0)
    await read(hand, "meter-again", 1010, 10)
    there = NOON.astimezone(ZoneInfo("Asia/Kolkata")).isoformat()
    again = reading(1000, 0, at=there)
    assert isinstance(await hand.report("meter-again", "meter.reading", again), Answer)
    assert len(await kept(hand, "meter-again")) == 2


async def test_a_reading_from_before_a_sale_still_comes(hand: Hand) -> None:
    await hand.machine("meter-sold", "meter", owner="seller")
    await read(hand, "meter-sold", 1000, 0)
    async with hand.database.transaction() as tx:
        buyer = await parties.add_owner(tx, NewOwner("buyer@example.org", "Buyer"))
        await parties.transfer(tx, "meter-sold", buyer.id, clock.now())
    await read(hand, "meter-sold", 1010, 47)
    assert isinstance(await read(hand, "meter-sold", 1005, 5), Answer)


async def test_registers_do_not_mix(hand: Hand) -> None:
    await hand.machine("meter-two", "meter")
    await read(hand, "meter-two", 1000, 0)
    for register in ("1.8.0-1", "1.8", "2.8.0", "0"):
        other = reading(5, 1, register=register)
        assert isinstance(await hand.report("meter-two", "meter.reading", other), Answer)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_the_order_in_which_readings_come_changes_nothing(
    hand: Hand, data: st.DataObject
) -> None:
    steps = data.draw(
        st.lists(st.tuples(st.integers(1, 4), st.integers(0, 99)), min_size=1, max_size=8)
    )
    hours, watt_hours, valid = 0, 1_000_000, []
    for after, power in steps:
        hours += after
        watt_hours += after * power * 999
        valid.append(reading(watt_hours / 1000, hours - 100))
    first, second = f"meter-{ids.new()}", f"meter-{ids.new()}"
    for name, order in ((first, valid), (second, data.draw(st.permutations(valid)))):
        await hand.machine(name, "meter")
        for one in order:
            answer = await hand.report(name, "meter.reading", one)
            assert isinstance(answer, Answer), answer
    assert await kept(hand, first) == await kept(hand, second)
