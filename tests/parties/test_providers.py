from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parties.making import unique

from thingdesk import parties
from thingdesk.parties import NewProvider, Position, Span, WeeklyHours
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

OFFICE = WeeklyHours.weekdays(time(9), time(17, 30))
BERLIN = "Europe/Berlin"


def a_provider() -> NewProvider:
    return NewProvider(
        unique("centre"),
        kinds=(unique("repair_centre"), "tow_truck"),
        skills=("powertrain", "body"),
        position=Position(52.5, 13.4),
        zone=BERLIN,
        hours=OFFICE,
        capacity=2,
        webhook_url="https://centre.example/hook",
        email="centre@example.org",
    )


async def test_a_provider_is_registered_once(database: Database) -> None:
    new = a_provider()
    async with database.transaction() as tx:
        first = await parties.register_provider(tx, new)
        assert await parties.register_provider(tx, new) == first
        changed = await parties.register_provider(tx, replace(new, capacity=5, skills=()))
        found = await parties.get_provider(tx, first.id)
    assert (first.name, first.hours, first.position) == (new.name, new.hours, new.position)
    assert changed == replace(first, capacity=5, skills=()) == found
    # Standard Webhooks: whsec_ and base64 of 24 to 64 bytes
    assert 24 <= len(b64decode(first.webhook_secret.removeprefix("whsec_"), validate=True)) <= 64
    assert first.webhook_secret not in repr(first)


async def test_providers_are_found_by_kind(database: Database) -> None:
    new = a_provider()
    async with database.transaction() as tx:
        first = await parties.register_provider(tx, new)
        kind = new.kinds[0]
        second = await parties.register_provider(
            tx, replace(new, name=unique("centre"), skills=("body",))
        )
        found = await parties.providers_of_kinds(tx, [kind, "none"])
        assert found == {kind: [first, second], "none": []}
        both = await parties.get_providers(tx, [first.id, second.id])
    assert both == {first.id: first, second.id: second}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"kinds": ()},
        {"skills": ("\0",)},
        {"zone": "Mars"},
        {"capacity": 0},
        {"email": "a\nb@c.org"},
        {"email": None, "webhook_url": None},
        {"webhook_url": "file:///etc/passwd"},
    ],
)
async def test_a_bad_provider_is_refused(database: Database, wrong: dict[str, Any]) -> None:
    async with database.transaction() as tx:
        with pytest.raises(Refused, match=next(iter(wrong))):
            await parties.register_provider(tx, replace(a_provider(), **wrong))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_hours_are_those_of_the_place() -> None:
    # winter and summer, an hour apart in UTC
    assert OFFICE.on(date(2026, 1, 5), BERLIN) == (
        (at("2026-01-05 08:00"), at("2026-01-05 16:30")),
    )
    assert OFFICE.on(date(2026, 7, 6), BERLIN)[0][0] == at("2026-07-06 07:00")
    assert OFFICE.on(date(2026, 1, 4), BERLIN) == ()
    assert OFFICE.open_at(at("2026-01-05 08:00"), BERLIN)
    assert not OFFICE.open_at(at("2026-01-05 16:30"), BERLIN)
    # Tuesday morning in Auckland is still Monday evening in UTC
    assert OFFICE.open_at(at("2026-01-05 21:00"), "Pacific/Auckland")


def test_the_day_of_the_shorter_night() -> None:
    always = WeeklyHours.always()
    [(opens, closes)] = always.on(date(2026, 3, 29), BERLIN)
    assert (closes - opens).total_seconds() == 23 * 3600
    lost = WeeklyHours((Span(6, 2 * 60, 3 * 60),))
    assert lost.on(date(2026, 3, 29), BERLIN) == ()
    assert len(lost.on(date(2026, 3, 22), BERLIN)) == 1


@given(st.timedeltas(timedelta(0), timedelta(days=3650)))
def test_always_is_always(later: timedelta) -> None:
    assert WeeklyHours.always().open_at(datetime(2020, 1, 1, tzinfo=UTC) + later, BERLIN)


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 60, 60)],
        [(0, -1, 60)],
        [(0, 0, 1441)],
        [(7, 0, 60)],
        [(0, 0, 60), (0, 59, 90)],
    ],
)
def test_spans_that_cannot_be(spans: list[tuple[int, int, int]]) -> None:
    with pytest.raises(ValueError, match=r"span of a day|overlap"):
        WeeklyHours(tuple(Span(*one) for one in spans))
