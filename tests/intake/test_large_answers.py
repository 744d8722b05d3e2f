"""An answer can be much longer than what it answers; a broker takes only so much at a time."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.desk import DeskProcess
from tests.intake.conftest import Stored, Way
from tests.line import Line
from tests.saying import Caller, Event, event, hash_of, receipt, receipts, signal

from thingdesk.platform.cloudevents import MOST_BYTES, MOST_EVENTS
from thingdesk_machine import Backoff, Identity, Machine, Options

SENTENCES = 120
"""How much a recital answers with: some 3 KB, of which a thousand are three times what brokers take
in one payload.
"""


def recital(machine: str, times: int = SENTENCES, event_id: str = "") -> Event:
    given = {"service": "faulty.recite", "input": {"times": times}}
    more = {"id": event_id} if event_id else {}
    one = event(machine, "report", given, **more)
    return {key: value for key, value in one.items() if key != "time"} | {"source": "x"}


async def test_every_refusal_of_a_whole_batch_comes_down(wire: Line, car: Caller) -> None:
    wrong = dict.fromkeys("abcdefghijklmno", 1)
    batch = [
        {
            "specversion": "1.0",
            "id": str(n),
            "source": "x",
            "type": "thingdesk.report",
            "data": {"service": "vehicle.repair", "input": wrong},
        }
        for n in range(MOST_EVENTS)
    ]
    payload = json.dumps(batch, separators=(",", ":")).encode()
    assert len(payload) <= MOST_BYTES
    wire.send("reports", payload)
    refused: list[Event] = []
    while len(refused) < MOST_EVENTS:
        refused += await wire.heard()
    assert [one["data"]["event"] for one in refused] == [str(n) for n in range(MOST_EVENTS)]
    assert all(len(one["data"]["fields"]) == len(wrong) + 1 for one in refused)
    # and the desk is still there for everybody
    (answer,) = await wire.say("signals", good := signal(car.id))
    keys = (await car.http.get("/v1/desk")).json()["keys"]
    (taken,) = receipt(answer["data"]["receipt"], keys, car.id)
    assert taken["hash"] == hash_of(good)


async def test_a_thousand_long_outcomes_come_down_in_receipts_of_a_size_that_brokers_take(
    wire: Line, car: Caller
) -> None:
    batch = [recital(car.id, event_id=f"mqtt-{n}") for n in range(MOST_EVENTS)]
    wire.send("reports", json.dumps(batch, separators=(",", ":")).encode())
    signed: list[str] = []
    keys = (await car.http.get("/v1/desk")).json()["keys"]
    said: dict[str, Event] = {}
    while len(said) < MOST_EVENTS:
        parts = [one["data"]["receipt"] for one in await wire.heard()]
        said |= receipts(parts, keys, car.id)
        signed += parts
    assert all(said[one["id"]]["hash"] == hash_of(one) for one in batch)
    assert all(len(one["outcome"]["lines"]) == SENTENCES for one in said.values())
    assert sum(map(len, signed)) > 3 * 1024 * 1024
    assert max(map(len, signed)) < 64 * 1024


async def test_over_http_they_are_a_list_of_receipts(car: Caller) -> None:
    batch = [recital(car.id, event_id=f"http-{n}") for n in range(MOST_EVENTS)]
    content = json.dumps(batch, separators=(",", ":")).encode()
    answer = (await car.call("POST", "/v1/reports", content=content)).json()
    assert answer["refused"] == []
    assert max(map(len, answer["receipts"])) < 64 * 1024
    keys = (await car.http.get("/v1/desk")).json()["keys"]
    said = receipts(answer["receipts"], keys, car.id)
    assert {one["id"]: hash_of(one) for one in batch} == {
        name: one["hash"] for name, one in said.items()
    }


@pytest.mark.parametrize("scheme", ["http", "mqtt"])
async def test_our_library_takes_them_all_at_the_first_attempt(
    scheme: str, other: Caller, desk: DeskProcess, tmp_path: Path
) -> None:
    keys = (await other.http.get("/v1/desk")).json()["keys"]
    where = desk.http if scheme == "http" else f"mqtt://127.0.0.1:{desk.mqtt_port}"
    async with Machine(
        identity=Identity(other.id, other.signing.key),
        desk=where,
        queue=tmp_path / "queue",
        desk_keys=keys,
        options=Options(batch=1000, patience=Backoff(600, 600)),
    ) as machine:
        asked = [
            machine.report("faulty.recite", {"times": SENTENCES}, event_id=f"r{n}")
            for n in range(MOST_EVENTS)
        ]
        async with asyncio.timeout(60):
            held = await asyncio.gather(*asked)
        assert [one.event for one in held] == [f"r{n}" for n in range(MOST_EVENTS)]
        assert all(len(one.outcome["lines"]) == SENTENCES for one in held)
        assert machine.forged_receipts == 0


async def test_an_outcome_too_long_for_any_receipt_is_refused_and_nothing_is_kept(
    way: Way, stored: Stored
) -> None:
    before = await stored()
    answer = await way.say("reports", recital(way.car.id, times=3000))
    assert [one["code"] for one in answer.refused] == ["outcome_too_long"]
    assert [one["recovery"] for one in answer.refused] == ["contact_us"]
    assert answer.receipts == []
    assert await stored() == before
