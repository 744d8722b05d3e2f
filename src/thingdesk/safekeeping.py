"""The commands whose result is kept elsewhere: `backup` and `restore`, for a desk with a database
of its own (other people's databases have backups of their own), and `checkpoint`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from thingdesk import app, timeline, upkeep
from thingdesk.platform import embedded, present
from thingdesk.platform.settings import Settings
from thingdesk.terminal import CONSOLE, known_desk, run, settings_of

_YOURS = (
    "The desk's database is not its own: THINGDESK_DATABASE_URL names it."
    " Use what belongs to that server: pg_basebackup with archived WAL, pg_dump, or what its"
    " operator offers (docs/how-to/back-up.md)."
)


@click.command()
@click.argument("target", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Copy the running desk to one FILE, or to one named by the time in FOLDER.

    What was acknowledged before it began is in it. It holds the desk's keys: keep it like one.
    """
    settings = settings_of()
    _refuse_others(settings)
    known_desk(settings)

    async def act() -> None:
        async with app.database(settings) as database:
            with _steps() as progress:
                path = await embedded.backup(database.url, settings.data_dir, target, progress)
        click.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB, verified")

    run(act())


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put the database that is there aside.")
def restore(file: Path, *, replace: bool) -> None:
    """Put the backup in FILE into the data folder of a desk that does not run."""
    settings = settings_of()
    _refuse_others(settings)

    async def act() -> None:
        folder = settings.data_dir
        with _steps() as progress:
            aside = embedded.restore(file, folder, progress, replace=replace)
        present.forget(folder)
        for path in aside:
            click.echo(f"put aside: {path}")
        click.echo("Restored. Start the desk, and run `thingdesk doctor`.")

    run(act())


@click.command()
def checkpoint() -> None:
    """Print the desk's signed word on how far its timeline is, for you to keep elsewhere.

    With `thingdesk doctor --checkpoint FILE` it shows later what was deleted since, even by
    somebody who could change all of the database. Nothing of the content can be read from it.
    """

    async def act() -> None:
        settings = settings_of()
        known_desk(settings)
        async with app.database(settings) as database:
            await upkeep.make_checkpoints(database)
            async with database.transaction() as tx:
                newest = await timeline.newest_checkpoint(tx)
        if newest is None:
            raise click.ClickException("Nothing has happened yet that could be signed.")
        click.echo(newest.signed)
        click.echo(f"checkpoint {newest.number}, made {newest.at.isoformat()}", err=True)

    run(act())


def _refuse_others(settings: Settings) -> None:
    if settings.database_url is not None:
        raise click.ClickException(_YOURS)


@contextmanager
def _steps() -> Iterator[embedded.Progress]:
    """A bar for each step."""
    columns = (TextColumn("{task.description:8}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=CONSOLE) as bars:
        known: dict[str, TaskID] = {}

        def progress(step: str, done: int, size: int) -> None:
            if step not in known:
                known[step] = bars.add_task(step, total=size)
            bars.update(known[step], completed=done, total=size)

        yield progress
