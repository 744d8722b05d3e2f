import click

from thingdesk import app, parties
from thingdesk.commands.common import database, known_desk, run, settings_of
from thingdesk.platform import present


@click.command()
@click.argument("email")
@click.option("--name", default="Admin", help="How the account is shown.")
@click.option(
    "--lost",
    is_flag=True,
    help="For an account that is there, whose password or passkeys are lost.",
)
def staff(email: str, name: str, lost: bool) -> None:
    """Print a one-time link by which the first of the staff sets a password."""

    async def act() -> None:
        settings = settings_of()
        known_desk(settings)
        async with database(settings) as desk, desk.transaction() as tx:
            if lost:
                token = await parties.recover_account(tx, email)
            else:
                token = await parties.first_account(tx, email, name)
        pages = present.read(settings.data_dir).get("http") or app.public_url(settings)
        click.echo(f"{pages}/set-up/{token}")
        click.echo("It is good once, and for a day.", err=True)

    run(act())
