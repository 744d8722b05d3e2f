"""Reads another MQTT 5 broker, as one of its clients."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from thingdesk.channels.platforms.model import Heard, NotTaken, Source
from thingdesk.channels.platforms.taking import Taking, again
from thingdesk.platform.cloudevents import MOST_BYTES
from thingdesk.platform.loops import first_of
from thingdesk.platform.mqtt import BrokerAddress, Connection
from thingdesk.platform.sparing import SparingLog

_AGAIN_AFTER = 1.0
_TRIES = 30
_PAUSE = 5.0
_log = SparingLog(logging.getLogger(__name__))


class Bridge:
    """Hears what the map names. Several of them share it. What comes at QoS 1 is acknowledged once
    it is stored or refused for good; what has no time of its own is heard at QoS 0, so that no
    broker repeats it.
    """

    def __init__(
        self, address: BrokerAddress, taking: Taking, name: str, pause: float = _PAUSE
    ) -> None:
        self._taking, self._pause = taking, pause
        by_topic: dict[str, bool] = {}
        for rule in taking.map.of(Source.MQTT):
            if rule.topic is not None:
                asked = rule.topic.filter
                by_topic[asked] = by_topic.get(asked, True) and rule.by_arrival
        arrivals = [asked for asked, by_arrival in by_topic.items() if by_arrival]
        self._connection = Connection(
            address, f"bridge-{name}", list(by_topic), self._handle, at_most_once=arrivals
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Hear until `stop` is set. The desk works without a platform's broker, too: while that
        is away it is tried again and again.
        """
        while not stop.is_set():
            try:
                async with self._connection:
                    await stop.wait()
            except OSError as error:
                _log.warning(f"the platform's broker cannot be used: {error}; trying again")
                await first_of(stop, seconds=self._pause)

    def _handle(self, topic: str, payload: bytes, qos: int, done: Callable[[], None]) -> None:
        body = _read(payload)
        if body is None:
            _log.warning(f"passed over on {topic[:128]}: no JSON, no text, or too long")
            done()
            return
        self._hand_in(Heard(Source.MQTT, {}, body, topic), qos, done, 1)

    def _hand_in(self, heard: Heard, qos: int, done: Callable[[], None], attempt: int) -> None:
        self._taking.hand_in(heard, partial(self._settled, heard, qos, done, attempt))

    def _settled(
        self,
        heard: Heard,
        qos: int,
        done: Callable[[], None],
        attempt: int,
        refused: list[NotTaken],
    ) -> None:
        if qos and again(refused) and attempt < _TRIES:
            # the broker keeps back what follows, as long as this is not acknowledged
            loop = asyncio.get_running_loop()
            loop.call_later(_AGAIN_AFTER, self._hand_in, heard, qos, done, attempt + 1)
        else:
            done()


def _read(payload: bytes) -> Any:
    """JSON, or else the text that it is."""
    if len(payload) > MOST_BYTES:
        return None
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        try:
            return payload.decode()
        except UnicodeDecodeError:
            return None
