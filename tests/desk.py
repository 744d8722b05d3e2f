"""A desk as processes of its own: `python -m thingdesk up`, started, stopped, killed, paused."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.databases import ROOT
from tests.ports import free_port
from tests.waiting import until
from thingdesk.platform.embedded import _launch

START_WITHIN = 120.0
STOP_WITHIN = 10.0
"""How long a desk may take to stop, however busy it is."""


class DeskProcess:
    """One process of a desk. Its ports and its data folder stay the same over restarts. `path` is
    where its code is.
    """

    def __init__(
        self,
        folder: Path,
        *,
        roles: str = "web,ingest,work",
        path: Sequence[Path] = (ROOT / "src", ROOT),
        options: Sequence[str] = (),
        **settings: object,
    ) -> None:
        self._options = options
        self.folder = folder
        self.roles = roles.split(",")
        self.http_port, self.mqtt_port = free_port(), free_port()
        self._log = folder.with_suffix(".log")
        self._read_from = 0
        self._process: subprocess.Popen[bytes] | None = None
        given = {
            "data_dir": folder,
            "http_port": self.http_port,
            "mqtt_port": self.mqtt_port,
            "roles": roles,
            "log": "plain",
            **settings,
        }
        self._environment = {
            **{name: value for name, value in os.environ.items() if "THINGDESK" not in name},
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            **{f"THINGDESK_{name.upper()}": str(value) for name, value in given.items()},
        }

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def mqtt(self) -> str:
        return f"mqtt://127.0.0.1:{self.mqtt_port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """What it has written since it was last started."""
        with self._log.open("rb") as file:
            file.seek(self._read_from)
            return file.read().decode(errors="replace")

    async def start(self) -> None:
        self.spawn()
        await self.ready()

    def spawn(self) -> None:
        """Start it, and do not wait until it serves."""
        with self._log.open("ab") as log:
            self._read_from = log.tell()
            self._process = subprocess.Popen(
                [*self._until_we_end(), sys.executable, "-m", "thingdesk", "up", *self._options],
                env=self._environment,
                cwd=self.folder.parent,
                stdout=log,
                stderr=log,
            )

    def _until_we_end(self) -> list[str]:
        """What keeps a process from outliving tests that are killed themselves."""
        us, ends_by, folder = str(os.getpid()), str(signal.SIGTERM.value), str(self.folder.parent)
        return [sys.executable, "-I", "-S", _launch.__file__, us, ends_by, "", folder]

    async def ready(self) -> None:
        """Returns when it serves: when its last part says so, and its door is open."""
        await until(self._says_ready, within=START_WITHIN)
        if "web" in self.roles:
            async with httpx.AsyncClient(base_url=self.http, timeout=30) as client:
                answer = await client.get("/v1/desk")
            assert answer.status_code == httpx.codes.OK, answer.text

    async def _says_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        return "Ready." in self.log()

    async def stop(self) -> float:
        """Stop it as an operator does; how many seconds that took. Its exit code must be 0."""
        assert self._process is not None
        began = time.monotonic()
        self._process.terminate()
        try:
            code = await asyncio.to_thread(self._process.wait, 3 * STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not stop:\n{self.log()}") from None
        assert code == 0, self.log()
        return time.monotonic() - began

    def ask_to_end(self) -> None:
        """As a supervisor does, who wakes what is stopped so that it can hear it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
            self.wake()

    def kill(self) -> None:
        """Kill -9: nothing of it gets to run any more."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def wake(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return None if self._process is None else self._process.poll()

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run another command with the same settings; its exit code and what it wrote."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "thingdesk",
            *arguments,
            env=self._environment,
            cwd=self.folder.parent,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        written, _ = await process.communicate()
        return process.returncode or 0, written.decode()


def running(folder: Path, **settings: Any) -> AbstractAsyncContextManager[DeskProcess]:
    """A desk in one process for as long as the block lasts. When the block fails, its log is
    shown.
    """
    return _running(DeskProcess(folder, **settings))


@asynccontextmanager
async def _running(desk: DeskProcess) -> AsyncIterator[DeskProcess]:
    async with all_running(desk):
        yield desk


@asynccontextmanager
async def all_running(*desks: DeskProcess) -> AsyncIterator[None]:
    """The same with several processes, which start and stop together."""
    try:
        await asyncio.gather(*(one.start() for one in desks))
        yield
    except BaseException:
        for one in desks:
            sys.stderr.write(f"--- {one.folder.name} ---\n{one.log()[-20_000:]}\n")
        raise
    finally:
        await asyncio.gather(*(_ended(one) for one in desks))


async def _ended(desk: DeskProcess) -> None:
    if desk.runs:
        with contextlib.suppress(ProcessLookupError):
            desk.wake()
        await desk.stop()
