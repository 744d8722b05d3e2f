"""The example payloads of the reference are taken by the real reader, or refused as they say."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from scripts.reference import examples
from tests.hand import open_hand

from thingdesk import cases, notices, parties
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import Command
from thingdesk.fulfilment.effects import send_command
from thingdesk.intake import Intake, Kind
from thingdesk.notices import Notice, Recipient
from thingdesk.packs import meter, vehicle
from thingdesk.parties import NewMachine, NewOwner
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk_machine import Identity


@pytest.fixture(scope="module")
async def intake(database: Database) -> AsyncIterator[Intake]:
    flow = Flow(Catalog((*vehicle.SERVICES, *meter.SERVICES)), ())
    await open_hand(database, flow)
    ada = NewOwner("ada@example.org", "Ada", "Europe/Berlin")
    async with database.transaction() as tx:
        for kind in ("car", "assistant", "meter"):
            name = f"{kind}-1"
            key = Identity.create(name).public_jwk["x"]
            await parties.register(tx, [NewMachine(name, kind, kind, owner=ada, key=key)])
        desk = await parties.desk_key(tx)
    async with Intake(database, flow, desk) as opened:
        yield opened


async def take(intake: Intake, kind: Kind, event: dict[str, Any]) -> None:
    machine = event["source"].removeprefix("td/")
    taken = await intake.take(machine, kind, json.dumps(event).encode())
    assert not taken.refused
    assert taken.entries


SENT = {
    "signal": (Kind.SIGNALS, examples.SIGNAL),
    "report": (Kind.REPORTS, examples.REPORT),
    "report of another": (Kind.REPORTS, examples.ASSISTANT),
    "reading": (Kind.REPORTS, examples.READING),
}


@pytest.mark.parametrize(("kind", "event"), SENT.values(), ids=SENT.keys())
async def test_an_example_is_taken(intake: Intake, kind: Kind, event: dict[str, Any]) -> None:
    await take(intake, kind, event)


async def test_the_machine_and_its_assistant_speak_of_one_case(
    intake: Intake, database: Database
) -> None:
    for event in (examples.REPORT, examples.ASSISTANT):
        await take(intake, Kind.REPORTS, event)
    async with database.transaction() as tx:
        found = await cases.search(tx, cases.CaseFilter(subject="car-1", most=10))
    assert [one.service for one in found] == ["vehicle.repair"]


async def test_an_acknowledgement_is_taken(intake: Intake, database: Database) -> None:
    async with database.transaction() as tx:
        told = notices.tell(tx, Notice(Recipient.machine("car-1"), "case.told", "Hello."))
    await take(intake, Kind.ACKS, examples.ACK | {"data": {"notice": str(told)}})


async def test_a_result_is_taken(intake: Intake, database: Database) -> None:
    async with database.transaction() as tx:
        expires = clock.now() + timedelta(minutes=5)
        sent = Command(examples.COMMAND, uuid4(), uuid4(), "car-1", "restart", expires)
        await send_command(tx, sent)
    await take(intake, Kind.RESULTS, examples.RESULT)


async def test_the_wrong_one_is_refused_as_the_page_says(intake: Intake) -> None:
    taken = await intake.take("car-1", Kind.SIGNALS, json.dumps(examples.WRONG).encode())
    (refusing,) = taken.refused
    assert refusing.as_data() == examples.refusal()["data"]
    assert not taken.entries
