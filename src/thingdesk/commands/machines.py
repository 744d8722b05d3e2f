from pathlib import Path
from typing import BinaryIO

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from thingdesk import parties
from thingdesk.commands.common import CONSOLE, database, fail_for, run, settings_of
from thingdesk.parties import BadLine, Form

_MOST_BAD_LINES = 20
_FORMS = {".csv": Form.CSV, ".jsonl": Form.JSON_LINES, ".json": Form.JSON_LINES}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def machines(file: Path) -> None:
    """Register a fleet from a CSV or JSON-lines FILE; good lines are kept, bad ones reported."""
    form = _FORMS.get(file.suffix.lower())
    if form is None:
        raise click.UsageError(f"{file.name}: a fleet is a file {', '.join(_FORMS)}")
    with file.open("rb") as opened:
        run(_register(opened, form, file.stat().st_size))


async def _register(file: BinaryIO, form: Form, size: int) -> None:
    shown = 0

    def report(bad: BadLine) -> None:
        nonlocal shown
        shown += 1
        if shown <= _MOST_BAD_LINES:
            CONSOLE.print(f"line {bad.line}: {bad.reason}", markup=False)

    columns = (TextColumn("Registering"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    async with database(settings_of()) as desk:
        with Progress(*columns, console=CONSOLE) as bar:
            task = bar.add_task("register", total=size)
            done = await parties.register_fleet(
                desk,
                file,
                form,
                report=report,
                progress=lambda read: bar.update(task, completed=read),
            )
    click.echo(
        f"{done.new} new, {done.changed} changed, {done.unchanged} as they were, {done.bad} bad"
    )
    fail_for(done.bad)
