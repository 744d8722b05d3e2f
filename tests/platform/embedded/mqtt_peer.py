"""One MQTT connection of a test: the desk's or a machine's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from gmqtt import Client
from gmqtt.storage import PersistentStorage

from thingdesk.platform.embedded import SESSION_PREFIX, EmbeddedBroker

PATIENCE = 60.0
GOOD = "a token that the verifier of these tests takes"
REFUSED = 128

Arrived = tuple[str, bytes]


class Peer:
    """`held` are payloads that are never acknowledged; all others are, when they were handled."""

    def __init__(self, client_id: str, user: str, password: str, **options: Any) -> None:
        self._sent = PersistentStorage()
        self.client = Client(
            client_id,
            **{"clean_session": False, "optimistic_acknowledgement": False} | options,
            persistent_storage=self._sent,
        )
        self.client.set_auth_credentials(user, password)
        self.client.set_config({"reconnect_retries": -2})
        self.client.on_message = self._take
        self.client.on_subscribe = self._granted
        self.held: set[bytes] = set()
        self.arrived: asyncio.Queue[Arrived] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.client.on_disconnect = lambda *_: self.gone.set()
        self._grants: asyncio.Queue[int] = asyncio.Queue()

    async def _take(self, _: Client, topic: str, payload: bytes, *_rest: object) -> int:
        self.arrived.put_nowait((topic, payload))
        if payload in self.held:
            await asyncio.Event().wait()
        return 0

    def _granted(self, _client: Client, _mid: int, grants: tuple[int, ...], _: object) -> None:
        self._grants.put_nowait(grants[0])

    async def connect(self, broker: EmbeddedBroker) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.client.connect(broker.host, broker.port, version=4)

    async def subscribe(self, topic: str) -> int:
        """The quality that was granted, or REFUSED."""
        self.client.subscribe(topic, qos=1)
        return await asyncio.wait_for(self._grants.get(), PATIENCE)

    async def publish(self, topic: str, payload: bytes, **options: Any) -> None:
        """Returns when the broker acknowledged it."""
        self.client.publish(topic, payload, qos=1, **options)
        await asyncio.wait_for(self._sent.wait_empty(), PATIENCE)

    async def next(self) -> Arrived:
        return await asyncio.wait_for(self.arrived.get(), PATIENCE)

    async def close(self) -> None:
        if self.client.is_connected:
            await self.client.disconnect()


@asynccontextmanager
async def machine(broker: EmbeddedBroker, name: str, **options: Any) -> AsyncIterator[Peer]:
    peer = Peer(name, name, GOOD, **options)
    await peer.connect(broker)
    try:
        yield peer
    finally:
        await peer.close()


@asynccontextmanager
async def desk(broker: EmbeddedBroker, topic: str = "td/#") -> AsyncIterator[Peer]:
    given = urlsplit(broker.url)
    assert given.username
    assert given.password
    peer = Peer(f"{SESSION_PREFIX}test", given.username, given.password)
    await peer.connect(broker)
    assert await peer.subscribe(topic) == 1
    try:
        yield peer
    finally:
        await peer.close()
