"""`thingdesk demo`: the play in the terminal."""

import asyncio
import shutil
import signal
import time
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlencode

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from thingdesk.demo.desk import Known
from thingdesk.demo.picture import Lines, closing, live
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
        _say_where(console, known)
        watch = _Watch(picture, console, f"console {known.http}")
        await play.until_over(watch.show, stop)
        if stop.is_set():
            return False
        last = await play.quiet()
        watch.show(last, ended=True)
    console.print(closing(last, time.monotonic() - play.began))
    if not exit_after:
        console.print("The fleet goes on, and now and then something breaks; Ctrl-C ends it.")
        _say_where(console, known)
        await play.go_on(watch.tell, stop)
    return not last.wrong


def _say_where(console: Console, known: Known) -> None:
    whom = urlencode({"email": known.staff})
    for name, words in (
        ("Console", known.http),
        ("First staff", f"{known.staff}, whose password is set once by {known.staff_link}"),
        ("Log in", f"{known.http}/log-in?{whom}"),
    ):
        console.print(f"{name:<12} {words}", soft_wrap=True, highlight=False)


class _Watch:
    """Shows one tally after another."""

    def __init__(self, picture: Live, console: Console, where: str) -> None:
        self._picture = picture
        self._console = console
        self._where = where
        self._began = time.monotonic()
        self._lines = Lines()

    def show(self, now: Tally, *, ended: bool = False) -> None:
        """In the picture; where that cannot change, each step is a line."""
        self.tell(now, ended=ended, silent=self._console.is_terminal)
        self._picture.update(live(now, time.monotonic() - self._began, self._where))

    def tell(self, now: Tally, *, ended: bool = False, silent: bool = False) -> None:
        """A line for each step that is new."""
        for line in self._lines.new(now, last=ended):
            if not silent:
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)


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
