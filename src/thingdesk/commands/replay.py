import sys
from pathlib import Path

import click

from thingdesk import replay
from thingdesk.commands.common import CONSOLE, run, settings_of


def _speed(_context: click.Context, _parameter: click.Parameter, given: str) -> float | None:
    if given == "max":
        return None
    try:
        speed = float(given)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise click.BadParameter("a number above 0, or max")
    return speed


@click.command("replay")
@click.argument(
    "files",
    metavar="FILE ...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--speed",
    default="1",
    metavar="N|max",
    callback=_speed,
    show_default=True,
    help="How many times faster than recorded, or as fast as receipts come.",
)
@click.option("--desk", metavar="mqtt://...", help="Where the machines connect.")
@click.option(
    "--near",
    type=(click.FloatRange(-90, 90), click.FloatRange(-180, 180)),
    metavar="LATITUDE LONGITUDE",
    help="About where cars drove whose log has damaged coordinates; not needed for whole ones.",
)
@click.option("--again", is_flag=True, help="As a new run, with machines of its own.")
@click.option(
    "--patience",
    default=10.0,
    type=click.FloatRange(0, 86400),
    metavar="SECONDS",
    help="How long the recording may stand still for one case; not in real time.",
)
def replay_(
    files: tuple[Path, ...],
    speed: float | None,
    desk: str | None,
    near: tuple[float, float] | None,
    again: bool,
    patience: float,
) -> None:
    """Replay recordings of real machines, the last row being now.

    Repeating it goes on where it ended, and sends nothing twice; --again makes a new run of it.
    Faster than real, the recording stands still while the desk works on a case of its machines,
    so that the speed changes nothing of what comes out.
    """

    async def act() -> None:
        settings = settings_of()
        where = desk or replay.desk_of(settings)
        wanted = replay.Wanted(files, where, speed, patience, again, near)
        if not await replay.show(settings, wanted, CONSOLE):
            sys.exit(1)

    run(act())
