"""The desk's own connection to the broker."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from gmqtt import Client, Subscription
from gmqtt.mqtt.constants import MQTTv50, MQTTv311

_log = logging.getLogger(__name__)
_KEEPALIVE = 30
_SESSION = 3600
_PREFIX = "thingdesk:"
# brokers take 1 MiB of payload; for one byte more they end the connection, and again for every
# repetition of the message: no other one would get through any more
_MOST_BYTES = 1_000_000

Handle = Callable[[str, bytes, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is and how the desk is known there. `shared`: MQTT 5, several receivers."""

    host: str
    port: int
    name: str | None
    password: str | None
    tls: bool
    shared: bool

    @classmethod
    def read(cls, url: str, *, shared: bool) -> "BrokerAddress":
        """From `mqtt://name:password@host:port`, or `mqtts://` for TLS."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("the broker's URL must read mqtt://[name:password@]host[:port]")
        tls = parts.scheme == "mqtts"
        return cls(
            parts.hostname,
            parts.port or (8883 if tls else 1883),
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            tls,
            shared,
        )


class Connection:
    """A session that the broker keeps for an hour; gmqtt connects again by itself.

    A message is acknowledged when `handle` has returned; when it raises, the broker sends the
    message again.
    """

    def __init__(
        self,
        address: BrokerAddress,
        name: str,
        topics: Sequence[str] = (),
        handle: Handle | None = None,
    ) -> None:
        self._address = address
        self._topics = topics
        self._handle = handle
        self._subscribed = asyncio.Event()
        self.refused: str | None = None
        expiry = {"session_expiry_interval": _SESSION} if address.shared else {}
        self._client = Client(
            _PREFIX + name, clean_session=False, optimistic_acknowledgement=False, **expiry
        )
        if address.name is not None:
            self._client.set_auth_credentials(address.name, address.password)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe

    async def __aenter__(self) -> Self:
        """Connected and subscribed."""
        await self._client.connect(
            self._address.host,
            self._address.port,
            ssl=self._address.tls,
            version=MQTTv50 if self._address.shared else MQTTv311,
            keepalive=_KEEPALIVE,
        )
        if self._topics:
            await self._subscribed.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.disconnect()

    @property
    def is_connected(self) -> bool:
        return bool(self._client.is_connected)

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a message to the broker at QoS 1; while it is away gmqtt keeps it. One that no
        broker takes is left out, and the log says so.
        """
        if len(payload) > _MOST_BYTES:
            _log.error("left out: %d bytes for %s are more than brokers take", len(payload), topic)
            return
        self._client.publish(topic, payload, qos=1)

    def _on_connect(self, client: Client, *_: Any) -> None:
        for topic in self._topics:
            name = f"$share/thingdesk/{topic}" if self._address.shared else topic
            client.subscribe(Subscription(name, qos=1))

    def _on_subscribe(self, _: Client, __: int, granted: Sequence[int], ___: Any) -> None:
        if any(code >= 128 for code in granted):  # noqa: PLR2004 - failures, in MQTT 3.1.1 and 5
            self.refused = "the broker does not let the desk subscribe to td/#"
            _log.error("%s", self.refused)
        self._subscribed.set()

    async def _on_message(self, _: Client, topic: str, payload: bytes, qos: int, __: Any) -> int:
        if self._handle is not None:
            try:
                await self._handle(topic, bytes(payload), qos)
            except Exception:
                # without an acknowledgement the broker sends it again
                _log.exception("a message on %s was not taken in", topic)
                raise
        return 0
