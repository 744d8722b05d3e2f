"""The one door: so much at once, gathered into groups, answered by a receipt."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Self
from uuid import UUID
from zlib import crc32

from thingdesk import parties
from thingdesk.flow import Flow
from thingdesk.intake.answer import Known, answer
from thingdesk.intake.errors import BUSY, FAILED, TOO_MUCH
from thingdesk.intake.model import Kind, Message, Refusing, Settled, all_refused
from thingdesk.intake.read import read
from thingdesk.parties import DeskKey
from thingdesk.platform import cloudevents, logs, traces
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.gather import Gatherer, settle
from thingdesk.platform.metrics import Counter
from thingdesk.platform.share import Place, Room, Share
from thingdesk.platform.sparing import SparingLog

_log = logging.getLogger(__name__)
# of one machine; our own library has four messages under way, one of each kind
_MESSAGES_UNDER_WAY = 400
_BYTES_UNDER_WAY = 4 * cloudevents.MOST_BYTES
# of all: some seconds of work, in about 100 MB of memory
_ALL_UNDER_WAY = (20_000, 64 * cloudevents.MOST_BYTES)
# while PostgreSQL writes the group of one, the other's is read and answered
_LANES = 2
_NO_ROOM = {
    Room.NONE_OF_THEIRS: Settled(refused=(Refusing(None, TOO_MUCH),)),
    Room.NONE_AT_ALL: Settled(refused=(Refusing(None, BUSY),)),
}

_STORED = Counter("thingdesk.events", "Events of machines that are stored, also before.", "kind")
_RECEIPTS = Counter("thingdesk.receipts", "Receipts that were signed.")
_REFUSED = Counter("thingdesk.refusals", "Events and messages of machines refused.", "code")


class Intake:
    """The one door for what machines send. Open it (`async with`) before the first message.

    `known` says which machines are heard; by default those that have a good key of their own.
    """

    def __init__(
        self,
        database: Database,
        flow: Flow,
        key: DeskKey,
        on_flood: Callable[[str], None] | None = None,
        known: Known = parties.recognised,
    ) -> None:
        self.key = key
        self._share = Share(_MESSAGES_UNDER_WAY, _BYTES_UNDER_WAY, _ALL_UNDER_WAY, on_flood)
        self._failures = SparingLog(_log)
        self._lanes = [
            {
                kind: Gatherer(database, partial(answer, flow, known, kind), kind=kind)
                for kind in Kind
            }
            for _ in range(_LANES)
        ]

    async def __aenter__(self) -> Self:
        for one in self._gatherers():
            await one.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        for one in self._gatherers():
            await one.__aexit__(*details)

    async def take(
        self,
        machine: str,
        kind: Kind,
        payload: bytes,
        mandate: UUID | None = None,
        said: Mapping[str, Any] | None = None,
    ) -> Settled:
        """Store what `machine` sent; returns once it is committed, as `hand_in` says."""
        settled: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self.hand_in(machine, kind, payload, partial(settle, settled), mandate, said)
        return await settled

    def hand_in(
        self,
        machine: str,
        kind: Kind,
        payload: bytes,
        done: Callable[[Settled], None],
        mandate: UUID | None = None,
        said: Mapping[str, Any] | None = None,
    ) -> None:
        """Store what `machine` sent; `done` hears what became of it once it is committed. What it
        reports it asks for under `mandate`, or else by its own key; `said` is kept beside it.

        A machine that sends without waiting for its receipts has only so much under way; the rest
        is refused before any work is done for it, and `on_flood` hears of one that goes on so. Of
        all machines together there is only so much under way, too, while the database is slow.
        """
        place = self._share.take(machine, len(payload))
        if place.room is not Room.FREE:
            done(_counted(kind, _NO_ROOM[place.room]))
            return
        message, refused = self._read(machine, kind, payload, mandate, said)
        way = _Way(kind, message, refused, place, done, self._failures)
        if message.items:
            # what a machine sends stays in order, and two groups hardly ever wait for its row
            lane = self._lanes[crc32(machine.encode()) % _LANES]
            lane[kind].hand_in(message, way.end, way.span.place)
        else:
            way.end(Settled())

    def sign(self, machine: str, entries: Sequence[dict[str, Any]]) -> tuple[str, ...]:
        """The receipts for what became of one or several messages of `machine`; each costs a
        signature, so what is answered together is signed together.
        """
        receipts = parties.sign_receipts(self.key, machine, entries)
        _RECEIPTS.add(len(receipts))
        return receipts

    def _read(
        self,
        machine: str,
        kind: Kind,
        payload: bytes,
        mandate: UUID | None,
        said: Mapping[str, Any] | None,
    ) -> tuple[Message, list[Refusing]]:
        try:
            return read(machine, kind, payload, mandate, said)
        except Refused as broken:
            refusal = broken.refusal
        except Exception as error:  # noqa: BLE001 - whatever it was, it is answered
            with logs.about(machine=machine):
                self._failures.error(f"{kind} of {machine} could not be read", error)
            refusal = FAILED
        return Message(machine, ()), [Refusing(None, refusal)]

    def _gatherers(self) -> Iterator[Gatherer[Message, Settled]]:
        return (one for lane in self._lanes for one in lane.values())


class _Way:
    """A message that is under way to its commit."""

    __slots__ = ("_done", "_failures", "_kind", "_message", "_place", "_refused", "span")

    def __init__(
        self,
        kind: Kind,
        message: Message,
        refused: Sequence[Refusing],
        place: Place,
        done: Callable[[Settled], None],
        failures: SparingLog,
    ) -> None:
        self._kind, self._message, self._refused = kind, message, refused
        self._place, self._done, self._failures = place, done, failures
        self.span = traces.begin("intake", kind=kind, machine=message.machine)

    def end(self, became: Settled | Exception) -> None:
        """Tell what became of it, with what of it could not be read."""
        self._place.give_back()
        if isinstance(became, Exception):
            became = self._failed(became)
        if self._refused:
            became = Settled(became.entries, [*self._refused, *became.refused])
        if self.span.place is not None:
            self.span.tell(cases=sorted({one["case"] for one in became.entries if "case" in one}))
            self.span.end()
        self._done(_counted(self._kind, became))

    def _failed(self, error: Exception) -> Settled:
        # the others of its group are stored; were this one to come again, it would fail again
        with logs.about(machine=self._message.machine):
            words = f"{self._kind} of {self._message.machine} could not be stored"
            self._failures.error(words, error)
        return all_refused(self._message, FAILED)


def _counted(kind: Kind, became: Settled) -> Settled:
    _STORED.add(len(became.entries), kind)
    for one in became.refused:
        _REFUSED.add(1, one.refusal.code)
    return became
