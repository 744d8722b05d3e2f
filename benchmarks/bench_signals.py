"""Signals a second over MQTT QoS 0: decoded, stored, taken through the rules and their states.

Beside it the limit: a bare gmqtt subscriber that only counts the same messages, on the same broker.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import uvloop

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.harness import ROOT, Fleet, Running, a_desk, machine, ride

MACHINES = 400
EACH = 40
ROUNDS = 3
MESSAGES = MACHINES * EACH
COUNTER = """
import asyncio, sys, time, uvloop
from gmqtt import Client
from gmqtt.mqtt.constants import MQTTv311
async def main():
    name, password, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    client, done, seen = Client("thingdesk:counter"), asyncio.Event(), [0, 0.0]
    def heard(*_):
        seen[0] += 1
        if seen[0] == 1: seen[1] = time.perf_counter()
        if seen[0] == count: done.set()
        return 0
    client.on_message = heard
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.set_auth_credentials(name, password)
    await client.connect("127.0.0.1", port, version=MQTTv311)
    client.subscribe("td/+/signals", qos=0)
    await done.wait()
    print(count / (time.perf_counter() - seen[1]), flush=True)
    await client.disconnect()
uvloop.run(main())
"""


_GIVEN = "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('signal', 'id')), 0)"
_LEFT = """
select exists (
    select from diagnosis_shard c
    join signal s on s.shard = c.shard and (s.tx, s.id) > (c.tx, c.id))
"""


async def diagnosed(running: Running, count: int) -> None:
    """Returns when so many are stored and no shard has any of them before it. To count rows again
    and again would be work of its own: how many were given a number is looked at first.
    """
    while True:
        async with running.database.transaction() as tx:
            if (
                await tx.fetchval(_GIVEN) >= count
                and not await tx.fetchval(_LEFT)
                and await tx.fetchval("select count(*) from signal") == count
            ):
                return
        await asyncio.sleep(0.05)


async def whole(running: Running) -> float:
    fleet = Fleet(running.plan("mqtt", kind="signals", count=EACH, receipts=False))
    await fleet.ready()
    began = time.perf_counter()
    await fleet.go()
    await diagnosed(running, MESSAGES)
    return MESSAGES / (time.perf_counter() - began)


def counter(where: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", COUNTER, *where]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


async def bare(running: Running) -> float:
    """What the counter takes in when the desk does not listen."""
    password = (running.desk.folder / "broker.password").read_text().strip()
    process = counter(["thingdesk.desk", password, str(running.desk.mqtt_port), str(MESSAGES)])
    assert process.stdout
    await asyncio.to_thread(process.stdout.readline)
    await ride(running.plan("mqtt", kind="signals", count=EACH, receipts=False, first=EACH))
    return float(await asyncio.to_thread(process.stdout.readline))


async def main() -> None:
    print(machine())
    rates, limits = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            async with a_desk(Path(folder) / "whole", MACHINES) as running:
                rates.append(await whole(running))
            async with a_desk(Path(folder) / "bare", MACHINES, roles="web") as running:
                limits.append(await bare(running))
        print(f"  round              {rates[-1]:7.0f}/s   limit {limits[-1]:7.0f}/s")
    rate, most = median(rates), median(limits)
    print(f"signals, QoS 0       {rate:7.0f}/s   limit {most:7.0f}/s   ratio {rate / most:.2f}")


if __name__ == "__main__":
    uvloop.run(main())
