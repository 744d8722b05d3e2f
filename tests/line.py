"""A machine's MQTT line to a running desk, as bytes: for what the client library would not send."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gmqtt import Client
from gmqtt.mqtt.constants import MQTTv311
from gmqtt.storage import PersistentStorage

from tests.parties.making import Signing
from tests.saying import Event

WITHIN = 60.0


class Line:
    """Reads the machine's receipts. It never connects again by itself."""

    def __init__(
        self, who: Signing, client_id: str | None = None, *, version: int = MQTTv311
    ) -> None:
        self.who = who
        self._version = version
        self._sent = PersistentStorage()
        self._client = Client(
            client_id or who.machine, clean_session=True, persistent_storage=self._sent
        )
        self._client.set_config({"reconnect_retries": 0})
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._arrived: asyncio.Queue[list[Event]] = asyncio.Queue()
        self._granted: asyncio.Queue[tuple[int, ...]] = asyncio.Queue()
        self.ended = asyncio.Event()

    def _on_message(self, _: Client, __: str, payload: bytes, *___: Any) -> int:
        said = json.loads(payload)
        self._arrived.put_nowait(said if isinstance(said, list) else [said])
        return 0

    def _on_subscribe(self, _: Client, __: int, granted: tuple[int, ...], ___: Any) -> None:
        self._granted.put_nowait(granted)

    def _on_disconnect(self, *_: Any) -> None:
        self.ended.set()

    async def open(self, port: int, token: str | None = None) -> None:
        """Raises MQTTConnectError when the broker does not let the machine in."""
        self._client.set_auth_credentials(self.who.machine, token or self.who.token())
        async with asyncio.timeout(WITHIN):
            await self._client.connect("127.0.0.1", port, version=self._version)

    async def subscribe(self, topic: str) -> int:
        """The quality that was granted; 128 for none."""
        self._client.subscribe(topic, qos=1)
        (granted,) = await asyncio.wait_for(self._granted.get(), WITHIN)
        return granted

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> None:
        self._client.publish(topic, payload, qos=qos)

    def send(self, kind: str, said: Any) -> None:
        payload = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.publish(f"td/{self.who.machine}/{kind}", payload)

    async def flushed(self) -> None:
        """Returns when the broker has acknowledged all that was sent."""
        await self._sent.wait_empty()

    async def heard(self, within: float | None = WITHIN) -> list[Event]:
        """The events of the next message that comes down."""
        return await asyncio.wait_for(self._arrived.get(), within)

    async def say(self, kind: str, said: Any) -> list[Event]:
        """What is answered."""
        self.send(kind, said)
        return await self.heard()

    async def close(self) -> None:
        if self._client.is_connected:
            await self._client.disconnect()


@asynccontextmanager
async def line(who: Signing, port: int, *, version: int = MQTTv311) -> AsyncIterator[Line]:
    """Connected, and listening for receipts."""
    one = Line(who, version=version)
    await one.open(port)
    assert await one.subscribe(f"td/{who.machine}/receipts") < 128
    try:
        yield one
    finally:
        await one.close()
