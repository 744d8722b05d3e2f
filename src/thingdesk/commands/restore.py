from pathlib import Path

import click

from thingdesk.commands.common import run, settings_of
from thingdesk.commands.copying import refuse_others, steps
from thingdesk.platform import embedded, present


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put the database that is there aside.")
def restore(file: Path, *, replace: bool) -> None:
    """Put the backup in FILE into the data folder of a desk that does not run."""

    async def act() -> None:
        settings = settings_of()
        refuse_others(settings)
        folder = settings.data_dir
        with steps() as progress:
            aside = embedded.restore(file, folder, progress, replace=replace)
        present.forget(folder)
        for path in aside:
            click.echo(f"put aside: {path}")
        click.echo("Restored. Start the desk, and run `thingdesk doctor`.")

    run(act())
