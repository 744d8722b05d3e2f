from datetime import timedelta

import click

from thingdesk import app, parties
from thingdesk.commands.common import known_desk, run, settings_of

_MOST_DAYS = 366


@click.command("rotate-key")
@click.option(
    "--days",
    type=click.IntRange(0, _MOST_DAYS),
    default=0,
    show_default=True,
    help="Days until the new key signs; until then it is announced.",
)
def rotate_key(days: int) -> None:
    """Give the desk a new key to sign with. What was signed before stays good.

    The new key is announced at once, at /oauth/jwks.json and /v1/desk, and signs when the days are
    over, a minute later at the earliest. Machines that hold the desk's keys need the new one by
    then: a receipt by a key that they do not know is none to them.
    """

    async def act() -> None:
        settings = settings_of()
        known_desk(settings)
        async with app.database(settings) as database, database.transaction() as tx:
            await parties.desk_key(tx)
            kid = await parties.rotate_desk_key(tx, timedelta(days=days))
        click.echo(kid)

    run(act())
