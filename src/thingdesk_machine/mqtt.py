"""The way to the desk over MQTT: QoS 1, and a session that the broker keeps while we are away."""

import asyncio
import contextlib
import logging
import random
import ssl
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from gmqtt import Client, Subscription
from gmqtt.mqtt.constants import MQTTv50, MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError
from gmqtt.storage import PersistentStorage

from thingdesk_machine import incoming
from thingdesk_machine.envelope import Topic
from thingdesk_machine.errors import Offline
from thingdesk_machine.options import Options
from thingdesk_machine.transport import Deliver, Passwords

logger = logging.getLogger(__name__)
# what a refused connection means is ours to say: an older broker's refusal of MQTT 5 means nothing
_wire = logging.getLogger(f"{__name__}.wire")
_wire.setLevel(logging.CRITICAL)

DOWN = ("receipts", "notices", "commands")
HANDSHAKE_SECONDS = 15.0
REFUSED = 0x80
# of 3.1.1 and of 5; gmqtt tells the code in words only
UNSPOKEN = ("code 1 ", "code 132 ")
UNRECOGNISED = ("code 4 ", "code 5 ", "code 134 ", "code 135 ")
CLOCK, TIME = "td:clock", "td/time"
CLOCKS = 100
TIME_SECONDS = 5.0


class Unconfirmed(PersistentStorage):  # type: ignore[misc]
    """What the broker has not acknowledged yet.

    It is never sent again from here: the queue on disk does that, also after a restart.
    """

    def __init__(self) -> None:
        super().__init__()
        self.last: asyncio.Future[None] | None = None
        self._futures: dict[int, asyncio.Future[None]] = {}

    def push_message(self, mid: int, raw_package: bytes) -> None:
        super().push_message(mid, raw_package)
        self.last = self._futures[mid] = asyncio.get_running_loop().create_future()

    def remove_message_by_mid(self, mid: int) -> None:
        super().remove_message_by_mid(mid)
        future = self._futures.pop(mid, None)
        if future is not None and not future.done():
            future.set_result(None)


class OnceClient(Client):  # type: ignore[misc]
    """Never connects again by itself: the next connection needs a new password."""

    async def reconnect(self, delay: bool = False) -> None:
        pass


@dataclass(frozen=True)
class Login:
    """As whom to connect, and what to hear there. What comes at quality 0 needs no session."""

    client_id: str
    name: str
    password: str | None
    topics: tuple[str, ...]
    qos: int = 1

    @classmethod
    def machine(cls, machine: str, token: str) -> Self:
        return cls(machine, machine, token, tuple(f"td/{machine}/{name}" for name in DOWN))

    @classmethod
    def clock(cls) -> Self:
        """What is open to a machine that cannot sign a token yet: to hear what time it is."""
        client_id = f"clock:{random.randrange(CLOCKS):02}"  # noqa: S311 - no secret
        return cls(client_id, CLOCK, None, (TIME,), qos=0)


