"""Who has the key and the words of before a sale: a repeat tells them nothing of then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.hand import Hand, open_hand
from tests.parties.making import an_owner

from thingdesk import parties
from thingdesk.cases import Answer, Report
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.packs import meter, vehicle
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    services = (*vehicle.SERVICES, *meter.SERVICES)
    return await open_hand(database, Flow(Catalog(services), (*vehicle.RULES, *meter.RULES)))


def opens_a_case(machine: str) -> Report:
    given = {"code": "P0301"}
    return _report(machine, "vehicle.repair", given)


def is_answered_at_once(machine: str) -> Report:
    at = clock.now() - timedelta(hours=1)
    given = {"register": "1.8.0", "kwh": 4711.0, "at": at.isoformat()}
    return _report(machine, "meter.reading", given)


def _report(machine: str, service: str, given: dict[str, Any]) -> Report:
    event_id = str(ids.new())
    return Report(machine, event_id, event_id.encode(), clock.now(), service, given, machine)


async def taken(hand: Hand, *reports: Report) -> list[Answer | Refusal]:
    async with hand.database.transaction() as tx:
        return await hand.flow.take_reports(tx, list(reports))


async def sold(hand: Hand, machine: str, *, back: bool = False, at: datetime | None = None) -> None:
    async with hand.database.transaction() as tx:
        former = (await parties.ownership_of(tx, machine, clock.now())) if back else None
        buyer = await parties.add_owner(tx, an_owner())
        await hand.flow.transfer(tx, machine, buyer.id, at or clock.now())
        if former:
            await hand.flow.transfer(tx, machine, former.owner_id, clock.now())


KINDS = {"car": opens_a_case, "meter": is_answered_at_once}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["sold", "and bought back", "given to nobody"])
async def test_a_repeat_after_a_sale_is_told_nothing_of_before(
    hand: Hand, kind: str, way: str
) -> None:
    machine = f"{kind}-{ids.secret(6)}"
    await hand.machine(machine, kind, owner=machine.lower())
    said = KINDS[kind](machine)
    (first,) = await taken(hand, said)
    assert isinstance(first, Answer)
    assert first.case_id or first.outcome
    assert await taken(hand, said) == [first]
    if way == "given to nobody":
        async with hand.database.transaction() as tx:
            await hand.flow.transfer(tx, machine, None, clock.now())
    else:
        await sold(hand, machine, back=way == "and bought back")
    new = KINDS[kind](machine)
    again, twin, other = await taken(hand, said, said, new)
    for one in (again, twin):
        assert isinstance(one, Refusal)
        assert (one.code, [field.path for field in one.fields]) == ("reported_before_sale", ["id"])
        assert str(first.case_id) not in repr(one)
    assert isinstance(other, Answer)
    assert other.case_id != first.case_id or first.case_id is None
    assert await taken(hand, new) == [other]


@pytest.mark.parametrize("kind", KINDS)
async def test_nor_is_one_after_a_sale_that_was_entered_late(hand: Hand, kind: str) -> None:
    machine = f"{kind}-{ids.secret(6)}"
    await hand.machine(machine, kind, owner=machine.lower())
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(hours=2))
        said = KINDS[kind](machine)
        (first,) = await taken(hand, said)
        assert isinstance(first, Answer)
        assert await taken(hand, said) == [first]
        await sold(hand, machine, at=clock.now() - timedelta(hours=1))
        (again,) = await taken(hand, said)
        new = KINDS[kind](machine)
        (other,) = await taken(hand, new)
        assert await taken(hand, new) == [other]
    assert isinstance(again, Refusal)
    assert again.code == "reported_before_sale"
    assert isinstance(other, Answer)


@pytest.mark.parametrize("kind", KINDS)
async def test_nor_after_one_to_nobody_that_was_entered_late(hand: Hand, kind: str) -> None:
    machine = f"{kind}-{ids.secret(6)}"
    await hand.machine(machine, kind, owner=machine.lower())
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(hours=2))
        said = KINDS[kind](machine)
        await taken(hand, said)
        async with hand.database.transaction() as tx:
            await hand.flow.transfer(tx, machine, None, clock.now() - timedelta(hours=1))
        (again,) = await taken(hand, said)
    assert isinstance(again, Refusal)


async def test_what_nobody_owned_is_told_again_while_nobody_does(hand: Hand) -> None:
    machine = f"meter-{ids.secret(6)}"
    await hand.machine(machine, "meter")
    said = is_answered_at_once(machine)
    (first,) = await taken(hand, said)
    assert await taken(hand, said) == [first]
    await sold(hand, machine)
    (again,) = await taken(hand, said)
    assert isinstance(again, Refusal)
