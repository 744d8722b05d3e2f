from ipaddress import ip_network
from pathlib import Path
from typing import BinaryIO

import click

from thingdesk import fulfilment, parties
from thingdesk.commands.common import database, fail_for, run, settings_of
from thingdesk.fulfilment import StockLine
from thingdesk.parties import BadLine, Provider, ProviderLine
from thingdesk.platform import outward, present
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.settings import Settings


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def providers(file: Path) -> None:
    """Register providers and their parts from a JSON-lines FILE; bad lines are reported.

    A provider with a webhook gets its secret shown: give it to them, it signs what they are sent.
    """
    with file.open("rb") as opened:
        run(_register(opened))


async def _register(file: BinaryIO) -> None:
    settings, good, bad = settings_of(), 0, 0
    async with database(settings) as desk:
        for one in parties.read_providers(file):
            known = one.reason if isinstance(one, BadLine) else await _put(desk, one)
            if isinstance(known, str):
                click.echo(f"line {one.line}: {known}", err=True)
                bad += 1
                continue
            good += 1
            secret = f"  secret {known.webhook_secret}" if known.webhook_url else ""
            click.echo(f"{known.name}  {known.id}{secret}")
            if why := await _forbidden(known, settings):
                click.echo(f"line {one.line}: {why}", err=True)
    click.echo(f"{good} registered, {bad} bad")
    fail_for(bad)


async def _put(desk: Database, one: ProviderLine) -> Provider | str:
    """The provider with their stock, or what is wrong."""
    try:
        async with desk.transaction() as tx:
            known = await parties.register_provider(tx, one.provider)
            stock = [StockLine(known.id, *part) for part in (one.parts or {}).items()]
            await fulfilment.set_stock(tx, stock)
    except Refused as refused:
        return refused.refusal.reason
    return known


async def _forbidden(known: Provider, settings: Settings) -> str | None:
    if not known.webhook_url:
        return None
    running = present.read(settings.data_dir).get("webhook_networks")
    allowed = settings.webhook_networks if running is None else map(ip_network, running.split())
    why = await outward.why_forbidden(known.webhook_url, tuple(allowed), outward.Names())
    return why and (
        f"jobs will not reach {known.name}: {why} (THINGDESK_WEBHOOK_NETWORKS allows it)"
    )
