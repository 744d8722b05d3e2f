import sys

import click
from rich.console import Console

from thingdesk.commands.common import run, settings_of
from thingdesk.demo import show


@click.command()
@click.option("--exit", "exit_after", is_flag=True, help="End after the closing table.")
def demo(exit_after: bool) -> None:
    """Show a fleet, its faults and their verified outcomes, on a desk of its own."""

    async def act() -> None:
        if not await show.show(settings_of(), Console(), exit_after=exit_after) and exit_after:
            sys.exit(1)

    run(act())
