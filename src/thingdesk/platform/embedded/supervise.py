"""A child process that is started, probed, restarted when it dies, and stopped in time.

Children die with the desk: see `_launch`. The kernel ties a child to the *thread* that started it,
so each child has a thread of its own that lives as long as the child and waits for its end.
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from thingdesk.platform import private
from thingdesk.platform.embedded import _launch
from thingdesk.platform.embedded.account import Account
from thingdesk.platform.embedded.errors import EmbeddedError

_logger = logging.getLogger(__name__)

_PROBE_PAUSE = 0.02
_FIRST_PAUSE, _LONGEST_PAUSE, _STEADY_AFTER = 0.1, 10.0, 60.0
_KILL_PATIENCE = 5.0


@dataclass(frozen=True)
class Program:
    """What to run. `stop` are the signals that end it, each with the seconds it is given."""

    name: str
    command: tuple[str, ...]
    folder: Path
    output: Path
    stop: tuple[tuple[signal.Signals, float], ...]
    account: Account | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: {"PATH": "/usr/bin:/bin"})


@dataclass(frozen=True)
class Died:
    """A child ended, and nobody had stopped it for good. `code` is negative when a signal did."""

    name: str
    code: int
    restart_in: float
    why: str


def launcher(
    command: Sequence[str],
    folder: Path,
    account: Account | None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> list[str]:
    """The command line that turns into `command`, in `folder`, as `account`, dying with us."""
    as_account = f"{account.uid}:{account.gid}" if account else ""
    preface = [sys.executable, "-I", "-S", _launch.__file__, str(os.getpid())]
    return [*preface, str(int(death_signal)), as_account, str(folder), *command]


class _Child:
    """One process. `ended` holds its exit code once it is known."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[int] = self._loop.create_future()
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> int:
        name = f"keeps {self._program.name}"
        threading.Thread(target=self._keep, name=name, daemon=True).start()
        # whoever stops waiting for it has to end it all the same
        return await asyncio.shield(self._started)

    def _keep(self) -> None:
        program = self._program
        command = launcher(program.command, program.folder, program.account, program.stop[0][0])
        try:
            with private.open_new(program.output) as output:
                self._process = subprocess.Popen(  # noqa: S603 - our own command
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=dict(program.environment),
                    # Ctrl-C in a terminal is for the desk, which stops its children in order.
                    start_new_session=True,
                )
        except OSError as error:
            reason = error
            self._tell(lambda: self._started.set_exception(reason))
            return
        pid = self._process.pid
        self._tell(lambda: self._started.set_result(pid))
        code = self._process.wait()
        self._tell(lambda: self.ended.set_result(code))

    def _tell(self, setter: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(setter)

    async def stop(self, signals: Sequence[tuple[signal.Signals, float]]) -> None:
        await asyncio.wait({self._started})
        for number, patience in (*signals, (signal.SIGKILL, _KILL_PATIENCE)):
            if self._process is None or self.ended.done():
                return
            self._process.send_signal(number)
            await asyncio.wait({self.ended}, timeout=patience)


Probe = Callable[[], Awaitable[bool]]
Explain = Callable[[], EmbeddedError]


class Supervised:
    """Keeps a program running between `start` and `stop`.

    `prepare` runs in a thread before each start and cleans what a dead predecessor left. `probe`
    says whether the program serves; it is asked until it does. `explain` makes an error for a
    person from what the program wrote before it ended. `on_death` hears of every unexpected end;
    the program is then started again, after a pause that doubles while it keeps dying.
    """

    def __init__(
        self,
        program: Program,
        *,
        probe: Probe,
        prepare: Callable[[], None],
        explain: Explain,
        start_within: float,
        on_death: Callable[[Died], None] | None = None,
    ) -> None:
        self._program = program
        self._probe = probe
        self._prepare = prepare
        self._explain = explain
        self._start_within = start_within
        self._on_death = on_death
        self._child: _Child | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._reason = ""
        self.pid: int | None = None
        self.serving = asyncio.Event()

    async def start(self) -> None:
        """Returns when the program serves; raises EmbeddedError when it does not."""
        try:
            await self._bring_up()
        except BaseException:
            await self._bring_down()
            raise
        self._watcher = asyncio.create_task(self._watch())

    async def restart(self, why: str) -> None:
        """Ends the program in order; it is then started again as if it had ended by itself."""
        if self._child is not None:
            self._reason = why
            await self._child.stop(self._program.stop)

    async def stop(self) -> None:
        """Ends the program within the seconds that its signals are given."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait({self._watcher})
        await self._bring_down()

    async def _bring_up(self) -> None:
        await asyncio.to_thread(self._prepare)
        self._child = _Child(self._program)
        self.pid = await self._child.start()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._start_within
        while not await self._probe():
            if self._child.ended.done():
                raise await asyncio.to_thread(self._explain)
            if loop.time() > deadline:
                raise EmbeddedError(
                    f"{self._program.name} runs but did not serve in {self._start_within:.0f} s.",
                    f"Read {self._program.output} and the logs beside it.",
                )
            await asyncio.wait({self._child.ended}, timeout=_PROBE_PAUSE)
        self.serving.set()

    async def _bring_down(self) -> None:
        self.serving.clear()
        if self._child is not None:
            await self._child.stop(self._program.stop)
        self._child = self.pid = None

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while self._child is not None:
            served_from = loop.time()
            code = await asyncio.shield(self._child.ended)
            self.serving.clear()
            if loop.time() - served_from > _STEADY_AFTER:
                pause = _FIRST_PAUSE
            why = await self._why(code)
            while True:
                self._tell_death(Died(self._program.name, code, pause, why))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                try:
                    await self._bring_up()
                    break
                except (EmbeddedError, OSError) as error:
                    why = str(error)
                    await self._bring_down()

    async def _why(self, code: int) -> str:
        if self._reason:
            reason, self._reason = self._reason, ""
            return reason
        if code == -signal.SIGKILL:
            return "It was killed: by somebody, or by the system for want of memory."
        return str(await asyncio.to_thread(self._explain))

    def _tell_death(self, died: Died) -> None:
        _logger.error(
            "%s ended (code %s), starting it again in %.1f s. %s",
            died.name,
            died.code,
            died.restart_in,
            died.why,
        )
        if self._on_death is not None:
            self._on_death(died)
