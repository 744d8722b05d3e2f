"""A machine that sends without waiting for its receipts slows down nobody but itself."""

import asyncio
import json
import time

import httpx
import pytest
from gmqtt.mqtt.handler import MQTTConnectError
from tests.desk import DeskProcess
from tests.line import Line, line
from tests.saying import Caller, a_caller, event, refused, signal

from thingdesk.platform.cloudevents import MOST_BYTES, MOST_EVENTS
from thingdesk.platform.database import Database

PROMPTLY = 10.0


def much_work(machine: str) -> bytes:
    """As much as one message can bring, all of it wrong in every field."""
    data = {"service": "vehicle.repair", "input": dict.fromkeys("abcdefgh", 1)}
    one = event(machine, "report", data, source="x", time=None)
    del one["time"]
    batch = [one | {"id": str(n)} for n in range(MOST_EVENTS)]
    payload = json.dumps(batch, separators=(",", ":")).encode()
    assert MOST_BYTES / 2 < len(payload) <= MOST_BYTES
    return payload


async def test_a_machine_that_floods_is_sent_away_and_the_others_are_served(
    desk: DeskProcess, database: Database, http: httpx.AsyncClient, wire: Line, car: Caller
) -> None:
    hostile = await a_caller(database, http)
    payload = much_work(hostile.id)
    async with line(hostile.signing, desk.mqtt_port) as flood:
        for _ in range(150):
            flood.send("reports", payload)
        await asyncio.wait_for(flood.ended.wait(), 6 * PROMPTLY)
    began = time.monotonic()
    (answer,) = await wire.say("signals", signal(car.id))
    assert answer["type"] == "thingdesk.receipt"
    assert time.monotonic() - began < PROMPTLY
    with pytest.raises(MQTTConnectError):
        await Line(hostile.signing).open(desk.mqtt_port)
    assert "in a minute" in desk.log()


async def test_over_http_it_is_told_to_wait(other: Caller) -> None:
    payload = much_work(other.id)
    answers = await asyncio.gather(
        *(other.call("POST", "/v1/reports", content=payload) for _ in range(12))
    )
    late = [one for one in answers if one.status_code == httpx.codes.TOO_MANY_REQUESTS]
    assert late
    refused(late[0], 429, "too_much_at_once", "retry")
    assert any(one.status_code == httpx.codes.OK for one in answers)
