"""A service is for some kinds of machine, and no other machine can have it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.hand import Hand, open_hand

from thingdesk import cases, parties
from thingdesk.cases import CaseFilter
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.packs import meter, vehicle
from thingdesk.parties import NewMachine, NewOwner, Role
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Recovery, Refusal

HOT = [120.0] * 4


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    at_once = [replace(one, kinds=frozenset({"meter"})) for one in meter.SERVICES]
    services = (*vehicle.SERVICES, *at_once)
    return await open_hand(database, Flow(Catalog(services), vehicle.RULES))


@pytest.mark.parametrize("service", ["vehicle.breakdown", "meter.reading"])
async def test_what_is_for_others_is_refused_with_the_kinds_it_is_for(
    hand: Hand, service: str
) -> None:
    name = f"oven-{service[:5]}"
    await hand.machine(name, "oven", owner=f"baker-{name}")
    reading = {"register": "1.8.0", "at": clock.now().isoformat(), "kwh": 1}
    given = {"code": "P0217"} if service == "vehicle.breakdown" else reading
    refused = await hand.report(name, service, given)
    assert isinstance(refused, Refusal), refused
    assert (refused.code, refused.recovery) == ("not_for_this_machine", Recovery.FIX_INPUT)
    assert refused.reason.endswith("the machine is of kind oven")
    (wrong,) = refused.fields
    assert wrong.mend.startswith("name a machine of kind ")
    async with hand.database.transaction() as tx:
        assert await cases.search(tx, CaseFilter(subject=name)) == []


async def test_an_assistant_asks_for_the_car_of_its_owner(hand: Hand) -> None:
    """The kind that counts is that of the subject."""
    await hand.machine("kinds-car", "car", owner="kinds-one")
    await hand.machine("kinds-helper", "assistant", owner="kinds-one")
    given = {"code": "P0217"}
    asked = await hand.take("kinds-helper", "vehicle.breakdown", given, subject="kinds-car")
    assert not isinstance(asked, Refusal), asked
    own = await hand.take("kinds-helper", "vehicle.breakdown", given)
    assert isinstance(own, Refusal)


async def test_a_finding_on_a_machine_of_another_kind_asks_for_nothing(hand: Hand) -> None:
    """Its model fits the rule, its kind does not fit the rule's service: staff are told."""
    async with hand.database.transaction() as tx:
        owner = NewOwner("baker@example.org", "Baker")
        await parties.register(tx, [NewMachine("toy", "toy", "car-toy", owner=owner)])
        staff = await parties.add_staff(tx, "staff@example.org", "Staff", {Role.ADMIN})
    start = clock.now() - timedelta(minutes=2)
    coolant, every = "engine_coolant_temperature", timedelta(seconds=20)
    await hand.say("toy", coolant, HOT, start=start, every=every)
    async with hand.database.transaction() as tx:
        assert await cases.search(tx, CaseFilter(subject="toy")) == []
        words = await tx.fetchval(
            "select words from notice where to_id = $1 and kind = 'rule.failed'", str(staff.id)
        )
    assert "vehicle.overheated found something on toy" in words
    assert "of kind toy" in words
