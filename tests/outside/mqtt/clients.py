"""Clients that nobody here wrote: each says one report, again until it hears what comes back."""

import asyncio
import json
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from tests.outside.mqtt.brokers import Place
from tests.outside.mqtt.node_red import Flow, node_red
from tests.outside.node import HERE, run_node
from tests.saying import Event

WITHIN = 60.0
EVERY = 1
"""Seconds after which it is said again."""
_JSON = re.compile(r'(\[\{|\{").*')
_NOTHING_CAME = 27
"""How mosquitto's clients end when they have waited long enough."""


async def by_mosquitto(place: Place, machine: str, password: str, report: Event) -> Event:
    """`mosquitto_sub` hears and `mosquitto_pub` says. At the desk's own broker, where a machine has
    one client id, `mosquitto_rr` does both.
    """
    own = ["-p", f"{place.port}", "-u", machine, "-P", password]
    hears = f"td/{machine}/receipts"
    says = ["-t", f"td/{machine}/reports", "-q", "1", "-m", json.dumps(report)]
    async with asyncio.timeout(WITHIN):
        if place.version == 4:
            own += ["-i", machine, "-V", "311"]
            asks = ["mosquitto_rr", *own, *says, "-e", hears, "-W", f"{5 * EVERY}"]
            while not (said := await run(*asks)):
                pass
            return read(said)
        return await _heard(hears, [*own, "-V", "5"], machine, says)


async def _heard(topic: str, own: list[str], machine: str, says: list[str]) -> Event:
    listening = await asyncio.create_subprocess_exec(
        # a line when it comes, though nobody's terminal is there
        *("stdbuf", "-oL", "mosquitto_sub", *own),
        *("-i", f"{machine}-hears", "-t", topic, "-C", "1", "-d"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert listening.stdout is not None
    try:
        while b"Subscribed" not in (line := await listening.stdout.readline()):
            assert line, "mosquitto_sub ended"
        hearing = asyncio.create_task(listening.communicate())
        while not hearing.done():
            await run("mosquitto_pub", *own, "-i", machine, *says)
            await asyncio.wait({hearing}, timeout=EVERY)
        said, _ = hearing.result()
    finally:
        if listening.returncode is None:
            listening.kill()
    return read(next(line for line in said.decode().splitlines() if line.startswith(("{", "["))))


def read(said: str) -> Event:
    """The event, or the first of those that came in one message."""
    told = json.loads(said)
    event: Event = told[0] if isinstance(told, list) else told
    return event


async def run(*how: str) -> str:
    """What it wrote: nothing when nothing came in time."""
    process = await asyncio.create_subprocess_exec(
        *how, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode in (0, _NOTHING_CAME), said.decode()
    return "" if process.returncode else said.decode()


async def by_paho(place: Place, machine: str, password: str, report: Event) -> Event:
    return await asyncio.to_thread(_paho, place, machine, password, report)


def _paho(place: Place, machine: str, password: str, report: Event) -> Event:
    protocol = paho.MQTTv5 if place.version == 5 else paho.MQTTv311
    client = paho.Client(CallbackAPIVersion.VERSION2, machine, protocol=protocol)
    client.username_pw_set(machine, password)
    heard: list[Event] = []

    def say() -> None:
        client.publish(f"td/{machine}/reports", json.dumps(report), 1)

    def on_connect(one: paho.Client, _: Any, __: Any, code: Any, ___: Any) -> None:
        assert not code.is_failure, code
        one.subscribe(f"td/{machine}/receipts", 0)

    def on_subscribe(_: paho.Client, __: Any, ___: int, codes: Any, ____: Any) -> None:
        assert not [code for code in codes if code.is_failure]
        say()

    def on_message(one: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        heard.append(read(message.payload.decode()))
        one.disconnect()

    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    client.connect("127.0.0.1", place.port)
    client.loop_start()
    assert client._thread is not None
    for _ in range(int(WITHIN / EVERY)):
        client._thread.join(EVERY)
        if heard:
            break
        say()
    client.loop_stop()
    return heard[0]


async def by_mqtt_js(place: Place, machine: str, password: str, report: Event) -> Event:
    said = await run_node(
        HERE / "mqtt" / "say.js",
        within=WITHIN,
        BROKER=f"mqtt://127.0.0.1:{place.port}",
        MACHINE=machine,
        PASSWORD=password,
        REPORT=json.dumps(report),
        VERSION=str(place.version),
        EVERY=str(EVERY),
    )
    return read(said)


async def by_node_red(place: Place, machine: str, password: str, report: Event) -> Event:
    """What its node `mqtt in` hears it writes to its log, by its node `debug`."""
    known = {"broker": {"user": machine, "password": password}}
    log: list[str] = []
    with tempfile.TemporaryDirectory() as folder, suppress(TimeoutError):
        async with (
            asyncio.timeout(WITHIN),
            node_red(Path(folder) / "user", flow(place, machine, report), known) as said,
        ):
            async for line in said:
                log.append(line.decode())
                if told := _JSON.search(log[-1]):
                    return read(told[0])
    raise AssertionError("".join(log))


def flow(place: Place, machine: str, report: Event) -> Flow:
    """An inject node says the report to `mqtt out`; what `mqtt in` hears goes to the log."""
    broker = {
        "id": "broker",
        "type": "mqtt-broker",
        "broker": "127.0.0.1",
        "port": str(place.port),
        "clientid": machine,
        "protocolVersion": str(place.version),
        "cleansession": True,
        "keepalive": "60",
    }
    says = {
        "id": "says",
        "type": "inject",
        "props": [{"p": "payload"}],
        "payload": json.dumps(report),
        "payloadType": "str",
        "repeat": str(EVERY),
        "once": True,
        "wires": [["out"]],
    }
    out = {"topic": f"td/{machine}/reports", "qos": "1", "retain": "false"}
    hears = {"topic": f"td/{machine}/receipts", "qos": "0", "datatype": "utf8"}
    log = {"console": True, "tosidebar": False, "complete": "payload", "targetType": "msg"}
    nodes: Flow = [
        says,
        {"id": "out", "type": "mqtt out", "broker": "broker", **out, "wires": []},
        {"id": "in", "type": "mqtt in", "broker": "broker", **hears, "wires": [["log"]]},
        {"id": "log", "type": "debug", "active": True, **log, "wires": []},
    ]
    tab = {"id": "tab", "type": "tab", "label": machine}
    # without a place on its tab a node is taken for a configuration
    return [tab, broker, *({**one, "z": "tab", "x": 100, "y": 100} for one in nodes)]
