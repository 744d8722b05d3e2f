from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from math import pi
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fulfilment.making import BERLIN, make_offer, make_provider

from thingdesk import fulfilment
from thingdesk.fulfilment import Candidate, Need, StockLine, distance, effects
from thingdesk.fulfilment.dispatch.model import EARTH_RADIUS
from thingdesk.parties import Position, Provider, WeeklyHours
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database

MONDAY = datetime(2026, 10, 26, 10, tzinfo=UTC)
POTSDAM = Position(52.4, 13.066)
HAMBURG = Position(53.551, 9.994)
positions = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180))


@pytest.fixture(autouse=True)
def on_a_monday() -> Iterator[None]:
    with clock.reading(lambda: MONDAY):
        yield


@pytest.fixture
def kind() -> str:
    """A kind of provider that no other test has."""
    return f"kind-{ids.new()}"


async def make(database: Database, kind: str, position: Position, **changes: Any) -> Provider:
    return await make_provider(database, kinds=(kind,), position=position, **changes)


async def find(database: Database, need: Need, *exclude: Provider) -> list[Candidate]:
    async with database.transaction() as tx:
        return await fulfilment.nearest(tx, need, {one.id for one in exclude})


def test_known_distances() -> None:
    # a degree along a meridian; Berlin to Hamburg is about 255 km
    degree = distance(Position(0, 0), Position(1, 0))
    assert degree == pytest.approx(2 * pi * EARTH_RADIUS / 360)
    assert distance(BERLIN, HAMBURG) == pytest.approx(255_000, rel=0.01)
    assert distance(Position(10, 179.5), Position(10, -179.5)) < 110_000


@given(positions, positions)
def test_distances_are_the_same_both_ways_and_bounded(a: Position, b: Position) -> None:
    away = distance(a, b)
    assert 0 <= away <= pi * EARTH_RADIUS * (1 + 1e-9)
    assert away == pytest.approx(distance(b, a), abs=1e-3)
    assert distance(a, a) == 0


async def test_the_nearest_comes_first_and_says_why(database: Database, kind: str) -> None:
    far = await make(database, kind, HAMBURG)
    near = await make(database, kind, POTSDAM)
    await make(database, "another kind", BERLIN)
    found = await find(database, Need(kind, "engine", position=BERLIN, at=MONDAY))
    assert [one.id for one in found] == [near.id, far.id]
    assert all(one.suitable for one in found)
    assert found[0].words == (
        f"{near.name}: knows engine, is open then, has 1 of 1 places free, is 26.6 km away"
    )


async def test_those_that_do_not_suit_come_last_with_what_speaks_against_them(
    database: Database, kind: str
) -> None:
    closed = WeeklyHours.weekdays(time(1), time(2))
    names = {
        "asked": await make(database, kind, BERLIN),
        "unskilled": await make(database, kind, BERLIN, skills=("battery",)),
        "closed": await make(database, kind, BERLIN, hours=closed),
        "empty": await make(database, kind, BERLIN),
        "busy": await make(database, kind, BERLIN),
        "good": await make(database, kind, HAMBURG),
    }
    async with database.transaction() as tx:
        full = [StockLine(one.id, "coil", 3) for name, one in names.items() if name != "empty"]
        await fulfilment.set_stock(tx, full)
        await effects.offer_job(tx, make_offer(names["busy"].id))
    need = Need(kind, "engine", "coil", BERLIN, MONDAY)
    found = await find(database, need, names["asked"])
    assert found[0].id == names["good"].id
    assert not any(one.suitable for one in found[1:])
    told = {one.id: one.words.split(": ")[1] for one in found[1:]}
    assert {name: told[one.id] for name, one in names.items() if one.id in told} == {
        "asked": "was asked before",
        "unskilled": "does not know engine",
        "closed": "is closed then",
        "empty": "has no coil in stock",
        "busy": "has 0 of 1 places free",
    }


async def test_hours_are_those_of_the_place(database: Database, kind: str) -> None:
    hours = WeeklyHours.weekdays(time(18), time(20))
    tokyo = await make(database, kind, Position(35.68, 139.69), zone="Asia/Tokyo", hours=hours)
    (found,) = await find(database, Need(kind, at=MONDAY))  # 19:00 in Tokyo
    assert (found.id, found.suitable, found.distance) == (tokyo.id, True, None)
    (found,) = await find(database, Need(kind, at=MONDAY + timedelta(hours=1)))
    assert not found.suitable


async def test_work_in_hand_takes_a_place_until_it_is_over(database: Database, kind: str) -> None:
    provider = await make(database, kind, BERLIN)
    offer = make_offer(provider.id)
    need = Need(kind, at=MONDAY)
    async with database.transaction() as tx:
        await effects.offer_job(tx, offer)
    assert not (await find(database, need))[0].suitable
    async with database.transaction() as tx:
        await fulfilment.decline(tx, offer.effect_id, provider.id)
    assert (await find(database, need))[0].suitable


async def test_an_appointment_takes_a_place_in_its_time_alone(
    database: Database, kind: str
) -> None:
    provider = await make(database, kind, BERLIN)
    async with database.transaction() as tx:
        slot = (await fulfilment.slots(tx, provider.id, MONDAY + timedelta(hours=1), 1))[0]
        booked = await effects.book(tx, ids.new(), provider.id, slot, "car-1", ids.new())
        await effects.offer_job(tx, make_offer(provider.id, appointment=booked.id))
    assert (await find(database, Need(kind, at=MONDAY)))[0].suitable
    assert not (await find(database, Need(kind, at=slot.start)))[0].suitable
    assert (await find(database, Need(kind, at=slot.end)))[0].suitable
    assert (await find(database, Need(kind)))[0].suitable


async def test_nobody_of_that_kind(database: Database) -> None:
    assert await find(database, Need("dragon_tamer", "fire", "scale", BERLIN, MONDAY)) == []


LATE = WeeklyHours.weekdays(time(22), time(23))
WHY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "none of them has the skill roof": ({"skill": "roof"}, {}),
    "none of them has a roof in stock": ({"part": "a roof"}, {}),
    "none of them is open now": ({"at": MONDAY}, {"hours": LATE}),
    "all of them were asked before": ({}, {}),
}


@pytest.mark.parametrize(("said", "need", "changes"), [(k, *v) for k, v in WHY.items()])
async def test_why_none_is_suitable_is_said(
    database: Database, kind: str, said: str, need: dict[str, Any], changes: dict[str, Any]
) -> None:
    made = [await make(database, kind, BERLIN, **changes) for _ in range(2)]
    wanted = Need(kind, **need)
    asked_before = made if said.startswith("all") else []
    found = await find(database, wanted, *asked_before)
    assert fulfilment.why_none(wanted, found) == f"of 2 registered {said}"


async def test_why_nobody_has_a_place_is_said(database: Database, kind: str) -> None:
    busy = await make(database, kind, BERLIN, capacity=1)
    async with database.transaction() as tx:
        await effects.offer_job(tx, make_offer(busy.id))
    wanted = Need(kind, at=MONDAY)
    found = await find(database, wanted)
    said = "of 1 registered none of them has a place free now (capacity)"
    assert fulfilment.why_none(wanted, found) == said
