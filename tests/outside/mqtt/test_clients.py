"""Clients of others send reports and hear receipts: at the desk's own broker, and at mosquitto with
MQTT 5 shared subscriptions and two that take in, one of which is killed.
"""

import asyncio
import json
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from tests.machine.brokers import MOSQUITTO
from tests.outside.mqtt.brokers import DESK, Place, embedded, external
from tests.outside.mqtt.clients import by_mosquitto, by_mqtt_js, by_node_red, by_paho
from tests.parties.making import Signing, signing
from tests.saying import Event, event, receipt
from tests.waiting import until

from thingdesk.parties import NewMachine, register
from thingdesk.platform.database import Database

TOOLS = ("mosquitto_pub", "mosquitto_sub", "mosquitto_rr")
MISSING = [one for one in TOOLS if shutil.which(one) is None] + ([] if MOSQUITTO else ["mosquitto"])
REPORTS = 40
EVERY = 1.0
SAID = 2
"""How often each report is said before one worker is killed."""
PASSWORD = "a password that the broker knows"
Way = Callable[[Place, str, str, Event], Coroutine[Any, Any, Event]]
WAYS: dict[str, Way] = {
    "press-1": by_mosquitto,
    "press-2": by_paho,
    "press-3": by_mqtt_js,
    "press-4": by_node_red,
}
REPEATING = "press-5"
NAMES = (*WAYS, REPEATING)

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
async def presses(database: Database) -> dict[str, Signing]:
    made = {name: signing(name) for name in NAMES}
    new = [NewMachine(one.machine, "press", "press", key=one.x) for one in made.values()]
    async with database.transaction() as tx:
        await register(tx, new)
    return made


@pytest.fixture(scope="module", params=["embedded", "mosquitto"])
async def place(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    database_url: str,
    presses: dict[str, Signing],
) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    async with AsyncExitStack() as stack:
        known = dict.fromkeys(presses, PASSWORD)
        at = (
            embedded(folder, database_url)
            if request.param == "embedded"
            else external(folder, database_url, known)
        )
        yield await stack.enter_async_context(at)


def report(machine: str, metric: str) -> Event:
    given = {"metric": metric, "value": 95.0, "limit": 68.0}
    return event(machine, "report", {"service": "equipment.inspect", "input": given})


async def keys(place: Place) -> list[Event]:
    async with httpx.AsyncClient(base_url=place.http, timeout=30) as http:
        found: list[Event] = (await http.get("/v1/desk")).json()["keys"]
        return found


def password(place: Place, press: Signing) -> str:
    return press.token() if place.version == 4 else PASSWORD


@pytest.mark.parametrize("name", WAYS)
async def test_a_report_is_answered_by_its_signed_receipt(
    place: Place, presses: dict[str, Signing], name: str, request: pytest.FixtureRequest
) -> None:
    if WAYS[name] in (by_mqtt_js, by_node_red):
        request.getfixturevalue("node")
    said = report(name, f"temperature-{place.version}")
    heard = await WAYS[name](place, name, password(place, presses[name]), said)
    assert await case_in(heard, said, place, name)


async def case_in(heard: Event, said: Event, place: Place, name: str) -> str:
    """The case that the receipt names for what was said."""
    assert heard["type"] == "thingdesk.receipt"
    entries = receipt(heard["data"]["receipt"], await keys(place), name)
    # what was said twice before the desk answered is in one receipt twice
    (case,) = {one["case"] for one in entries if one["id"] == said["id"]}
    return str(case)


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("place", ["mosquitto"], indirect=True)
async def test_every_client_gets_its_receipt_though_the_worker_that_had_its_report_is_killed(
    place: Place, database: Database
) -> None:
    """Both that take in are stopped while all say their reports, which the broker hands out in
    turn: each of both has its part of them. Then one is killed, and the other goes on.
    """
    killed, other = place.workers
    reports = {name: report(name, "vibration") for name in WAYS}
    for one in place.workers:
        one.pause()
    try:
        async with asyncio.TaskGroup() as group, counting(place) as counts:
            heard: dict[str, asyncio.Task[Event]] = {
                name: group.create_task(way(place, name, PASSWORD, reports[name]))
                for name, way in WAYS.items()
            }

            async def all_said() -> bool:
                return all(counts[one["id"]] >= SAID for one in reports.values())

            await until(all_said, within=60)
            assert not any(one.done() for one in heard.values())
            killed.kill()
            other.wake()
    finally:
        other.wake()
    cases = {
        name: await case_in(one.result(), reports[name], place, name) for name, one in heard.items()
    }
    async with database.transaction() as tx:
        stored = await tx.fetch(
            "select reporter, event_id, case_id::text from report where event_id = any($1)",
            [one["id"] for one in reports.values()],
        )
    assert sorted(map(tuple, stored)) == sorted(
        (name, reports[name]["id"], case) for name, case in cases.items()
    )
    await killed.start()


