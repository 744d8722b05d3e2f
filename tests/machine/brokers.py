"""Real brokers for the tests: started on a free port, stopped and started again under a client."""

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import until

NATS = Path(sys.executable).with_name("nats-server")
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Broker:
    """One broker process; its sessions survive `stop` and `kill`, as they are on its disk."""

    command: list[str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._spawn()
        await until(self._answers)

    def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            await writer.wait_closed()
            return True
        return False


def nats(folder: Path) -> Broker:
    port, mqtt = free_port(), free_port()
    config = folder / "nats.conf"
    config.write_text(
        f"""
        server_name: test
        listen: "127.0.0.1:{port}"
        jetstream {{ store_dir: "{folder}/jetstream" }}
        mqtt {{ listen: "127.0.0.1:{mqtt}", ack_wait: "2s" }}
        """
    )
    return Broker([str(NATS), "-c", str(config)], mqtt, folder / "nats.log")


def mosquitto(folder: Path) -> Broker:
    assert MOSQUITTO is not None
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\n"
        "allow_anonymous true\n"
        "user root\n"
        "persistence true\n"
        "autosave_interval 1\n"
        f"persistence_location {folder}/\n"
    )
    return Broker([MOSQUITTO, "-c", str(config)], port, folder / "mosquitto.log")
