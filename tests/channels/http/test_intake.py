"""What machines send over HTTP, and the receipts that they get for it."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.parties.making import an_owner
from tests.saying import (
    Caller,
    Event,
    a_caller,
    event,
    hash_of,
    reading,
    refused,
    report,
    signal,
)

from thingdesk import app, cases, notices, parties
from thingdesk.cases import Outcome
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings

NOON, LATER = "2026-11-20T12:00:00Z", "2026-11-20T13:00:00Z"


async def cases_of(database: Database, machine: str) -> list[cases.Case]:
    async with database.transaction() as tx:
        return await cases.search(tx, cases.CaseFilter(subject=machine, most=50))


async def test_a_signal_is_receipted_by_its_hash(car: Caller) -> None:
    one = signal(car.id)
    assert await car.receipts("signals", one) == {
        one["id"]: {"id": one["id"], "hash": hash_of(one)}
    }


@pytest.mark.parametrize("kind", ["report", "ack", "result"])
async def test_whatever_a_machine_says_it_is_seen(
    database: Database, http: httpx.AsyncClient, kind: str
) -> None:
    one = await a_caller(database, http)
    given = {
        "report": {"service": "vehicle.repair", "input": {"code": "P0301"}},
        "ack": {"notice": str(ids.new())},
        "result": {"command": str(ids.new()), "status": "done"},
    }
    await one.say(f"{kind}s", event(one.id, kind, given[kind]))
    async with database.transaction() as tx:
        known = await parties.get_machine(tx, one.id)
    assert known
    assert known.last_seen
    assert clock.now() - known.last_seen < timedelta(minutes=1)


async def test_a_batch_has_one_receipt(car: Caller) -> None:
    many = [signal(car.id, {"speed": n, "small": 1e-5}) for n in range(100)]
    told = await car.receipts("signals", *many)
    assert {name: one["hash"] for name, one in told.items()} == {
        one["id"]: hash_of(one) for one in many
    }


async def test_a_report_is_receipted_with_its_case(car: Caller, database: Database) -> None:
    one = report(car.id)
    told = (await car.receipts("reports", one))[one["id"]]
    assert told["hash"] == hash_of(one)
    (case,) = await cases_of(database, car.id)
    assert told["case"] == str(case.id)


async def test_a_repeated_report_gets_the_same_answer(car: Caller, database: Database) -> None:
    one = report(car.id)
    first = await car.receipts("reports", one)
    again = await asyncio.gather(*(car.receipts("reports", one) for _ in range(10)))
    assert again == [first] * 10
    (case,) = await cases_of(database, car.id)
    assert case.reports == 1


async def test_a_repeated_reading_gets_the_outcome_of_the_first(car: Caller) -> None:
    first, second = reading(car.id, 100, NOON), reading(car.id, 103.5, LATER)
    await car.receipts("reports", first)
    told = (await car.receipts("reports", second))[second["id"]]
    assert told["outcome"]["used"] == 3.5
    assert "case" not in told
    assert (await car.receipts("reports", second))[second["id"]] == told


async def test_twins_in_one_batch_get_one_answer(car: Caller, database: Database) -> None:
    one = report(car.id)
    answer = await car.say("reports", [one, one, one])
    assert answer.json()["refused"] == []
    (case,) = await cases_of(database, car.id)
    assert (await car.verified(answer))[one["id"]]["case"] == str(case.id)
    assert case.reports == 1


async def test_a_twin_with_other_content_is_refused(car: Caller, database: Database) -> None:
    one = report(car.id, "P0301")
    other = {**one, "data": {"service": "vehicle.repair", "input": {"code": "P0302"}}}
    answer = await car.say("reports", [one, other])
    assert list(await car.verified(answer)) == [one["id"]]
    (said,) = answer.json()["refused"]
    assert (said["event"], said["code"], said["recovery"]) == (
        one["id"],
        "event_id_reused",
        "fix_input",
    )
    assert len(await cases_of(database, car.id)) == 1


async def test_good_events_of_a_batch_are_kept(car: Caller) -> None:
    good, bad = signal(car.id), signal(car.id, {"speed": "fast"})
    answer = await car.say("signals", [bad, good, 17])
    assert list(await car.verified(answer)) == [good["id"]]
    assert [one["event"] for one in answer.json()["refused"]] == [bad["id"], None]


async def test_what_was_refused_leaves_nothing(car: Caller, database: Database) -> None:
    one = report(car.id, "no code")
    fields = refused(await car.say("reports", one), 422, "unfit_input", "fix_input")
    assert [field["path"] for field in fields] == ["data.input.code"]
    assert await cases_of(database, car.id) == []
    mended = {**one, "data": {"service": "vehicle.repair", "input": {"code": "P0301"}}}
    assert await car.case_of(mended)


async def test_a_reading_that_was_refused_can_be_mended(car: Caller) -> None:
    await car.receipts("reports", reading(car.id, 100, NOON))
    low = reading(car.id, 90, LATER)
    fields = refused(await car.say("reports", low), 409, "implausible_reading", "fix_input")
    assert [field["path"] for field in fields] == ["data.input.kwh"]
    mended = reading(car.id, 101, LATER, id=low["id"])
    assert (await car.receipts("reports", mended))[low["id"]]["outcome"]["used"] == 1


async def test_a_refused_twin_is_refused_too(car: Caller, database: Database) -> None:
    good, low = reading(car.id, 100, NOON), reading(car.id, 90, LATER)
    await car.receipts("reports", good)
    answer = await car.say("reports", [low, low])
    assert answer.json()["receipts"] == []
    assert [one["code"] for one in answer.json()["refused"]] == ["implausible_reading"] * 2
    async with database.transaction() as tx:
        left = await tx.fetch("select event_id from report where reporter = $1", car.id)
    assert [row["event_id"] for row in left] == [good["id"]], "what was taken before is known still"


async def test_nobody_reports_for_a_machine_of_another_owner(
    car: Caller, other: Caller, database: Database
) -> None:
    foreign = report(car.id, subject=other.id)
    answer = await car.say("reports", foreign)
    refused(answer, 403, "not_your_machine", "contact_us")
    assert answer.json()["event"] == foreign["id"], "so that it is not taken for the connection's"
    unknown = report(car.id, subject="nobody")
    refused(await car.say("reports", unknown), 403, "not_your_machine", "contact_us")
    assert await cases_of(database, other.id) == []


async def test_an_assistant_reports_for_a_machine_of_its_owner(
    database: Database, http: httpx.AsyncClient
) -> None:
    owner = an_owner()
    car = await a_caller(database, http, owner=owner)
    assistant = await a_caller(database, http, owner=owner)
    own, told = report(car.id), report(assistant.id, subject=car.id)
    case = await assistant.case_of(told)
    assert await car.case_of(own) == case
    for one in (car, assistant):
        seen = await one.get(f"/v1/cases/{case}")
        assert (seen["case"], seen["subject"], seen["reports"]) == (case, car.id, 2)


async def test_a_case_is_seen_by_its_machine_alone(car: Caller, other: Caller) -> None:
    case = await car.case_of(report(car.id))
    seen = await car.get(f"/v1/cases/{case}")
    assert seen["service"] == "vehicle.repair"
    assert {one["name"] for one in seen["promises"]} == {"receipt", "decision", "resolution"}
    refused(await other.call("GET", f"/v1/cases/{case}"), 404, "case_unknown", "contact_us")


async def test_what_was_before_a_sale_is_hidden_after_it(car: Caller, database: Database) -> None:
    case = await car.case_of(report(car.id))
    async with database.transaction() as tx:
        told = Notice(Recipient.machine(car.id), "case.told", "For the former owner's eyes.")
        notices.tell(tx, told)
    async with database.transaction() as tx:
        buyer = await parties.add_owner(tx, an_owner())
        await app.make_flow(Settings()).transfer(tx, car.id, buyer.id, clock.now())
    refused(await car.call("GET", f"/v1/cases/{case}"), 404, "case_unknown", "contact_us")
    assert (await car.get("/v1/notices"))["notices"] == []
    (former,) = await cases_of(database, car.id)
    assert former.outcome is Outcome.WITHDRAWN
    async with database.transaction() as tx:  # and sold back to who had it before
        await app.make_flow(Settings()).transfer(tx, car.id, former.owner_id, clock.now())
    refused(await car.call("GET", f"/v1/cases/{case}"), 404, "case_unknown", "contact_us")
    again = await car.case_of(report(car.id))
    assert again != case
    async with database.transaction() as tx:  # and given to nobody
        await app.make_flow(Settings()).transfer(tx, car.id, None, clock.now())
    refused(await car.call("GET", f"/v1/cases/{again}"), 404, "case_unknown", "contact_us")


@pytest.mark.parametrize("kind", ["signals", "reports", "acks", "results"])
@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "thingdesk.other"}, "type"),
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": "a b"}, "id"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2026-11-21T20:00:00"}, "time"),
        ({"data": []}, "data"),
    ],
)
async def test_an_envelope_that_is_wrong_is_told_by_its_field(
    car: Caller, kind: str, change: Event, path: str
) -> None:
    one: dict[str, Any] = event(car.id, kind.removesuffix("s"), {"speed": 1}) | change
    fields = refused(await car.say(kind, one), 422, "bad_event", "fix_input")
    assert [field["path"] for field in fields] == [path]
