"""A machine's MQTT session in as few steps as it can be: what it costs is not the desk's.

MQTT 3.1.1 (OASIS Standard, 2014), and of it only what a machine of a benchmark says and hears:
CONNECT, SUBSCRIBE and PUBLISH at QoS 0 or 1; messages that come down, receipts, come at QoS 0.
"""

import asyncio
from collections.abc import Callable
from typing import cast

Heard = Callable[[bytes], None]
_CONNECT, _CONNACK, _PUBLISH, _SUBSCRIBE, _SUBACK, _DISCONNECT = 1, 2, 3, 8, 9, 14
_REQUIRED = {_SUBSCRIBE: 2}
_CLEAN_WITH_NAME = 0b1100_0010
_REFUSED = 128


class Session(asyncio.Protocol):
    """One connection. `heard` gets the payload of each message that comes down."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._rest = b""
        self._packet = 0
        self._transport: asyncio.Transport | None = None
        self._awaited: asyncio.Future[int] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = asyncio.Event()

    @classmethod
    async def open(
        cls, port: int, name: str, password: str, hears: str | None, heard: Heard
    ) -> "Session":
        """Connected, and subscribed to the topic `hears`. Raises ConnectionError."""
        loop = asyncio.get_running_loop()
        _, self = await loop.create_connection(lambda: cls(heard), "127.0.0.1", port)
        said = _text("MQTT") + bytes((4, _CLEAN_WITH_NAME, 0, 0)) + _text(name)
        if await self._ask(_CONNECT, said + _text(name) + _text(password)):
            raise ConnectionError(f"the broker does not let {name} in")
        if hears and await self._ask(_SUBSCRIBE, b"\0\1" + _text(hears) + b"\0") >= _REFUSED:
            raise ConnectionError(f"the broker does not let {name} hear {hears}")
        return self

    def publish(self, topic: str, payload: bytes, *, qos: int) -> None:
        said = _text(topic)
        if qos:
            self._packet = self._packet % 0xFFFF + 1
            said += self._packet.to_bytes(2, "big")
        assert self._transport
        self._transport.write(_packet(_PUBLISH, said + payload, qos << 1))

    async def room(self) -> None:
        """Returns in the next turn, when what was written has mostly left."""
        await asyncio.sleep(0)
        await self._writable.wait()

    async def close(self) -> None:
        """Returns when all that was written has left."""
        assert self._transport
        self._transport.write(_packet(_DISCONNECT, b""))
        self._transport.close()
        await self._gone.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of no such class

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        self._gone.set()
        if self._awaited and not self._awaited.done():
            self._awaited.set_exception(exc or ConnectionError("the broker hung up"))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at = 0
        while (found := _next(data, at)) is not None:
            begins, ends = found
            self._take(data[at] >> 4, data[begins:ends])
            at = ends
        self._rest = data[at:]

    async def _ask(self, kind: int, said: bytes) -> int:
        assert self._transport
        self._awaited = asyncio.get_running_loop().create_future()
        self._transport.write(_packet(kind, said, _REQUIRED.get(kind, 0)))
        return await self._awaited

    def _take(self, kind: int, said: bytes) -> None:
        if kind == _PUBLISH:
            self._heard(said[2 + int.from_bytes(said[:2], "big") :])
        elif kind in (_CONNACK, _SUBACK) and self._awaited:
            self._awaited.set_result(said[-1])


def _text(text: str) -> bytes:
    said = text.encode()
    return len(said).to_bytes(2, "big") + said


def _packet(kind: int, said: bytes, flags: int = 0) -> bytes:
    length, size = bytearray(), len(said)
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes((kind << 4 | flags,)) + bytes(length) + said


def _next(data: bytes, at: int) -> tuple[int, int] | None:
    """Where what the packet at `at` says begins and ends; None while it is not all there."""
    size = shift = 0
    for place in range(at + 1, min(at + 5, len(data))):
        size |= (data[place] & 0x7F) << shift
        shift += 7
        if not data[place] & 0x80:
            ends = place + 1 + size
            return (place + 1, ends) if ends <= len(data) else None
    return None
