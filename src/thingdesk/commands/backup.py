from pathlib import Path

import click

from thingdesk import app
from thingdesk.commands.common import known_desk, run, settings_of
from thingdesk.commands.copying import refuse_others, steps
from thingdesk.platform import embedded


@click.command()
@click.argument("target", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Copy the running desk to one FILE, or to one named by the time in FOLDER.

    What was acknowledged before it began is in it. It holds the desk's keys: keep it like one.
    """

    async def act() -> None:
        settings = settings_of()
        refuse_others(settings)
        known_desk(settings)
        async with app.database(settings) as database:
            with steps() as progress:
                path = await embedded.backup(database.url, settings.data_dir, target, progress)
        click.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB, verified")

    run(act())
