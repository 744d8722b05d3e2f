"""The commands that register machines and providers from files."""

import sys
from ipaddress import ip_network
from pathlib import Path
from typing import BinaryIO

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from thingdesk import fulfilment, parties
from thingdesk.channels import webhook
from thingdesk.fulfilment import StockLine
from thingdesk.parties import BadLine, Form, Provider, ProviderLine
from thingdesk.platform import present
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.settings import Settings
from thingdesk.terminal import CONSOLE, database, run, settings_of

_MOST_BAD_LINES = 20
_FORMS = {".csv": Form.CSV, ".jsonl": Form.JSON_LINES, ".json": Form.JSON_LINES}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def machines(file: Path) -> None:
    """Register a fleet from a CSV or JSON-lines FILE; good lines are kept, bad ones reported."""
    form = _FORMS.get(file.suffix.lower())
    if form is None:
        raise click.UsageError(f"{file.name}: a fleet is a file {', '.join(_FORMS)}")
    with file.open("rb") as opened:
        run(_register(opened, form, file.stat().st_size))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def providers(file: Path) -> None:
    """Register providers and their parts from a JSON-lines FILE; bad lines are reported.

    A provider with a webhook gets its secret shown: give it to them, it signs what they are sent.
    """
    with file.open("rb") as opened:
        run(_register_providers(opened))


async def _register(file: BinaryIO, form: Form, size: int) -> None:
    shown = 0

    def report(bad: BadLine) -> None:
        nonlocal shown
        shown += 1
        if shown <= _MOST_BAD_LINES:
            CONSOLE.print(f"line {bad.line}: {bad.reason}", markup=False)

    columns = (TextColumn("Registering"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    async with database(settings_of()) as desk:
        with Progress(*columns, console=CONSOLE) as bar:
            task = bar.add_task("register", total=size)
            done = await parties.register_fleet(
                desk,
                file,
                form,
                report=report,
                progress=lambda read: bar.update(task, completed=read),
            )
    click.echo(
        f"{done.new} new, {done.changed} changed, {done.unchanged} as they were, {done.bad} bad"
    )
    _end(done.bad)


async def _register_providers(file: BinaryIO) -> None:
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
    _end(bad)


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
    why = await webhook.why_forbidden(known.webhook_url, tuple(allowed))
    return why and (
        f"jobs will not reach {known.name}: {why} (THINGDESK_WEBHOOK_NETWORKS allows it)"
    )


def _end(bad: int) -> None:
    """What is wrong in a file is also said by the exit code."""
    if bad:
        sys.exit(1)
