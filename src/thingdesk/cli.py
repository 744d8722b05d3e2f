"""The commands: `thingdesk up | demo | replay | doctor | migrate | machines | staff`."""

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import click
import uvloop

from thingdesk import app
from thingdesk.platform.errors import Refused
from thingdesk.platform.settings import ROLES, Settings


@click.group()
@click.version_option(package_name="thingdesk")
def main() -> None:
    """thingdesk: the customer-service desk for machine customers."""


@main.command()
@click.option("--roles", help=f"What this process does: any of {', '.join(ROLES)}.")
def up(roles: str | None) -> None:
    """Run the desk. Without a database or a broker set, it starts its own."""
    settings = _settings(roles=tuple(roles.split(","))) if roles else _settings()
    _run(_up(settings))


@main.command()
def migrate() -> None:
    """Bring the schema of the database to this release."""

    async def act() -> None:
        async with app.database(_settings()) as database:
            applied = await app.migrate_all(database)
        for one in applied:
            click.echo(f"applied {one.package} {one.name}")
        click.echo("The schema is that of this release.")

    _run(act())


async def _up(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    click.echo("Starting the desk …", err=True)
    async with app.running(settings) as desk:
        click.echo(f"console  {desk.http_url or 'not in this process'}", err=True)
        click.echo(f"broker   {desk.broker_address}", err=True)
        await stop.wait()
        click.echo("Stopping …", err=True)


def _settings(**given: Any) -> Settings:
    settings = Settings(**given)
    logging.basicConfig(
        level=settings.log_level,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("gmqtt").setLevel(logging.WARNING)
    return settings


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; an expected failure is one line that says what to do."""
    try:
        uvloop.run(work)
    except Refused as refused:
        raise click.ClickException(refused.refusal.reason) from None