@asynccontextmanager
async def counting(place: Place) -> AsyncIterator[Counter[str]]:
    """How often each event was said, as another client of the broker hears it."""
    counts: Counter[str] = Counter()
    client = paho.Client(CallbackAPIVersion.VERSION2, "counts", protocol=paho.MQTTv5)
    client.username_pw_set("desk", DESK)

    def on_message(_: object, __: object, message: paho.MQTTMessage) -> None:
        counts[json.loads(message.payload)["id"]] += 1

    client.on_connect = lambda one, *_: one.subscribe("td/+/reports", 0)
    client.on_message = on_message
    client.connect("127.0.0.1", place.port)
    client.loop_start()
    try:
        yield counts
    finally:
        client.disconnect()
        client.loop_stop()


class Repeating:
    """paho, which says all reports again and again until it holds their receipts."""

    def __init__(self, place: Place, machine: str, word: str, desk_keys: list[Event]) -> None:
        protocol = paho.MQTTv5 if place.version == 5 else paho.MQTTv311
        self._client = paho.Client(CallbackAPIVersion.VERSION2, machine, protocol=protocol)
        self._client.username_pw_set(machine, word)
        self._client.on_connect = lambda one, *_: one.subscribe(f"td/{machine}/receipts", 0)
        self._client.on_message = self._heard
        self._machine, self._keys = machine, desk_keys
        self._said = 0.0
        self.unanswered: dict[str, Event] = {}
        self.cases: dict[str, str] = {}
        self.refused: list[Event] = []
        self._client.connect("127.0.0.1", place.port)
        self._client.loop_start()

    def _heard(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        told = json.loads(message.payload)
        for one in told if isinstance(told, list) else [told]:
            if "receipt" not in one["data"]:
                self.refused.append(one)
                continue
            for entry in receipt(one["data"]["receipt"], self._keys, self._machine):
                assert self.cases.setdefault(entry["id"], entry["case"]) == entry["case"]
                self.unanswered.pop(entry["id"], None)

    async def has_all(self) -> bool:
        """Whether it holds all receipts; until then it says again what it has none for."""
        # what is said while the broker is away would all come at once
        if time.monotonic() - self._said > EVERY and self._client.is_connected():
            self.say()
        assert not self.refused, self.refused[0]
        return not self.unanswered

    def say(self) -> None:
        self._said = time.monotonic()
        for one in list(self.unanswered.values()):
            self._client.publish(f"td/{self._machine}/reports", json.dumps(one), 1)

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


async def test_what_a_killed_worker_had_is_taken_by_the_other_one(
    place: Place, presses: dict[str, Signing], database: Database
) -> None:
    """At the desk's own broker its one process is killed, with the broker, and started again."""
    machine = Repeating(place, REPEATING, password(place, presses[REPEATING]), await keys(place))
    reports = [report(REPEATING, f"metric-{place.version}-{n}") for n in range(REPORTS)]
    machine.unanswered = {one["id"]: one for one in reports}
    machine.say()
    place.workers[0].kill()
    if place.version == 4:
        await place.workers[0].start()
    await until(machine.has_all, within=120)
    machine.end()
    assert len(machine.cases) == REPORTS
    async with database.transaction() as tx:
        stored = await tx.fetchval(
            "select count(*) from report where reporter = $1 and event_id = any($2)",
            REPEATING,
            list(machine.cases),
        )
    assert stored == REPORTS
