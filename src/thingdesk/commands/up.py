import asyncio
import logging
import signal
from functools import partial

import click

from thingdesk import app
from thingdesk.commands.common import run, settings_of
from thingdesk.platform import garbage, logs, open_files, supervisor
from thingdesk.platform.settings import ROLES, Settings

_log = logging.getLogger(__name__)


@click.command()
@click.option("--roles", help=f"What this process does: any of {','.join(ROLES)}.")
@click.option(
    "--conformance-fixtures",
    "fixtures",
    metavar="MODULE",
    hidden=True,
    help="Tests alone: what a protocol's own suite expects beside the desk's. Loopback only.",
)
def up(roles: str | None, fixtures: str | None) -> None:
    """Run the desk. Without a database or a broker set, it starts its own."""
    settings = settings_of(roles=roles) if roles else settings_of()
    if fixtures and (settings.public_url or not _is_loopback(settings.http_host)):
        raise click.UsageError("fixtures are for tests: the desk must be reached on loopback alone")
    run(_up(settings, fixtures))


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


async def _up(settings: Settings, fixtures: str | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    say = _log.info if logs.is_json(settings.log) else partial(click.echo, err=True)
    say("Starting the desk …")
    open_files.take_all()
    if few := open_files.too_few(settings.connections):
        _log.warning("it may have %d files open. %s", open_files.most(), few)
    async with app.running(settings, fixtures) as desk:
        say(f"console  {desk.http_url or 'not in this process'}")
        say(f"broker   {desk.broker_address}")
        if desk.operations_url:
            say(f"metrics  {desk.operations_url}/metrics")
        garbage.look_seldom()
        say("Ready. Ctrl-C stops it.")
        supervisor.tell("READY=1")
        alive = asyncio.create_task(supervisor.tell_alive(stop))
        await stop.wait()
        say("Stopping …")
        supervisor.tell("STOPPING=1")
        await alive
