"""Clients that nobody here wrote: each sends one report and hears what comes back."""

import asyncio
import json
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from tests.outside.mqtt.brokers import Place
from tests.outside.node import HERE, run_node
from tests.saying import Event

WITHIN = 40.0


async def by_mosquitto(place: Place, machine: str, password: str, report: Event) -> Event:
    """`mosquitto_sub` hears and `mosquitto_pub` says. At the desk's own broker, where a machine has
    one client id, `mosquitto_rr` does both.
    """
    own = ["-p", f"{place.port}", "-u", machine, "-P", password]
    hears = f"td/{machine}/receipts"
    says = ["-t", f"td/{machine}/reports", "-q", "1", "-m", json.dumps(report)]
    seconds = f"{int(WITHIN)}"
    if place.version == 4:
        own += ["-i", machine, "-V", "311"]
        return read(await run("mosquitto_rr", *own, *says, "-e", hears, "-W", seconds))
    own += ["-V", "5"]
    listening = await asyncio.create_subprocess_exec(
        # a line when it comes, though nobody's terminal is there
        *(
            "stdbuf",
            "-oL",
            "mosquitto_sub",
            *own,
            "-i",
            f"{machine}-hears",
            "-t",
            hears,
            "-C",
            "1",
            "-d",
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert listening.stdout is not None
    async with asyncio.timeout(WITHIN):
        while b"Subscribed" not in (line := await listening.stdout.readline()):
            assert line, "mosquitto_sub ended"
        await run("mosquitto_pub", *own, "-i", machine, *says)
        said, _ = await listening.communicate()
    return read(next(line for line in said.decode().splitlines() if line.startswith("{")))


def read(said: str) -> Event:
    event: Event = json.loads(said)
    return event


async def run(*how: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *how, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def by_paho(place: Place, machine: str, password: str, report: Event) -> Event:
    return await asyncio.to_thread(_paho, place, machine, password, report)


def _paho(place: Place, machine: str, password: str, report: Event) -> Event:
    protocol = paho.MQTTv5 if place.version == 5 else paho.MQTTv311
    client = paho.Client(CallbackAPIVersion.VERSION2, machine, protocol=protocol)
    client.username_pw_set(machine, password)
    heard: list[Event] = []

    def on_connect(one: paho.Client, _: Any, __: Any, code: Any, ___: Any) -> None:
        assert not code.is_failure, code
        one.subscribe(f"td/{machine}/receipts", 0)

    def on_subscribe(one: paho.Client, _: Any, __: int, codes: Any, ___: Any) -> None:
        assert not [code for code in codes if code.is_failure]
        one.publish(f"td/{machine}/reports", json.dumps(report), 1)

    def on_message(one: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        heard.append(json.loads(message.payload))
        one.disconnect()

    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    client.connect("127.0.0.1", place.port)
    client.loop_start()
    assert client._thread is not None
    client._thread.join(WITHIN)
    client.loop_stop()
    (one,) = heard
    return one


async def by_mqtt_js(place: Place, machine: str, password: str, report: Event) -> Event:
    said = await run_node(
        HERE / "mqtt" / "say.js",
        BROKER=f"mqtt://127.0.0.1:{place.port}",
        MACHINE=machine,
        PASSWORD=password,
        REPORT=json.dumps(report),
        VERSION=str(place.version),
    )
    heard: Event = read(said)["event"]
    return heard
