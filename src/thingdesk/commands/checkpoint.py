import click

from thingdesk import app, timeline, upkeep
from thingdesk.commands.common import known_desk, run, settings_of


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
