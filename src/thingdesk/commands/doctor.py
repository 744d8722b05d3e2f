import sys
from typing import TextIO

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from thingdesk import doctor
from thingdesk.commands.common import CONSOLE, run, settings_of


@click.command("doctor")
@click.option(
    "--checkpoint",
    type=click.File(errors="replace"),
    help="Compare the timeline with what `thingdesk checkpoint` once printed.",
)
def doctor_(checkpoint: TextIO | None) -> None:
    """Say what is reachable, which versions, what is wrong and what to do."""
    kept = checkpoint.read().strip() if checkpoint else None

    async def act() -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=CONSOLE, transient=True) as bar:
            task = bar.add_task("Looking", total=None)

            def show(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)

            checks = await doctor.examine(settings_of(), show, kept)
        for one in checks:
            mark = ("note" if one.mend else "ok  ") if one.well else "BAD "
            click.echo(f"{mark} {one.what}: {one.found}")
            if one.mend:
                click.echo(f"      {one.mend}")
        if not all(one.well for one in checks):
            sys.exit(1)

    run(act())
