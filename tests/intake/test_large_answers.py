"""An answer can be much longer than what it answers; a broker takes only so much at a time."""

import json

from tests.line import Line
from tests.saying import Caller, Event, hash_of, receipt, signal

from thingdesk.platform.cloudevents import MOST_BYTES, MOST_EVENTS


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
