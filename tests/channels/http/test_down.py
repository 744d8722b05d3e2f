"""What waits for machines and providers: notices, commands, jobs; and what they answer."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.channels.http.linking import Link, sign
from tests.fulfilment.making import make_command
from tests.saying import Caller, Event, event, hash_of, refused

from thingdesk import fulfilment, notices
from thingdesk.fulfilment import effects
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock, ids
from thingdesk.platform.cloudevents import MOST_BYTES
from thingdesk.platform.database import Database


async def told(database: Database, machine: str) -> str:
    """The id of a new notice to the machine."""
    notice = Notice(Recipient.machine(machine), "case.told", "Stop, please.", None, {"stop": True})
    async with database.transaction() as tx:
        return str(notices.tell(tx, notice))


async def commanded(database: Database, machine: str) -> str:
    """The id of a new command to the machine."""
    async with database.transaction() as tx:
        return str(await effects.send_command(tx, make_command(machine=machine)))


def ack(car: Caller, notice: str) -> Event:
    return event(car.id, "ack", {"notice": notice})


def result(car: Caller, command: str, status: str = "done", **more: Any) -> Event:
    return event(car.id, "result", {"command": command, "status": status, **more})


async def test_a_notice_waits_until_it_is_acknowledged(car: Caller, database: Database) -> None:
    notice = await told(database, car.id)
    for _ in range(2):
        (waiting,) = (await car.get("/v1/notices"))["notices"]
        assert waiting["type"] == "thingdesk.notice"
        assert waiting["data"]["notice"] == notice
        assert waiting["data"]["words"] == "Stop, please."
        assert waiting["data"]["data"] == {"stop": True}
    one = ack(car, notice)
    assert (await car.receipts("acks", one))[one["id"]]["hash"] == hash_of(one)
    assert (await car.get("/v1/notices"))["notices"] == []
    assert await car.receipts("acks", ack(car, notice))


async def test_nobody_acknowledges_the_notice_of_another(
    car: Caller, other: Caller, database: Database
) -> None:
    notice = await told(database, car.id)
    assert (await other.get("/v1/notices"))["notices"] == []
    answer = await other.say("acks", ack(other, notice))
    assert answer.json()["code"] == "notice_unknown"
    assert len((await car.get("/v1/notices"))["notices"]) == 1


async def test_notices_come_in_pages(car: Caller, database: Database) -> None:
    all_ = [await told(database, car.id) for _ in range(3)]
    some = (await car.get("/v1/notices?most=2"))["notices"]
    assert [one["data"]["notice"] for one in some] == all_[:2]


async def test_a_command_waits_until_it_has_a_result(car: Caller, database: Database) -> None:
    command = await commanded(database, car.id)
    (waiting,) = (await car.get("/v1/commands"))["commands"]
    assert waiting["data"]["command"] == command
    assert waiting["data"]["preconditions"] == {"speed": {"max": 0}}
    one = result(car, command, detail={"took": 3})
    assert (await car.receipts("results", one))[one["id"]]["hash"] == hash_of(one)
    assert (await car.get("/v1/commands"))["commands"] == []
    assert await car.receipts("results", result(car, command, detail={"took": 3}))
    second = await car.say("results", result(car, command, "failed"))
    refused(second, 409, "command_settled", "contact_us")


@pytest.mark.parametrize("status", ["done", "refused", "failed", "expired", "recalled"])
async def test_whatever_became_of_a_command_is_taken(
    car: Caller, database: Database, status: str
) -> None:
    command = await commanded(database, car.id)
    assert await car.receipts("results", result(car, command, status))
    assert (await car.get("/v1/commands"))["commands"] == []


async def test_nobody_answers_the_command_of_another(
    car: Caller, other: Caller, database: Database
) -> None:
    command = await commanded(database, car.id)
    assert (await other.get("/v1/commands"))["commands"] == []
    answer = await other.say("results", result(other, command))
    refused(answer, 404, "command_unknown", "contact_us")
    assert len((await car.get("/v1/commands"))["commands"]) == 1


@pytest.mark.parametrize(
    ("kind", "data", "path"),
    [
        ("acks", {}, "data.notice"),
        ("acks", {"notice": 7}, "data.notice"),
        ("acks", {"notice": "no id"}, "data.notice"),
        ("results", {"status": "done"}, "data.command"),
        ("results", {"command": str(ids.new()), "status": "perhaps"}, "data.status"),
        ("results", {"command": str(ids.new()), "status": "done", "detail": []}, "data.detail"),
    ],
)
async def test_an_answer_that_is_wrong_is_told_by_its_field(
    car: Caller, kind: str, data: Any, path: str
) -> None:
    said = await car.say(kind, event(car.id, kind.removesuffix("s"), data))
    assert [one["path"] for one in refused(said, 422, "bad_event", "fix_input")] == [path]


async def test_a_provider_takes_a_job_to_its_end(link: Link, database: Database) -> None:
    seen = await link.look()
    assert (seen["state"], seen["task"], seen["machine"]) == ("offered", "tow", "car-1")
    assert (await link.look())["state"] == "offered"
    arrival = (clock.now() + timedelta(minutes=20)).isoformat()
    for said, state in (
        ({"action": "accept"}, "accepted"),
        ({"action": "accept"}, "accepted"),
        ({"action": "under_way", "arrival": arrival}, "under_way"),
        ({"action": "arrived"}, "arrived"),
        ({"action": "done", "words": "Towed.", "data": {"km": 12}}, "done"),
    ):
        answer = await link.say(**said)
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.json()["state"] == state
    async with database.transaction() as tx:
        job = await fulfilment.get_job(tx, link.job.effect_id)
    assert job
    assert job.evidence
    assert job.evidence.data == {"km": 12}


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({}, "action"),
        ({"action": "perhaps"}, "action"),
        ({"action": "accept", "more": 1}, "more"),
        ({"action": "under_way"}, "arrival"),
        ({"action": "done"}, "words"),
        ({"action": "done", "words": " "}, "words"),
        ({"action": "done", "data": []}, "data"),
        ({"action": "done", "words": "w" * 3000}, "words"),
        ({"action": "done", "words": "NUL \x00"}, "words"),
        ({"action": "done", "words": "w", "data": {"note": "NUL \x00"}}, "data"),
        ({"action": "decline", "reason": "\x1b[2J"}, "reason"),
    ],
)
async def test_what_a_provider_says_wrong_is_told_by_its_field(
    link: Link, said: Any, path: str
) -> None:
    if said.get("action") == "done":
        await link.say(action="accept")
    answer = await link.say(**said)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, answer.text
    fields = refused(answer, 422, answer.json()["code"], "fix_input")
    assert [one["path"].split(".")[-1] for one in fields] == [path]
    assert (await link.look())["state"] in ("offered", "accepted")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 422, "broken_json"),
        (b'{"action": "done", "data": {"x": NaN}}', 422, "broken_json"),
        (b'{"action": "done", "words": "\\ud800"}', 422, "broken_json"),
        (b"[" * 5000 + b"]" * 5000, 422, "broken_json"),
        (b"null", 422, "answer_invalid"),
        (b" " * (MOST_BYTES + 1), 413, "too_large"),
    ],
)
async def test_a_body_that_is_none_is_refused(
    link: Link, content: bytes, status: int, code: str
) -> None:
    answer = await link.http.post(f"/v1/jobs/{link.token}", content=content)
    refused(answer, status, code, "fix_input")


async def test_a_link_is_for_one_job_and_one_purpose(link: Link, database: Database) -> None:
    job, hour = link.job.effect_id, timedelta(hours=1)
    for token, status, code, recovery in (
        ("no-token", 404, "link_unreadable", "fix_input"),
        ("%00", 404, "link_unreadable", "fix_input"),
        (link.token[:-8] + "AAAAAAAA", 404, "link_unreadable", "fix_input"),
        (await sign(database, "decision", job, hour), 404, "link_unreadable", "fix_input"),
        (await sign(database, "job", job, -hour), 403, "link_expired", "contact_us"),
        (await sign(database, "job", ids.new(), hour), 404, "job_unknown", "contact_us"),
    ):
        for method in ("GET", "POST"):
            path, said = f"/v1/jobs/{token}", {"action": "accept"}
            answer = await link.http.request(method, path, json=said)
            refused(answer, status, code, recovery)
    long = await link.http.get(f"/v1/jobs/{'a' * 2000}")
    refused(long, 422, "unfit_request", "fix_input")
    assert (await link.look())["state"] == "offered"
