"""The desk of the demo: started as anybody would, and told of its fleet as an operator would."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thingdesk import app, fulfilment, mandates, parties
from thingdesk.demo.plan import Machine, Owner, Plan, Provider, position
from thingdesk.demo.stage import DemoError, Player
from thingdesk.fulfilment import StockLine
from thingdesk.mandates import Policy, Terms
from thingdesk.packs.vehicle import SYSTEMS
from thingdesk.parties import NewMachine, NewOwner, NewProvider, Position
from thingdesk.platform import present
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money
from thingdesk.platform.settings import Settings
from thingdesk_machine import Identity

_STARTS_WITHIN = 90.0
_LOOK_EVERY = 0.1
_ZONE = "Europe/Berlin"
_STAFF = "staff@example.org"
_PARALLEL = 12
_STOCK = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What players have to know, and the link for the first of the staff."""

    http: str
    broker: str
    desk_keys: tuple[dict[str, str], ...]
    ports: Mapping[str, int]
    secrets: Mapping[str, str]
    staff: str
    staff_link: str


async def start_desk(folder: Path) -> Player:
    """`thingdesk up`, with everything in `folder` and at free ports."""
    settings = {
        "THINGDESK_DATA_DIR": str(folder / "desk"),
        "THINGDESK_HTTP_PORT": "0",
        "THINGDESK_MQTT_PORT": "0",
        "THINGDESK_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
        "THINGDESK_PACKS": "thingdesk.demo.pack",
        "THINGDESK_LOG_LEVEL": "WARNING",
    }
    return await Player.start(
        "the desk", folder / "logs" / "desk.log", ("thingdesk", "up"), settings
    )


async def reached(desk: Player, folder: Path) -> dict[str, str]:
    """Where the desk can be reached, once it can. Raises DemoError."""
    end = asyncio.get_running_loop().time() + _STARTS_WITHIN
    while "http" not in (facts := present.read(folder / "desk")):
        if desk.has_ended:
            raise desk.complain()
        if asyncio.get_running_loop().time() > end:
            raise DemoError(f"The desk did not start within {_STARTS_WITHIN:.0f} s.")
        await asyncio.sleep(_LOOK_EVERY)
    return facts


async def make_known(facts: Mapping[str, str], folder: Path, plan: Plan) -> Known:
    """Register everybody: machines, owners and their mandates, providers and their parts."""
    identities = _identities(folder / "keys", plan)
    ports = {one.name: _free_port() for one in plan.providers}
    settings = Settings(data_dir=folder / "desk", database_url=None)
    async with app.database(settings) as database, database.transaction() as tx:
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
        machines = [_new(one, identities[one.id], plan.owners) for one in plan.machines]
        await parties.register(tx, machines)
        for owner in plan.owners:
            await _mandate(tx, owner)
        secrets = {one.name: await _provider(tx, one, ports[one.name]) for one in plan.providers}
        token = await parties.first_account(tx, _STAFF, "Staff")
        keys = (await parties.desk_key(tx)).public_jwks
    link = f"{facts['http']}/set-up/{token}"
    return Known(facts["http"], facts["broker"], keys, ports, secrets, _STAFF, link)


def part_of(known: Known, folder: Path) -> dict[str, Any]:
    """What every player is told."""
    return {
        "folder": str(folder),
        "mail": str(folder / "desk" / "mail"),
        "http": known.http,
        "broker": known.broker,
        "desk_keys": list(known.desk_keys),
    }


def _identities(folder: Path, plan: Plan) -> dict[str, Identity]:
    identities = {machine.id: Identity.create(machine.id) for machine in plan.machines}
    for name, identity in identities.items():
        identity.save(folder / f"{name}.json")
    return identities


def _new(machine: Machine, identity: Identity, owners: tuple[Owner, ...]) -> NewMachine:
    owner = next((one for one in owners if one.number == machine.owner), None)
    return NewMachine(
        machine.id,
        machine.kind,
        machine.kind,
        serial=machine.id.upper(),
        key=identity.public_jwk["x"],
        owner=NewOwner(owner.email, f"Owner {owner.number}", _ZONE) if owner else None,
        position=Position(*machine.position),
    )


async def _mandate(tx: Transaction, owner: Owner) -> None:
    known = await parties.owner_by_email(tx, owner.email)
    if known is None or owner.mandate == "none":
        return
    always = ("book",) if owner.mandate == "asks before booking" else ()
    terms = Terms(
        ("vehicle.*",),
        per_case=Money(50000, "EUR"),
        per_period=Money(100000, "EUR"),
        always_ask=always,
    )
    await mandates.grant(tx, known.id, terms)


async def _provider(tx: Transaction, one: Provider, port: int) -> str:
    """The secret by which the provider knows the desk's webhooks."""
    new = NewProvider(
        one.name,
        (one.kind,),
        one.skills,
        Position(*position(one.place)),
        _ZONE,
        capacity=_PARALLEL,
        webhook_url=f"http://127.0.0.1:{port}/jobs",
    )
    provider = await parties.register_provider(tx, new)
    if one.kind == "repair_centre":
        lines = [StockLine(provider.id, system.part, _STOCK) for system in SYSTEMS]
        await fulfilment.set_stock(tx, lines)
    return provider.webhook_secret


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
