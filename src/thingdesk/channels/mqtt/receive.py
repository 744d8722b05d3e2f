"""Up: signals, reports, acknowledgements and results. Down: their receipts, and the time."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Self

import orjson

from thingdesk import messages, parties
from thingdesk.intake import Intake, Settled
from thingdesk.platform.mqtt import BrokerAddress, Connection
from thingdesk.platform.parts import parts
from thingdesk.platform.sparing import SparingLog
from thingdesk.topics import TIME, UPWARD, Down, read, topic

_log = logging.getLogger(__name__)
_TOGETHER = 16
"""So many events of several messages at most, some 3 KB of answer: it must not be much longer than
what a machine sends.
"""


class Receiver:
    """Takes in what machines publish. Who publishes on a machine's topic is that machine: the
    broker sees to it; that its key is still good is checked again at intake.
    """

    def __init__(self, address: BrokerAddress, intake: Intake, name: str) -> None:
        self._intake = intake
        self._unanswered: dict[str, list[Settled]] = {}
        self._failures = SparingLog(_log)
        self._connection = Connection(address, f"receiver-{name}", UPWARD, self._handle)

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._connection.__aexit__(*details)

    @property
    def is_connected(self) -> bool:
        """Whether machines can reach us through the broker at this moment."""
        return self._connection.is_connected

    async def tell_time(self) -> int:
        """Say once what time it is, to whoever asks the broker for that."""
        event = messages.time(parties.desk_time(self._intake.key))
        self._connection.publish(TIME, orjson.dumps(event), qos=0)
        return 0

    def _handle(self, heard_on: str, payload: bytes, qos: int, done: Callable[[], None]) -> None:
        known = read(heard_on)
        if known is None:
            _log.warning("passed over a message on an unknown topic: %r", heard_on[:128])
            done()
            return
        machine, kind = known
        settled = partial(self._settled, machine, qos, done)
        self._intake.hand_in(machine, kind, payload, settled)

    def _settled(self, machine: str, qos: int, done: Callable[[], None], became: Settled) -> None:
        if qos:  # nobody waits for a word on what was sent at QoS 0
            self._answer_soon(machine, became)
        done()

    def _answer_soon(self, machine: str, became: Settled) -> None:
        """In the next turn of the event loop, with all else of that machine that is committed."""
        if not self._unanswered:
            asyncio.get_running_loop().call_soon(self._answer)
        self._unanswered.setdefault(machine, []).append(became)

    def _answer(self) -> None:
        unanswered, self._unanswered = self._unanswered, {}
        for machine, all_of_it in unanswered.items():
            try:
                for became in parts(all_of_it, _events, _TOGETHER):
                    self._answer_one(machine, became)
            except Exception as error:  # noqa: BLE001 - it repeats; the others have theirs
                self._failures.error(f"{machine} could not be answered", error)

    def _answer_one(self, machine: str, became: list[Settled]) -> None:
        receipts = self._intake.sign(machine, [entry for one in became for entry in one.entries])
        refused = [refusing for one in became for refusing in one.refused]
        for payload in messages.payloads(messages.answers(refused, receipts)):
            self._connection.publish(topic(machine, Down.RECEIPTS), payload, qos=0)


def _events(became: Settled) -> int:
    return len(became.entries) + len(became.refused)
