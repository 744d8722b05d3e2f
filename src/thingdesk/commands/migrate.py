import click

from thingdesk import app
from thingdesk.commands.common import run, settings_of
from thingdesk.platform.migrate import Phase


@click.command()
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
