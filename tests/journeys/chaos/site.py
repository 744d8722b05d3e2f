"""The desk under test, with all that deals with it, each in processes of their own."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.databases import FAST
from tests.desk import DeskProcess, all_running
from tests.journeys.chaos import target
from tests.journeys.chaos.clocks import Clock
from tests.journeys.chaos.target import Role, Target
from tests.machine.brokers import Mosquitto
from tests.proxy import Proxy, at_port, proxying, to_database, to_port

from thingdesk.platform import present
from thingdesk.platform.embedded import EmbeddedPostgres

LEASE = 2.0
_COMMON: dict[str, Any] = {
    "packs": "tests.journeys.chaos.pack",
    "lease": LEASE,
    "webhook_networks": "127.0.0.0/8",
}


@dataclass
class Site:
    """`roles` are the desk's processes, `targets` all that can be killed and paused; `stretches`
    of network can be cut and slowed down, `clocks` of processes turned. `machines` is the broker's
    URL for machines, `mqtt` its version; `boxes` are the folders into which mail goes.
    """

    http: str
    machines: str
    mqtt: str
    roles: Sequence[Role]
    targets: Mapping[str, Target]
    stretches: Mapping[str, Proxy]
    clocks: Mapping[str, Clock]
    boxes: Sequence[Path]
    database_url: str

    @property
    def faults(self) -> list[str]:
        return [fault for role in self.roles for fault in role.faults]


@asynccontextmanager
async def _kept(roles: Sequence[Role]) -> AsyncIterator[None]:
    """Running, and started again whenever they end."""
    async with all_running(*(one.desk for one in roles)):
        for one in roles:
            one.keep()
        try:
            yield
        finally:
            await asyncio.gather(*(one.let_go() for one in roles))


@asynccontextmanager
async def in_one(folder: Path) -> AsyncIterator[Site]:
    """`thingdesk up` with everything of its own: NATS and PostgreSQL embedded."""
    time = Clock(folder / "desk.clock")
    desk = DeskProcess(folder / "desk", test_clock=time.path, **_COMMON)
    async with AsyncExitStack() as stack:
        near = await stack.enter_async_context(proxying(to_port(desk.mqtt_port)))
        door = await stack.enter_async_context(proxying(to_port(desk.http_port)))
        role = Role(desk)
        await stack.enter_async_context(_kept([role]))
        targets: tuple[Target, ...] = (
            role,
            target.DesksDatabase(desk.folder),
            target.DesksBroker(desk),
        )
        yield Site(
            http=f"http://127.0.0.1:{door.port}",
            machines=f"mqtt://127.0.0.1:{near.port}",
            mqtt="3.1.1",
            roles=[role],
            targets={one.name: one for one in targets},
            stretches={"machines to broker": near, "machines to door": door},
            clocks={role.name: time},
            boxes=[desk.folder / "mail"],
            database_url=present.read(desk.folder)["database"],
        )


_PROCESSES = ("web", "ingest-1", "ingest-2", "work-1", "work-2")


def _processes(
    folder: Path, database_url: str, broker_port: int, clocks: Mapping[str, Clock]
) -> list[DeskProcess]:
    common: dict[str, Any] = {
        **_COMMON,
        "database_url": database_url,
        "broker_url": f"mqtt://127.0.0.1:{broker_port}",
    }
    web = DeskProcess(folder / "web", roles="web", test_clock=clocks["web"].path, **common)
    common["public_url"] = web.http
    others = [
        DeskProcess(folder / name, roles=name.split("-")[0], test_clock=clocks[name].path, **common)
        for name in _PROCESSES[1:]
    ]
    return [web, *others]


@asynccontextmanager
async def split(folder: Path) -> AsyncIterator[Site]:
    """Every role in a process of its own, two that work and two that share what machines publish;
    a PostgreSQL and a mosquitto.
    """
    settings = {**FAST, "synchronous_commit": "on"}
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(folder / "database", settings=settings)
        await stack.enter_async_context(postgres)
        broker = Mosquitto(folder)
        await broker.start()
        stack.push_async_callback(broker.kill)
        near = await stack.enter_async_context(proxying(to_port(broker.port)))
        far = await stack.enter_async_context(proxying(to_port(broker.port)))
        data = await stack.enter_async_context(proxying(to_database(postgres.url)))
        clocks = {name: Clock(folder / f"{name}.clock") for name in _PROCESSES}
        web, *others = _processes(folder, at_port(postgres.url, data.port), far.port, clocks)
        door = await stack.enter_async_context(proxying(to_port(web.http_port)))
        roles = [Role(one) for one in (web, *others)]
        await stack.enter_async_context(_kept(roles))
        targets: tuple[Target, ...] = (
            *roles,
            target.OwnDatabase(postgres),
            target.OwnBroker(broker),
        )
        yield Site(
            http=f"http://127.0.0.1:{door.port}",
            machines=f"mqtt://127.0.0.1:{near.port}",
            mqtt="5",
            roles=roles,
            targets={one.name: one for one in targets},
            stretches={
                "machines to broker": near,
                "machines to door": door,
                "desk to broker": far,
                "desk to database": data,
            },
            clocks=clocks,
            boxes=[one.folder / "mail" for one in others],
            database_url=postgres.url,
        )
