"""Real brokers for the tests: started on a free port, stopped and started again under a client."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from gmqtt.mqtt.constants import MQTTv50, MQTTv311
from joserfc.errors import JoseError
from tests.machine.desk import token_of
from tests.ports import free_port
from tests.waiting import until

from thingdesk.platform.embedded import EmbeddedBroker
from thingdesk.platform.embedded.broker import SESSION_PREFIX
from thingdesk.topics import ACCESS
from thingdesk_machine import Identity

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


class Broker(Protocol):
    """One broker; its sessions are on its disk and survive `kill` and `start`."""

    version: int
    """The MQTT version that it speaks."""

    @property
    def port(self) -> int: ...

    @property
    def desk(self) -> tuple[str, str, str | None]:
        """The client id, name and password of the desk."""

    async def start(self) -> None: ...

    async def kill(self) -> None: ...


class Embedded:
    """The desk's own broker, which lets in whom `known` names, with a token of that machine."""

    version = MQTTv311

    def __init__(self, folder: Path, known: dict[str, Identity]) -> None:
        self._folder = folder / "desk"
        self._known = known
        self.port = free_port()
        self.refused: asyncio.Queue[str] = asyncio.Queue()
        self._broker: EmbeddedBroker | None = None

    @property
    def desk(self) -> tuple[str, str, str | None]:
        assert self._broker is not None
        url = urlsplit(self._broker.url)
        return f"{SESSION_PREFIX}1", url.username or "", url.password

    async def start(self) -> None:
        self._broker = EmbeddedBroker(
            self._folder,
            access=ACCESS,
            verifier=self._verify,
            mqtt_port=self.port,
            ack_wait=timedelta(seconds=2),
            on_refused=lambda machine, _reason: self.refused.put_nowait(machine),
        )
        await self._broker.__aenter__()

    async def kill(self) -> None:
        assert self._broker is not None
        if self._broker.pid is not None:
            os.kill(self._broker.pid, signal.SIGKILL)
        await self._broker.__aexit__(None, None, None)

    async def _verify(self, machine: str, token: str, _client_id: str) -> bool | str:
        identity = self._known.get(machine)
        try:
            return identity is not None and token_of(token, identity)["sub"] == machine
        except JoseError as error:
            return str(error)


@asynccontextmanager
async def mosquitto(folder: Path) -> AsyncIterator[str]:
    """The URL of a broker that lets everybody in, for as long as the block lasts."""
    broker = Mosquitto(folder)
    await broker.start()
    try:
        yield f"mqtt://127.0.0.1:{broker.port}"
    finally:
        await broker.kill()


class Mosquitto:
    """A broker of MQTT 5 that lets everybody in, or only those who say a password of `known`."""

    version = MQTTv50
    desk = ("desk", "desk", None)

    def __init__(self, folder: Path, known: dict[str, str] | None = None) -> None:
        assert MOSQUITTO is not None
        self.port = free_port()
        self._log = folder / "mosquitto.log"
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\n"
            f"{self._let_in(folder / 'passwords', known) if known else 'allow_anonymous true'}\n"
            "user root\n"
            "persistence true\n"
            "autosave_interval 1\n"
            f"persistence_location {folder}/\n"
        )
        self._command = [MOSQUITTO, "-c", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def _let_in(passwords: Path, known: dict[str, str]) -> str:
        passwords.write_text("".join(f"{name}:{word}\n" for name, word in known.items()))
        passwords.chmod(0o600)
        hashing = shutil.which("mosquitto_passwd")
        assert hashing is not None
        subprocess.run([hashing, "-U", str(passwords)], check=True)
        return f"password_file {passwords}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        self._spawn()
        await until(self._answers)

    def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    async def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        await asyncio.to_thread(self._process.wait)

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await asyncio.to_thread(self._process.wait)

    async def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            await writer.wait_closed()
            return True
        return False
