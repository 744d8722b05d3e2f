"""What `backup` and `restore` share. They are for a desk with a database of its own: other people's
have backups of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from thingdesk.commands.common import CONSOLE
from thingdesk.platform import embedded
from thingdesk.platform.settings import Settings

_YOURS = (
    "The desk's database is not its own: THINGDESK_DATABASE_URL names it."
    " Use what belongs to that server: pg_basebackup with archived WAL, pg_dump, or what its"
    " operator offers (docs/how-to/back-up.md)."
)


def refuse_others(settings: Settings) -> None:
    if settings.database_url is not None:
        raise click.ClickException(_YOURS)


@contextmanager
def steps() -> Iterator[embedded.Progress]:
    """A bar for each step."""
    columns = (TextColumn("{task.description:8}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=CONSOLE) as bars:
        known: dict[str, TaskID] = {}

        def progress(step: str, done: int, size: int) -> None:
            if step not in known:
                known[step] = bars.add_task(step, total=size)
            bars.update(known[step], completed=done, total=size)

        yield progress
