"""The commands that register machines and providers from files."""

from pathlib import Path
from typing import BinaryIO

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from thingdesk import fulfilment, parties
from thingdesk.fulfilment import StockLine
from thingdesk.parties import BadLine, Form
from thingdesk.platform.errors import Refused
from thingdesk.terminal import CONSOLE, database, run, settings_of

_MOST_BAD_LINES = 20


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def machines(file: Path) -> None:
    """Register a fleet from a CSV or JSON-lines FILE; good lines are kept, bad ones reported."""
    form = Form.CSV if file.suffix == ".csv" else Form.JSON_LINES
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


async def _register_providers(file: BinaryIO) -> None:
    async with database(settings_of()) as desk:
        for one in parties.read_providers(file):
            if isinstance(one, BadLine):
                click.echo(f"line {one.line}: {one.reason}", err=True)
                continue
            try:
                async with desk.transaction() as tx:
                    known = await parties.register_provider(tx, one.provider)
                    stock = [StockLine(known.id, *part) for part in (one.parts or {}).items()]
                    await fulfilment.set_stock(tx, stock)
            except Refused as refused:
                click.echo(f"line {one.line}: {refused.refusal.reason}", err=True)
            else:
                secret = f"  secret {known.webhook_secret}" if known.webhook_url else ""
                click.echo(f"{known.name}  {known.id}{secret}")
