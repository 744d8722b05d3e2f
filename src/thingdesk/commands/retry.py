from uuid import UUID

import click

from thingdesk import journeys
from thingdesk.commands.common import database, known_desk, run, settings_of


@click.command()
@click.argument("case", required=False, type=click.UUID)
@click.option("--all", "every", is_flag=True, help="The journeys of all cases that are stuck.")
def retry(case: UUID | None, every: bool) -> None:
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
