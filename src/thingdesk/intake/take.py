"""The one door: so much at once, gathered into groups, answered by a receipt."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Self
from zlib import crc32

from thingdesk import parties
from thingdesk.flow import Flow
from thingdesk.intake.answer import answer
from thingdesk.intake.errors import BUSY, FAILED, TOO_MUCH
from thingdesk.intake.model import Kind, Message, Refusing, Settled, all_refused
from thingdesk.intake.read import read
from thingdesk.parties import DeskKey
from thingdesk.platform import cloudevents, logs, traces
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.gather import Gatherer
from thingdesk.platform.metrics import Counter
from thingdesk.platform.share import Room, Share
from thingdesk.platform.sparing import SparingLog
from thingdesk.platform.traces import Span

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
    """The one door for what machines send. Open it (`async with`) before the first message."""

    def __init__(
        self,
        database: Database,
        flow: Flow,
        key: DeskKey,
        on_flood: Callable[[str], None] | None = None,
    ) -> None:
        self.key = key
        self._share = Share(_MESSAGES_UNDER_WAY, _BYTES_UNDER_WAY, _ALL_UNDER_WAY, on_flood)
        self._failures = SparingLog(_log)
        self._lanes = [
            {kind: Gatherer(database, partial(answer, flow, kind), kind=kind) for kind in Kind}
            for _ in range(_LANES)
        ]

    async def __aenter__(self) -> Self:
        for one in self._gatherers():
            await one.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        for one in self._gatherers():
            await one.__aexit__(*details)

    async def take(self, machine: str, kind: Kind, payload: bytes) -> Settled:
        """Store what `machine` sent; returns once it is committed.

        A machine that sends without waiting for its receipts has only so much under way; the rest
        is refused before any work is done for it, and `on_flood` hears of one that goes on so. Of
        all machines together there is only so much under way, too, while the database is slow.
        """
        with (
            self._share.take(machine, len(payload)) as room,
            logs.about(machine=machine),
            traces.span("intake", kind=kind, machine=machine) as span,
        ):
            free = room is Room.FREE
            became = await self._take(machine, kind, payload, span) if free else _NO_ROOM[room]
        _STORED.add(len(became.entries), kind)
        for one in became.refused:
            _REFUSED.add(1, one.refusal.code)
        return became

    def sign(self, machine: str, entries: Sequence[dict[str, Any]]) -> tuple[str, ...]:
        """The receipts for what became of one or several messages of `machine`; each costs a
        signature, so what is answered together is signed together.
        """
        receipts = parties.sign_receipts(self.key, machine, entries)
        _RECEIPTS.add(len(receipts))
        return receipts

    def _gatherers(self) -> Iterator[Gatherer[Message, Settled]]:
        return (one for lane in self._lanes for one in lane.values())

    async def _take(self, machine: str, kind: Kind, payload: bytes, span: Span) -> Settled:
        try:
            message, refused = read(machine, kind, payload)
        except Refused as broken:
            return Settled(refused=(Refusing(None, broken.refusal),))
        if not message.items:
            return Settled(refused=refused)
        try:
            # what a machine sends stays in order, and two groups hardly ever wait for its row
            lane = self._lanes[crc32(machine.encode()) % _LANES]
            became = await lane[kind].put(message)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is answered
            # the others of its group are stored; were this one to come again, it would fail again
            self._failures.error(f"{kind} of {machine} could not be stored", error)
            became = all_refused(message, FAILED)
        span.tell(cases=sorted({one["case"] for one in became.entries if "case" in one}))
        return Settled(became.entries, [*refused, *became.refused])
