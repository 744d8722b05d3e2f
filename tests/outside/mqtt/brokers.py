"""A desk behind its own broker, and one behind Debian's mosquitto with two that take in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.desk import DeskProcess, all_running
from tests.machine.brokers import Mosquitto
from tests.ports import free_port

DESK = "the desk's own word"
OPEN = 1000
"""So many problems one machine may have here."""


@dataclass
class Place:
    """Where machines connect, and who takes in what they say."""

    port: int
    version: int
    http: str
    workers: list[DeskProcess]


@asynccontextmanager
async def embedded(folder: Path, database_url: str) -> AsyncIterator[Place]:
    desk = DeskProcess(folder / "desk", database_url=database_url, open_cases=OPEN)
    async with all_running(desk):
        yield Place(desk.mqtt_port, 4, desk.http, [desk])


@asynccontextmanager
async def external(folder: Path, database_url: str, known: dict[str, str]) -> AsyncIterator[Place]:
    """With MQTT 5 shared subscriptions. The broker knows its clients by passwords."""
    broker = Mosquitto(folder, {"desk": DESK, **known})
    await broker.start()
    url = f"mqtt://desk:{DESK.replace(' ', '%20')}@127.0.0.1:{broker.port}"
    port = free_port()
    desks = [
        DeskProcess(
            folder / name,
            roles=roles,
            database_url=database_url,
            open_cases=OPEN,
            broker_url=url,
            public_url=f"http://127.0.0.1:{port}",
        )
        for name, roles in (("web", "web,work"), ("one", "ingest"), ("two", "ingest"))
    ]
    try:
        async with all_running(*desks):
            yield Place(broker.port, 5, desks[0].http, desks[1:])
    finally:
        await asyncio.shield(broker.kill())
