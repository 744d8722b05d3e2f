"""Who deals with the desk: machines, owners and their mandates, providers and their parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.databases import ROOT
from tests.journeys.chaos.pack import PART
from tests.journeys.chaos.site import Site
from tests.ports import free_port

from thingdesk import decisions, fulfilment, mandates, parties
from thingdesk.demo.stage import Player
from thingdesk.fulfilment import StockLine
from thingdesk.mandates import Terms
from thingdesk.parties import NewMachine, NewOwner, NewProvider, Position
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.money import Money
from thingdesk_machine import Identity

MACHINES = 12
PROVIDERS = {"north": 60, "east": 60, "south": 6}
"""The workshops, and how many parts each has. The last one soon has none."""
_FOLDERS = ("keys", "queues", "notes", "world")
_EUR = 100
_PLENTY = Money(100_000 * _EUR, "EUR")
OWNERS: dict[str, Terms | None] = {
    "easy": Terms(("chaos.*",), per_case=_PLENTY, per_period=_PLENTY),
    "careful": Terms(
        ("chaos.*",), per_case=_PLENTY, per_period=_PLENTY, always_ask=("book", "dispatch")
    ),
    "poor": Terms(("chaos.*",), per_case=_PLENTY, per_period=Money(200 * _EUR, "EUR")),
    "strict": None,
}
"""What each owner permits. Whoever is strict permits nothing and approves nothing."""


@dataclass
class World:
    """The players, and where they note what they did."""

    folder: Path
    fleet: Player
    people: Player

    async def quiet(self) -> None:
        """Nothing is begun any more, and what was begun is through."""
        await self.fleet.quiet()
        await self.people.quiet()


@asynccontextmanager
async def living(site: Site, folder: Path, seed: int) -> AsyncIterator[World]:
    """Everybody at their place, and busy."""
    for name in _FOLDERS:
        (folder / name).mkdir()
    names = [f"m{n}" for n in range(MACHINES)]
    for name in names:
        Identity.create(name).save(folder / "keys" / f"{name}.json")
    database = await Database.connect(site.database_url)
    async with database.transaction() as tx:
        await _register_owned(tx, folder, names)
        secrets = await _register_providers(tx)
        keys = (await parties.desk_key(tx)).public_jwks
    await database.close()
    common = {"folder": str(folder), "seed": seed}
    fleet = await _player(folder, "fleet")
    people = await _player(folder, "people")
    fleet.begin(
        {
            **common,
            "mqtt": site.mqtt,
            "desk_keys": list(keys),
            "machines": [_machine(site, n, name) for n, name in enumerate(names)],
        }
    )
    boxes = [str(one) for one in site.boxes]
    said = {f"{name}@example.org": "yes" if terms else "no" for name, terms in OWNERS.items()}
    people.begin({**common, "providers": secrets, "mail": boxes, "says": said})
    try:
        yield World(folder, fleet, people)
    finally:
        await fleet.end()
        await people.end()


def _machine(site: Site, number: int, name: str) -> dict[str, Any]:
    """Every fourth one calls over HTTP; every sixth one stays broken whatever is done."""
    desk = site.http if number % 4 == 3 else site.machines
    return {"id": name, "desk": desk, "stubborn": number % 6 == 5}


async def _player(folder: Path, name: str) -> Player:
    module = f"tests.journeys.chaos.{name}"
    path = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    return await Player.start(name, folder / f"{name}.log", (module,), path)


async def _register_owned(tx: Transaction, folder: Path, names: list[str]) -> None:
    owners = [NewOwner(f"{name}@example.org", name) for name in OWNERS]
    machines = [
        NewMachine(
            name,
            "press",
            "chaos",
            key=Identity.load(folder / "keys" / f"{name}.json").public_jwk["x"],
            owner=owners[number % len(owners)],
            position=Position(52.5, 13.4),
            # theirs already, by whatever clock is turned back
            owned_since=clock.now() - timedelta(hours=1),
        )
        for number, name in enumerate(names)
    ]
    await parties.register(tx, machines)
    for owner, terms in zip(owners, OWNERS.values(), strict=True):
        known = await parties.owner_by_email(tx, owner.email)
        if known and terms:
            await mandates.grant(tx, known.id, terms)
    await decisions.set_attention(tx, 100_000)


async def _register_providers(tx: Transaction) -> list[dict[str, Any]]:
    known = []
    for number, (name, parts) in enumerate(PROVIDERS.items()):
        port = free_port()
        new = NewProvider(
            name,
            ("workshop", "technician"),
            (),
            Position(52.5 + number / 10, 13.4),
            capacity=20,
            webhook_url=f"http://127.0.0.1:{port}/jobs",
        )
        provider = await parties.register_provider(tx, new)
        await fulfilment.set_stock(tx, [StockLine(provider.id, PART, parts)])
        known.append({"name": name, "port": port, "secret": provider.webhook_secret})
    return known
