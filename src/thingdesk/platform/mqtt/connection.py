"""The desk's own connection to the broker."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from gmqtt import Client, Subscription
from gmqtt.mqtt.constants import MQTTv50, MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError

from thingdesk.platform import ids
from thingdesk.platform.backoff import Backoff
from thingdesk.platform.embedded import SESSION_PREFIX
from thingdesk.platform.mqtt.together import Together

_log = logging.getLogger(__name__)
_KEEPALIVE = 30
# a shared subscription goes on giving its share to a session that nobody is there for any more
_SESSION = 10
_HANDSHAKE = 15
_FIRST_ATTEMPTS = 4
_PAUSES = Backoff(timedelta(milliseconds=200), timedelta(seconds=5))
# brokers take 1 MiB of payload; for one byte more they end the connection, and again for every
# repetition of the message: no other one would get through any more
_MOST_BYTES = 1_000_000

Handle = Callable[[str, bytes, int, Callable[[], None]], None]
"""Is given topic, payload and QoS of a message, and calls the last when it is done with it."""


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


class _OnceClient(Client):  # type: ignore[misc]
    """Never connects again by itself: gmqtt gives up for good after some refusals. What it writes
    in one turn leaves together. What comes at QoS 1 goes to `take` with how to acknowledge it:
    gmqtt would make a task of each such message, to acknowledge it at the task's end.
    """

    def __init__(self, name: str, take: Handle, **more: Any) -> None:
        super().__init__(name, clean_session=False, optimistic_acknowledgement=False, **more)
        self._take = take
        self._package_handler._handle_qos_1_publish_packet = self._take_one  # noqa: SLF001 - no other way

    def _take_one(self, packet: int, payload: bytes, topic: str, _: Any) -> None:
        self._take(topic, payload, 1, partial(self._acknowledge, packet))

    def _acknowledge(self, packet: int) -> None:
        if self.is_connected:
            self._package_handler._send_puback(packet)  # noqa: SLF001 - the same

    async def reconnect(self, delay: bool = False) -> None:
        pass

    async def _create_connection(self, *details: Any, **more: Any) -> Any:
        made = await super()._create_connection(*details, **more)
        together = Together(made._transport)  # noqa: SLF001 - the same
        made._transport = made._protocol._transport = together  # noqa: SLF001 - the same
        return made


class Connection:
    """A session that the broker keeps, a shared one for seconds only, connected again whenever it
    is lost.

    A message is acknowledged when `handle` is done with it; if it never is, the broker sends the
    message again. What is published while the broker is away is not sent: machines repeat until
    they hold the receipt, and notices and commands are attempted again. Topics in `at_most_once`
    are heard at QoS 0, which no broker repeats.
    """

    def __init__(
        self,
        address: BrokerAddress,
        name: str,
        topics: Sequence[str] = (),
        handle: Handle | None = None,
        *,
        at_most_once: Collection[str] = (),
    ) -> None:
        self._address = address
        self._name = SESSION_PREFIX + name
        self._topics = topics
        self._at_most_once = at_most_once
        self._handle = handle
        self._subscribed = asyncio.Event()
        self._lost = asyncio.Event()
        self._client = self._make_client()
        self._stay: asyncio.Task[None] | None = None
        self.refused: str | None = None

    async def __aenter__(self) -> Self:
        """Connected and subscribed. Raises ConnectionError when the broker cannot be used, also
        not at another attempt: one that has just been started may be started again.
        """
        try:
            await self._connect_at_first()
        except MQTTConnectError as error:
            raise ConnectionError(f"the broker does not let the desk in: {error}") from error
        except OSError as error:
            where = f"{self._address.host}:{self._address.port}"
            why = str(error) or f"no answer within {_HANDSHAKE} s"
            raise ConnectionError(f"the broker at {where} cannot be used: {why}") from error
        self._stay = asyncio.create_task(self._stay_connected())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._stay is not None:
            self._stay.cancel()
            await asyncio.gather(self._stay, return_exceptions=True)
        ended = {"session_expiry_interval": 0} if self._address.shared else {}
        # what is under way is not acknowledged any more: the broker sends it again
        await self._client.disconnect(**ended)

    def _make_client(self) -> Client:
        expiry = {"session_expiry_interval": _SESSION} if self._address.shared else {}
        client = _OnceClient(self._name, self._take, **expiry)
        if self._address.name is not None:
            client.set_auth_credentials(self._address.name, self._address.password)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        return client

    async def _connect_at_first(self) -> None:
        for attempt in range(1, _FIRST_ATTEMPTS):
            try:
                await self._connect()
            except OSError:
                await asyncio.sleep(_PAUSES.pause(attempt, ids.draw()).total_seconds())
            else:
                return
        await self._connect()

    async def _connect(self) -> None:
        self._lost.clear()
        self._subscribed.clear()
        self._client = self._make_client()
        async with asyncio.timeout(_HANDSHAKE):
            shaking = asyncio.create_task(self._shake_hands())
            lost = asyncio.create_task(self._lost.wait())
            try:
                # gmqtt waits for the answer of a broker that has ended, too
                await asyncio.wait({shaking, lost}, return_when=asyncio.FIRST_COMPLETED)
                if not shaking.done():
                    raise ConnectionResetError("it ended the connection")
                await shaking
            finally:
                shaking.cancel()
                lost.cancel()

    async def _shake_hands(self) -> None:
        await self._client.connect(
            self._address.host,
            self._address.port,
            ssl=self._address.tls,
            version=MQTTv50 if self._address.shared else MQTTv311,
            keepalive=_KEEPALIVE,
        )
        if self._topics:
            await self._subscribed.wait()

    async def _stay_connected(self) -> None:
        while True:
            await self._lost.wait()
            _log.warning("the broker's connection was lost")
            attempt = 0
            while True:
                attempt += 1
                await asyncio.sleep(_PAUSES.pause(attempt, ids.draw()).total_seconds())
                try:
                    await self._connect()
                    break
                except (OSError, MQTTConnectError) as error:
                    _log.warning("the broker cannot be used: %s; trying again", error)
            _log.warning("connected to the broker again")

    @property
    def is_connected(self) -> bool:
        return bool(self._client.is_connected)

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> None:
        """Hand a message to the broker. One that no broker takes is left out and logged."""
        if len(payload) > _MOST_BYTES:
            _log.error("left out: %d bytes for %s are more than brokers take", len(payload), topic)
            return
        if self.is_connected:
            self._client.publish(topic, payload, qos=qos)

    def _on_connect(self, client: Client, *_: Any) -> None:
        for topic in self._topics:
            name = f"$share/thingdesk/{topic}" if self._address.shared else topic
            client.subscribe(Subscription(name, qos=0 if topic in self._at_most_once else 1))

    def _on_disconnect(self, client: Client, *_: Any) -> None:
        if client is self._client:
            self._lost.set()

    def _on_subscribe(self, _: Client, __: int, granted: Sequence[int], ___: Any) -> None:
        if any(code >= 128 for code in granted):  # noqa: PLR2004 - failures, in MQTT 3.1.1 and 5
            self.refused = f"the broker does not let the desk hear {', '.join(self._topics)}"
            _log.error("%s", self.refused)
        self._subscribed.set()

    def _on_message(self, _: Client, topic: str, payload: bytes, qos: int, __: Any) -> None:
        self._take(topic, payload, qos, _nothing)

    def _take(self, topic: str, payload: bytes, qos: int, done: Callable[[], None]) -> None:
        if self._handle is not None:
            self._handle(topic, payload, qos, done)


def _nothing() -> None:
    """What came at QoS 0 is not acknowledged."""
