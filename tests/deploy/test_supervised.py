"""A process of the desk tells systemd that it is ready, lives and stops."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.desk import STOP_WITHIN, DeskProcess, all_running
from tests.waiting import until


class Supervisor:
    """The socket that systemd would give it, and what came in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def hear(self) -> list[str]:
        while True:
            try:
                self.heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self.heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    one = Supervisor(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(one.path))
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    yield one
    one.close()


async def test_a_role_is_ready_lives_and_stops_in_time(
    tmp_path: Path, database_url: str, supervisor: Supervisor
) -> None:
    desk = DeskProcess(tmp_path / "desk", roles="web", database_url=database_url)
    async with all_running(desk):

        async def alive() -> bool:
            return supervisor.hear().count("WATCHDOG=1") >= 3

        await until(alive)
        assert supervisor.heard[0] == "READY=1"

        desk.pause()
        supervisor.hear()
        supervisor.heard.clear()
        silent_until = time.monotonic() + 1.0

        async def a_second() -> bool:
            return time.monotonic() > silent_until

        await until(a_second)
        assert supervisor.hear() == []  # a process that stands still does not say that it lives
        desk.wake()
        assert await desk.stop() < STOP_WITHIN
        assert "STOPPING=1" in supervisor.hear()
