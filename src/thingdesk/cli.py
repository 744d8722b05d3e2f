"""The commands: `up`, `check`, `demo`, `replay`, `doctor`, `retry`, `migrate`, `staff`;
and those of `registration` and `safekeeping`.
"""

import asyncio
import logging
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TextIO
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from thingdesk import (
    __version__,
    app,
    doctor,
    journeys,
    loading,
    parties,
    registration,
    replay,
    safekeeping,
)
from thingdesk.demo import show as demo
from thingdesk.platform import garbage, logs, present, supervisor
from thingdesk.platform.migrate import Phase
from thingdesk.platform.settings import ROLES, Settings
from thingdesk.terminal import CONSOLE, database, known_desk, run, settings_of

_log = logging.getLogger(__name__)


@click.group()
@click.version_option(__version__)
def main() -> None:
    """thingdesk: the customer-service desk for machine customers."""


@main.command()
@click.option("--roles", help=f"What this process does: any of {','.join(ROLES)}.")
def up(roles: str | None) -> None:
    """Run the desk. Without a database or a broker set, it starts its own."""
    run(_up(settings_of(roles=roles) if roles else settings_of()))


@main.command()
@click.argument("modules", metavar="MODULE ...", nargs=-1, required=True)
def check(modules: tuple[str, ...]) -> None:
    """Check packs: all that is wrong with their services and rules, and how to mend it.

    They are imported, and the code of their journeys is read. Nothing is started. `thingdesk up`
    checks the packs that are set, and refuses in the same words.
    """
    try:
        hints = loading.load(modules).hints
    except loading.PackError as error:
        for one in error.problems:
            click.echo(one)
        sys.exit(1)
    for one in hints:
        click.echo(f"hint: {one}")
    click.echo(f"Nothing is wrong with {', '.join(modules)}.")


@main.command()
@click.option(
    "--phase",
    type=click.Choice([one.value for one in Phase]),
    help="Only what is due before the first process of this release, or after the last old one.",
)
def migrate(phase: str | None) -> None:
    """Bring the schema of the database to this release."""

    async def act() -> None:
        settings = settings_of()
        click.echo(f"Database: {settings.which_database}", err=True)
        async with app.database(settings) as found:
            for one in await app.migrate_all(found, Phase(phase) if phase else None):
                click.echo(f"applied {one.package} {one.name}")
        click.echo(f"The schema is that of this release{f' ({phase})' if phase else ''}.")

    run(act())


@main.command("doctor")
@click.option(
    "--checkpoint",
    type=click.File(),
    help="Compare the timeline with what `thingdesk checkpoint` once printed.",
)
def doctor_(checkpoint: TextIO | None) -> None:
    """Say what is reachable, which versions, what is wrong and what to do."""
    kept = checkpoint.read().strip() if checkpoint else None

    async def act() -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=CONSOLE, transient=True) as bar:
            task = bar.add_task("Looking", total=None)

            def show(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)

            checks = await doctor.examine(settings_of(), show, kept)
        for one in checks:
            click.echo(f"{'ok  ' if one.well else 'BAD '} {one.what}: {one.found}")
            if one.mend:
                click.echo(f"      {one.mend}")
        if not all(one.well for one in checks):
            sys.exit(1)

    run(act())


@main.command("retry")
@click.argument("case", required=False, type=click.UUID)
@click.option("--all", "every", is_flag=True, help="The journeys of all cases that are stuck.")
def retry_(case: UUID | None, every: bool) -> None:
    """Try a CASE's journey again that is stuck or fails, for example once its service is mended.

    A worker takes it up where it was. `thingdesk doctor` lists the cases.
    """
    if (case is None) is not every:
        raise click.UsageError("Name a case, or say --all.")

    async def act() -> None:
        settings = settings_of()
        known_desk(settings)
        async with database(settings) as desk, desk.transaction() as tx:
            found = [case] if case else await journeys.stuck_cases(tx)
            tried = await journeys.retry(tx, found, "the operator")
        if case and not tried:
            raise click.ClickException("No journey of this case is stuck or fails.")
        click.echo(f"{tried} {'journey is' if tried == 1 else 'journeys are'} tried again.")

    run(act())


@main.command()
@click.argument("email")
@click.option("--name", default="Admin", help="How the account is shown.")
def staff(email: str, name: str) -> None:
    """Print a one-time link by which the first of the staff sets a password."""

    async def act() -> None:
        settings = settings_of()
        known_desk(settings)
        async with database(settings) as desk, desk.transaction() as tx:
            token = await parties.first_account(tx, email, name)
        pages = present.read(settings.data_dir).get("http") or app.public_url(settings)
        click.echo(f"{pages}/set-up/{token}")
        click.echo("It is good once, and for a day.", err=True)

    run(act())


@main.command("demo")
@click.option("--exit", "exit_after", is_flag=True, help="End after the closing table.")
def demo_(exit_after: bool) -> None:
    """Show a fleet, its faults and their verified outcomes, on a desk of its own."""

    async def act() -> None:
        if not await demo.show(settings_of(), Console(), exit_after=exit_after) and exit_after:
            sys.exit(1)

    run(act())


def _speed(_context: click.Context, _parameter: click.Parameter, given: str) -> float | None:
    if given == "max":
        return None
    try:
        speed = float(given)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise click.BadParameter("a number above 0, or max")
    return speed


@main.command("replay")
@click.argument(
    "files",
    metavar="FILE ...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--speed",
    default="1",
    metavar="N|max",
    callback=_speed,
    show_default=True,
    help="How many times faster than recorded, or as fast as receipts come.",
)
@click.option("--desk", metavar="mqtt://...", help="Where the machines connect.")
@click.option(
    "--near",
    type=(click.FloatRange(-90, 90), click.FloatRange(-180, 180)),
    metavar="LATITUDE LONGITUDE",
    help="About where cars drove whose log has damaged coordinates; not needed for whole ones.",
)
@click.option("--again", is_flag=True, help="As a new run, with machines of its own.")
@click.option(
    "--patience",
    default=10.0,
    type=click.FloatRange(0, 86400),
    metavar="SECONDS",
    help="How long the recording may stand still for one case; not in real time.",
)
def replay_(
    files: tuple[Path, ...],
    speed: float | None,
    desk: str | None,
    near: tuple[float, float] | None,
    again: bool,
    patience: float,
) -> None:
    """Replay recordings of real machines, the last row being now.

    Repeating it goes on where it ended, and sends nothing twice; --again makes a new run of it.
    Faster than real, the recording stands still while the desk works on a case of its machines,
    so that the speed changes nothing of what comes out.
    """

    async def act() -> None:
        settings = settings_of()
        where = desk or replay.desk_of(settings)
        wanted = replay.Wanted(files, where, speed, patience, again, near)
        if not await replay.show(settings, wanted, CONSOLE):
            sys.exit(1)

    run(act())


async def _up(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    say = _log.info if logs.is_json(settings.log) else partial(click.echo, err=True)
    say("Starting the desk …")
    async with app.running(settings) as desk:
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


main.add_command(registration.machines)
main.add_command(registration.providers)
main.add_command(safekeeping.backup)
main.add_command(safekeeping.checkpoint)
main.add_command(safekeeping.restore)
