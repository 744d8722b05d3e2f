import sys

import click

from thingdesk import loading


@click.command()
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
