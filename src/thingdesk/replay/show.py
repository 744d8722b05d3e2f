"""A replay in the terminal: a bar, what could not be read, a line that sums up, and the cases."""

import logging
import time
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from thingdesk import app
from thingdesk.platform import present
from thingdesk.platform.settings import Settings
from thingdesk.replay.feed import Sent
from thingdesk.replay.heard import found_at, heard, lines, summed_up
from thingdesk.replay.replay import Loaded, ReplayError, Wanted, load, replay


def desk_of(settings: Settings) -> str:
    """Where the desk of this data folder takes machines. Raises ReplayError."""
    broker = present.read(settings.data_dir).get("broker")
    if broker is None:
        raise ReplayError("No desk runs in this data folder: start one with `thingdesk up`.")
    return broker


async def show(settings: Settings, wanted: Wanted, console: Console) -> bool:
    """Replay, and say what happens; whether everything that could be read is at the desk."""
    # what a machine does to connect is no news here; that it cannot is
    logging.getLogger("thingdesk_machine").setLevel(logging.WARNING)
    logging.getLogger("gmqtt").setLevel(logging.ERROR)
    folder = settings.data_dir / "replay"
    loaded = load(folder, wanted)
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    for file, row in loaded.unreadable:
        where = f" {row.column}" if row.column else ""
        say(f"{file.name}, line {row.line}{where}: {row.reason}")
    columns = (TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began = time.monotonic()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("replay", total=len(loaded.rows))
        async with app.database(settings) as database:
            sent = await replay(
                database,
                wanted,
                loaded,
                progress=lambda rows: bar.advance(task, rows),
                warn=say,
            )
            cases = heard(loaded.queues, loaded.kinds)
            async with database.transaction() as tx:
                found = await found_at(tx, cases)
    for event, reason in sent.refused:
        say(f"{event} was refused: {reason}")
    say(_summed_up(loaded, sent, time.monotonic() - began))
    address = present.read(settings.data_dir).get("http")
    say(summed_up(cases))
    for line in lines(cases, found, address):
        say(line)
    if address:
        say(f"Console {address}")
    return sent.receipts == len(loaded.rows)


def _summed_up(loaded: Loaded, sent: Sent, seconds: float) -> str:
    known = f" ({sent.known} before)" if sent.known else ""
    parts = sum(row.column is not None for _, row in loaded.unreadable)
    lost = len(loaded.unreadable) - parts
    return (
        f"{len(loaded.rows)} rows of {len(loaded.kinds)} machines in {seconds:.1f} s: "
        f"{sent.receipts} receipts{known}, {len(sent.refused)} refused; "
        f"{lost} rows and {parts} single values could not be read"
    )