class Connection:
    """One connection: it is made, it is used, it is lost, and never comes back."""

    def __init__(self, login: Login, deliver: Deliver, options: Options) -> None:
        self._login = login
        self._deliver = deliver
        self._unconfirmed = Unconfirmed()
        self.lost = asyncio.Event()
        self._subscribed: asyncio.Future[tuple[int, ...]] = (
            asyncio.get_running_loop().create_future()
        )
        self._client = OnceClient(
            login.client_id,
            clean_session=not login.qos,
            # gmqtt acknowledges only after the handler returned if it is told so
            optimistic_acknowledgement=False,
            logger=_wire,
            persistent_storage=self._unconfirmed,
            session_expiry_interval=options.session if login.qos else 0,
        )
        self._client.set_auth_credentials(login.name, login.password)
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect

    async def open(
        self, host: str, port: int, tls: ssl.SSLContext | bool, version: int, keepalive: int
    ) -> None:
        """Connects and subscribes. Raises OSError, MQTTConnectError, TimeoutError or Offline."""
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            await self.unless_lost(
                self._client.connect(host, port, ssl=tls, version=version, keepalive=keepalive)
            )
            self._client.subscribe(
                [Subscription(topic, qos=self._login.qos) for topic in self._login.topics]
            )
            granted = await self.unless_lost(self._subscribed)
        if any(qos >= REFUSED for qos in granted):
            topics = ", ".join(self._login.topics)
            raise Offline(f"the broker does not let {self._login.name} read {topics}")

    async def publish(self, topic: str, payload: bytes) -> None:
        if self.lost.is_set():
            raise Offline("the connection is lost")
        try:
            self._client.publish(topic, payload, qos=1)
        except OverflowError as error:
            raise Offline("too many messages are unacknowledged") from error
        confirmed = self._unconfirmed.last
        if confirmed is not None:
            await self.unless_lost(confirmed)

    async def close(self) -> None:
        if self.lost.is_set():
            return
        with contextlib.suppress(Exception):  # whatever is wrong with it, it ends here
            await self._client.disconnect()

    async def unless_lost(self, awaitable: Any) -> Any:
        """What the awaitable gives. Raises Offline when the connection is lost before."""
        wanted = asyncio.ensure_future(awaitable)
        lost = asyncio.ensure_future(self.lost.wait())
        try:
            await asyncio.wait({wanted, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not wanted.done():
                raise Offline("the connection was lost")
            return wanted.result()
        finally:
            wanted.cancel()
            lost.cancel()

    async def _on_message(
        self, _client: Client, _topic: str, payload: bytes, _qos: int, _properties: Any
    ) -> int:
        await self._deliver(payload)
        return 0

    def _on_subscribe(self, _client: Client, _mid: int, granted: Any, _properties: Any) -> None:
        if not self._subscribed.done():
            self._subscribed.set_result(tuple(granted))

    def _on_disconnect(self, _client: Client, _packet: Any, _exc: Any = None) -> None:
        self.lost.set()


class MqttTransport:
    def __init__(self, url: str, machine: str, passwords: Passwords, options: Options) -> None:
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError(f"{url!r} names no broker: use mqtt://host or mqtts://host")
        secure = parts.scheme == "mqtts"
        self._host = parts.hostname
        self._port = parts.port or (8883 if secure else 1883)
        self._tls: ssl.SSLContext | bool = (options.tls or True) if secure else False
        self._machine = machine
        self._passwords = passwords
        self._options = options
        self._version = MQTTv311 if options.mqtt == "3.1.1" else MQTTv50
        self._connection: Connection | None = None
        self._ready = asyncio.Event()

    async def run(self, deliver: Deliver) -> None:
        failures = 0
        known = self._options.mqtt != "auto"
        while True:
            login = Login.machine(self._machine, self._passwords.token())
            connection = Connection(login, deliver, self._options)
            try:
                await self._open(connection)
                logger.info("connected to %s:%d", self._host, self._port)
                failures, known = 0, True
                self._connection = connection
                self._ready.set()
                await connection.lost.wait()
                logger.info("the connection to %s:%d is lost", self._host, self._port)
            except (OSError, MQTTConnectError, TimeoutError, Offline) as error:
                spoken = _spoken(error)
                probing = not known and spoken is False
                level = logging.INFO if probing else logging.WARNING
                logger.log(level, "no connection to %s:%d: %s", self._host, self._port, error)
                if probing:
                    self._version = MQTTv311 if self._version == MQTTv50 else MQTTv50
                known = known or spoken is True
                if str(error).startswith(UNRECOGNISED):
                    await self._ask_the_time()
            finally:
                self._ready.clear()
                self._connection = None
                await connection.close()
            draw = random.random()  # noqa: S311 - a spread, no secret
            await asyncio.sleep(self._options.reconnect.delay(failures, draw))
            failures += 1

    async def ready(self) -> None:
        await self._ready.wait()

    async def lost(self) -> None:
        if self._connection is not None:
            await self._connection.lost.wait()

    async def send(self, topic: Topic, payload: bytes) -> None:
        if self._connection is None:
            raise Offline("there is no connection")
        await self._connection.publish(f"td/{self._machine}/{topic}", payload)

    async def _open(self, connection: Connection) -> None:
        await connection.open(
            self._host, self._port, self._tls, self._version, self._options.keepalive
        )

    async def _ask_the_time(self) -> None:
        """No broker tells whether the time was to blame: it may have been."""
        said: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def take(payload: bytes) -> None:
            signed = incoming.signed_time(payload)
            if signed is not None and not said.done():
                said.set_result(signed)

        connection = Connection(Login.clock(), take, self._options)
        try:
            await self._open(connection)
            async with asyncio.timeout(TIME_SECONDS):
                self._passwords.refused(await connection.unless_lost(said))
        except (OSError, MQTTConnectError, TimeoutError, Offline) as error:
            logger.info("%s:%d does not say the time: %s", self._host, self._port, error)
        finally:
            await connection.close()


def _spoken(error: Exception) -> bool | None:
    """Whether the broker speaks our version, as far as this error tells."""
    if isinstance(error, MQTTConnectError):
        return not str(error).startswith(UNSPOKEN)
    return False if isinstance(error, Offline) else None  # it may just hang up
