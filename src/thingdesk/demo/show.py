"""`thingdesk demo`: the play in the terminal."""

import asyncio
import shutil
import signal
import time
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from thingdesk.demo.picture import closing, live, news
from thingdesk.demo.play import Play, playing
from thingdesk.demo.script import PLAN
from thingdesk.demo.tally import Tally
from thingdesk.platform.settings import Settings


async def show(settings: Settings, console: Console, *, exit_after: bool) -> bool:
    """Play it and count; whether all was well. Raises DemoError."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    folder = _fresh(settings.data_dir)
    well = False
    try:
        async with playing(PLAN, folder) as play:
            well = await _show(play, console, stop, exit_after=exit_after)
            console.print("Stopping …")
    finally:
        if well or stop.is_set():
            shutil.rmtree(folder, ignore_errors=True)
        else:
            console.print(f"What everybody wrote is in {folder}", style="dim", soft_wrap=True)
    return well


async def _show(play: Play, console: Console, stop: asyncio.Event, *, exit_after: bool) -> bool:
    console.print("Starting a desk with PostgreSQL and a broker, and those who deal with it …")
    waiting = Spinner("dots", "a few seconds")
    transient = not console.is_terminal
    with Live(waiting, console=console, refresh_per_second=8, transient=transient) as picture:
        beginning = asyncio.create_task(play.begin())
        if not await _or_stop(beginning, stop):
            return False
        known = beginning.result()
        console.print(f"Console      {known.http}", soft_wrap=True)
        console.print(f"First staff  {known.staff_link}", soft_wrap=True)
        watch = _Watch(picture, console, f"console {known.http}")
        await play.until_over(watch.show, stop)
        if stop.is_set():
            return False
        last = await play.quiet()
        watch.show(last)
    console.print(closing(last, time.monotonic() - play.began))
    if not exit_after:
        play.go_on()
        console.print(f"The fleet goes on. Console {known.http}; Ctrl-C ends it.", soft_wrap=True)
        await stop.wait()
    return not last.wrong


class _Watch:
    """Shows one tally after another."""

    def __init__(self, picture: Live, console: Console, where: str) -> None:
        self._picture = picture
        self._console = console
        self._where = where
        self._began = time.monotonic()
        self._before: Tally | None = None

    def show(self, now: Tally) -> None:
        if not self._console.is_terminal:
            # where a picture cannot change, each step is a line
            for line in news(self._before, now):
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._before = now
        self._picture.update(live(now, time.monotonic() - self._began, self._where))


async def _or_stop(task: asyncio.Task[object], stop: asyncio.Event) -> bool:
    """Whether the task came to its end before the stop."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return False
    return True


def _fresh(data: Path) -> Path:
    parent = data / "demo"
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(mkdtemp(prefix="run-", dir=parent)).resolve()
