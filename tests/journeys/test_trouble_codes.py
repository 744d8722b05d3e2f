"""What a trouble code means is told in words, where the operator has set a file of them."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError
from tests.hand import Hand, open_hand

from thingdesk import app, mandates, notices, parties
from thingdesk.catalog import Catalog
from thingdesk.demo.later import CODES
from thingdesk.demo.script import PLAN
from thingdesk.flow import Flow
from thingdesk.mandates import Policy
from thingdesk.packs import vehicle
from thingdesk.parties import Role
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings

FILE = '"P0A80","Replace Hybrid Battery Pack"\n\nP0301\n"C0035","Left Front Wheel Speed Circuit"\n'


@pytest.fixture(scope="module")
async def hand(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Hand:
    path = tmp_path_factory.mktemp("codes") / "codes.csv"
    path.write_text(FILE)
    meanings = app.make_flow(Settings(trouble_codes=path)).meanings
    one = await open_hand(
        database, Flow(Catalog(vehicle.SERVICES), vehicle.RULES, meanings=meanings)
    )
    await one.provider("Truck", "tow_truck", km=4)
    async with database.transaction() as tx:
        await mandates.set_policy(tx, Policy())
    return one


async def words(hand: Hand, machine: str, code: str) -> tuple[object, str, str]:
    """What the case, the owner and the provider are told of a code that the car reads."""
    await hand.machine(machine, "car", owner=f"owner-{machine}")
    start = clock.now() - timedelta(minutes=5)
    await hand.say(machine, "speed", [0], start=start, codes=(code,))
    case = await hand.case_of(machine)
    async with hand.database.transaction() as tx:
        told = [one.notice for one in await notices.of_case(tx, case.id)]
    owner = next(one.words for one in told if one.to.kind == "owner")
    assert case.evidence
    return case.evidence.get("meaning"), owner, (await hand.offered(case.id)).offer.words


async def test_a_code_of_the_file_has_its_words(hand: Hand) -> None:
    meaning, owner, provider = await words(hand, "car-1", "P0A80")
    assert meaning == "Replace Hybrid Battery Pack"
    assert "P0A80: Replace Hybrid Battery Pack." in owner
    assert "P0A80: Replace Hybrid Battery Pack." in provider


async def test_another_has_those_of_its_family(hand: Hand) -> None:
    meaning, owner, provider = await words(hand, "car-2", "C0040")
    assert meaning is None
    assert "C0040: the brakes or the chassis." in owner
    assert "C0040: the brakes or the chassis." in provider


def test_a_file_that_is_not_there_stops_the_desk(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="trouble_codes"):
        Settings(trouble_codes=tmp_path / "nowhere.csv")


def test_without_a_file_there_are_the_ready_words() -> None:
    assert app.make_flow(Settings()).meanings["P0506"] == "the engine idles too slowly"


def test_what_the_demo_breaks_has_ready_words() -> None:
    played = {one.fault.code for one in PLAN.machines if one.fault and one.fault.code}
    assert {*played, *CODES} <= app.make_flow(Settings()).meanings.keys()


def test_a_part_that_cannot_be_named_is_not_said_to_be_fitted() -> None:
    found = vehicle.system_of("P0506")
    assert found.task == "Find the cause and mend it; small parts are set aside."
    assert (found.done, vehicle.system_of("P0301").done) == ("mended it", "fitted ignition coil")
    assert {vehicle.system_of(code).words for code in ("P0506", "P0700", "U0100", "B1234")} == {
        "idling, or the control of speed",
        "the gearbox",
        "the network between its control units",
        "the body of the car",
    }


async def test_codes_that_a_rule_cannot_use_are_told_to_staff_once_an_hour(hand: Hand) -> None:
    async with hand.database.transaction() as tx:
        staff = await parties.add_staff(tx, "staff@example.org", "Staff", {Role.AGENT})
    turnable = clock.Turnable()
    with clock.reading(turnable):
        await hand.machine("car-3", "car", owner="owner-car-3")
        start = clock.now() - timedelta(minutes=1)
        codes = tuple(f"P03Z{n}" for n in range(32))
        await hand.say("car-3", "speed", [0], start=start, codes=codes)
        for _ in range(3):
            turnable.turn(timedelta(minutes=6))
            await hand.tick()
        assert await told_of_rules(hand, staff.id) == 1
        turnable.turn(timedelta(days=1, minutes=6))
        await hand.tick()
        assert await told_of_rules(hand, staff.id) == 2


async def told_of_rules(hand: Hand, staff: UUID) -> int:
    async with hand.database.transaction() as tx:
        told = await tx.fetch(
            "select 1 from notice where kind = 'rule.failed' and to_id = $1", str(staff)
        )
    return len(told)
