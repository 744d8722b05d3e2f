"""What the monkey can strike: each comes back by itself, as its supervisor would see to."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil
from tests.desk import STOP_WITHIN, DeskProcess
from tests.machine.brokers import Mosquitto

from thingdesk.platform.embedded import EmbeddedPostgres
from thingdesk.platform.loops import first_of

_LOOK_EVERY = 0.1
_END_WITHIN = 2 * STOP_WITHIN
"""Longer than a desk may take: it may be paused, or killed for the CPU by all others, meanwhile."""


class Target(Protocol):
    """`kill` is SIGKILL; `restart` lets it end in order; `pause` is SIGSTOP, until `wake`."""

    name: str

    async def kill(self) -> None: ...

    async def restart(self) -> None: ...

    def pause(self) -> None: ...

    def wake(self) -> None: ...


class Role:
    """A process of the desk. One that ends is started again. That it ends by itself is a fault,
    unless it was still starting: it may then say that it cannot reach something. So is one that was
    asked to end and does not, or says that something is wrong.
    """

    def __init__(self, desk: DeskProcess) -> None:
        self.desk = desk
        self.name = desk.folder.name
        self.faults: list[str] = []
        self._over = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._asked: tuple[int, float] | None = None

    def keep(self) -> None:
        self._keeping = asyncio.create_task(self._keep())

    async def let_go(self) -> None:
        self._over.set()
        if self._keeping is not None:
            await self._keeping

    async def _keep(self) -> None:
        while not self._over.is_set():
            self._look()
            await first_of(self._over, seconds=_LOOK_EVERY)

    def _look(self) -> None:
        asked = self._asked if self._asked and self._asked[0] == self.desk.pid else None
        if not self.desk.runs:
            if "Ready." in self.desk.log() and not (asked and self.desk.code == 0):
                self._fault(f"ended {'as asked' if asked else 'by itself'}, code {self.desk.code}")
            self.desk.spawn()
        elif asked and time.monotonic() > asked[1]:
            self._fault(f"did not end within {_END_WITHIN:.0f} s")
            self.desk.kill()
            self.desk.spawn()

    def _fault(self, what: str) -> None:
        self.faults.append(f"{self.name} {what}:\n{self.desk.log()[-4000:]}")

    async def kill(self) -> None:
        self.desk.kill()
        self.desk.spawn()

    async def restart(self) -> None:
        """Returns at once: other things happen while it ends."""
        self._asked = self.desk.pid, time.monotonic() + _END_WITHIN
        self.desk.ask_to_end()

    def pause(self) -> None:
        self.desk.pause()

    def wake(self) -> None:
        with suppress(ProcessLookupError):
            self.desk.wake()

    async def is_ready(self) -> bool:
        return self.desk.runs and "Ready." in self.desk.log()


class Server:
    """A server that somebody else starts again: it is found by the number of its process."""

    def __init__(
        self, name: str, killed_by: tuple[signal.Signals, ...], ended_by: signal.Signals
    ) -> None:
        self.name = name
        self._killed_by = killed_by
        self._ended_by = ended_by
        self._kills = 0
        self._paused: list[psutil.Process] = []

    def pid(self) -> int | None:
        raise NotImplementedError

    async def kill(self) -> None:
        number = self._killed_by[self._kills % len(self._killed_by)]
        self._kills += 1
        self._send(number)

    async def restart(self) -> None:
        self._send(self._ended_by)

    def _send(self, number: signal.Signals) -> None:
        if (pid := self.pid()) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        self.wake()

    def pause(self) -> None:
        with suppress(psutil.NoSuchProcess):
            if (pid := self.pid()) is not None:
                all_ = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
                self._paused = all_
        for one in self._paused:
            with suppress(psutil.NoSuchProcess):
                one.suspend()

    def wake(self) -> None:
        for one in self._paused:
            with suppress(psutil.NoSuchProcess):
                one.resume()
        self._paused = []


# immediate: the sessions end where they are, and the server recovers at its next start
DATABASE_KILLS = (signal.SIGKILL, signal.SIGQUIT)
# fast: the sessions end, and a checkpoint is written
DATABASE_ENDS = signal.SIGINT


class OwnDatabase(Server):
    """A PostgreSQL that this process looks after, and starts again at once."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        super().__init__("database", DATABASE_KILLS, DATABASE_ENDS)
        self._postgres = postgres

    def pid(self) -> int | None:
        return self._postgres.pid

    async def kill(self) -> None:
        await super().kill()
        await self._again()

    async def restart(self) -> None:
        await super().restart()
        await self._again()

    async def _again(self) -> None:
        await self._postgres.__aexit__(None, None, None)
        await self._postgres.__aenter__()


class DesksDatabase(Server):
    """The one that is embedded in a desk."""

    def __init__(self, folder: Path) -> None:
        super().__init__("database", DATABASE_KILLS, DATABASE_ENDS)
        self._file = folder / "postgres" / "postmaster.pid"

    def pid(self) -> int | None:
        try:
            return int(self._file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None


class DesksBroker(Server):
    """The broker that is embedded in a desk."""

    def __init__(self, desk: DeskProcess) -> None:
        super().__init__("broker", (signal.SIGKILL,), signal.SIGTERM)
        self._desk = desk

    def pid(self) -> int | None:
        with suppress(psutil.NoSuchProcess):
            for one in psutil.Process(self._desk.pid).children(recursive=True):
                if "nats" in one.name():
                    return one.pid
        return None


class OwnBroker:
    """A mosquitto that this process looks after."""

    name = "broker"

    def __init__(self, broker: Mosquitto) -> None:
        self._broker = broker

    async def kill(self) -> None:
        await self._broker.kill()
        await self._broker.start()

    async def restart(self) -> None:
        self.wake()
        await self._broker.stop()
        await self._broker.start()

    def pause(self) -> None:
        os.kill(self._broker.pid, signal.SIGSTOP)

    def wake(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._broker.pid, signal.SIGCONT)
