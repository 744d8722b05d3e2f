"""What machines send, from any channel: read, gathered into groups, committed, receipted.

A channel hands over who sent it (it has recognised the sender), what kind of message it is and the
bytes; it gets back what to answer. A receipt is our signed word that the events it names are
stored. What one event is refused for does not keep the others from being stored.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from thingdesk import cases, fulfilment, notices, parties, signals
from thingdesk.cases import Answer, Report
from thingdesk.flow import Flow
from thingdesk.fulfilment import Result
from thingdesk.parties import DeskKey
from thingdesk.platform import cloudevents, logs, traces
from thingdesk.platform.cloudevents import Envelope
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import FieldError, Recovery, Refusal, Refused
from thingdesk.platform.gather import Gatherer
from thingdesk.platform.metrics import Counter
from thingdesk.platform.share import Room, Share
from thingdesk.platform.sparing import SparingLog
from thingdesk.platform.traces import Span
from thingdesk.signals import Signal

_log = logging.getLogger(__name__)
# of one machine; our own library has four messages under way, one of each kind
_MESSAGES_UNDER_WAY = 400
_BYTES_UNDER_WAY = 4 * cloudevents.MOST_BYTES
# of all: some seconds of work, in about 100 MB of memory
_ALL_UNDER_WAY = (20_000, 64 * cloudevents.MOST_BYTES)

_STORED = Counter("thingdesk.events", "Events of machines that are stored, also before.", "kind")
_RECEIPTS = Counter("thingdesk.receipts", "Receipts that were signed.")
_REFUSED = Counter("thingdesk.refusals", "Events and messages of machines refused.", "code")


class Kind(StrEnum):
    """What a message brings; also the last part of its topic and of its path."""

    SIGNALS = "signals"
    REPORTS = "reports"
    ACKS = "acks"
    RESULTS = "results"


TYPES = {
    Kind.SIGNALS: "thingdesk.signal",
    Kind.REPORTS: "thingdesk.report",
    Kind.ACKS: "thingdesk.ack",
    Kind.RESULTS: "thingdesk.result",
}


@dataclass(frozen=True, slots=True)
class Refusing:
    """A refusal of one event; `event` is its id, None when not even that could be read."""

    event: str | None
    refusal: Refusal

    def as_data(self) -> dict[str, Any]:
        return {"event": self.event, **self.refusal.as_data()}


@dataclass(frozen=True, slots=True)
class Taken:
    """What to answer: receipts for what is stored, if anything is, and what is refused."""

    receipts: tuple[str, ...]
    refused: tuple[Refusing, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    event_id: str
    hash: str
    said: Any


@dataclass(frozen=True, slots=True)
class _Message:
    machine: str
    items: tuple[_Item, ...]


@dataclass(slots=True)
class _Outcome:
    entries: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refusing] = field(default_factory=list)


class Intake:
    """The one door for what machines send. Open it (`async with`) before the first message."""

    def __init__(
        self,
        database: Database,
        flow: Flow,
        key: DeskKey,
        on_flood: Callable[[str], None] | None = None,
    ) -> None:
        self._flow = flow
        self.key = key
        self._share = Share(_MESSAGES_UNDER_WAY, _BYTES_UNDER_WAY, _ALL_UNDER_WAY, on_flood)
        self._failures = SparingLog(_log)
        self._gatherers: dict[Kind, Gatherer[_Message, _Outcome]] = {
            Kind.SIGNALS: Gatherer(database, self._signals, kind=Kind.SIGNALS),
            Kind.REPORTS: Gatherer(database, self._reports, kind=Kind.REPORTS),
            Kind.ACKS: Gatherer(database, self._acks, kind=Kind.ACKS),
            Kind.RESULTS: Gatherer(database, self._results, kind=Kind.RESULTS),
        }

    async def __aenter__(self) -> Self:
        for one in self._gatherers.values():
            await one.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        for one in self._gatherers.values():
            await one.__aexit__(*details)

    async def take(
        self, machine: str, kind: Kind, payload: bytes, *, answered: bool = True
    ) -> Taken:
        """Store what `machine` sent; returns once it is committed. Receipts cost a signature each:
        there are none for a machine that is not `answered`.

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
            outcome = await self._take(machine, kind, payload, span) if free else _NO_ROOM[room]
            signed = outcome.entries if answered else ()
            receipts = parties.sign_receipts(self.key, machine, signed)
        _STORED.add(len(outcome.entries), kind)
        _RECEIPTS.add(len(receipts))
        for one in outcome.refused:
            _REFUSED.add(1, one.refusal.code)
        return Taken(receipts, tuple(outcome.refused))

    async def _take(self, machine: str, kind: Kind, payload: bytes, span: Span) -> _Outcome:
        try:
            message, refused = _read(machine, kind, cloudevents.read(payload))
        except Refused as broken:
            return _Outcome(refused=[Refusing(None, broken.refusal)])
        if not message.items:
            return _Outcome(refused=refused)
        try:
            outcome = await self._gatherers[kind].put(message)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is answered
            # the others of its group are stored; were this one to come again, it would fail again
            self._failures.error(f"{kind} of {machine} could not be stored", error)
            failed = [Refusing(item.event_id, _FAILED) for item in message.items]
            return _Outcome(refused=[*refused, *failed])
        span.tell(cases=sorted({one["case"] for one in outcome.entries if "case" in one}))
        return _Outcome(outcome.entries, [*refused, *outcome.refused])

    async def _signals(self, tx: Transaction, group: Sequence[_Message]) -> list[_Outcome]:
        flat, outcomes = await _known(tx, group, noted=True)
        taken = await self._flow.take_signals(tx, [one.said for _, _, one in flat])
        for (outcome, _, one), became in zip(flat, taken, strict=True):
            reused = became is signals.Intake.REUSED_ID
            _note(outcome, one, _reused(one.event_id) if reused else None)
        return outcomes

    async def _reports(self, tx: Transaction, group: Sequence[_Message]) -> list[_Outcome]:
        flat, outcomes = await _known(tx, group)
        answers = await self._flow.take_reports(tx, [one.said for _, _, one in flat])
        for (outcome, _, one), answer in zip(flat, answers, strict=True):
            _note(outcome, one, answer)
        return outcomes

    async def _acks(self, tx: Transaction, group: Sequence[_Message]) -> list[_Outcome]:
        flat, outcomes = await _known(tx, group)
        said = await notices.acknowledge_many(tx, [(who, one.said) for _, who, one in flat])
        for (outcome, _, one), refusal in zip(flat, said, strict=True):
            _note(outcome, one, refusal)
        return outcomes

    async def _results(self, tx: Transaction, group: Sequence[_Message]) -> list[_Outcome]:
        flat, outcomes = await _known(tx, group)
        for outcome, machine, one in flat:
            command, status, detail = one.said
            try:
                await fulfilment.settle_command(tx, command, machine, status, detail)
            except Refused as refused:
                _note(outcome, one, refused.refusal)
            else:
                _note(outcome, one, None)
        return outcomes


async def _known(
    tx: Transaction, group: Sequence[_Message], *, noted: bool = False
) -> tuple[list[tuple[_Outcome, str, _Item]], list[_Outcome]]:
    """What machines sent whose key is good at this moment, flat; the others are refused."""
    good = await parties.recognised(tx, sorted({one.machine for one in group}))
    outcomes = [_Outcome() for _ in group]
    flat: list[tuple[_Outcome, str, _Item]] = []
    for one, outcome in zip(group, outcomes, strict=True):
        if one.machine in good:
            flat.extend((outcome, one.machine, item) for item in one.items)
            if not noted:
                parties.said(tx, one.machine)
        else:
            outcome.refused = [Refusing(item.event_id, _UNRECOGNISED) for item in one.items]
    return flat, outcomes


_TOO_MUCH = Refusal(
    "too_much_at_once",
    "too much of this machine is under way already; send the same again after the receipts",
    Recovery.RETRY,
)
_BUSY = Refusal(
    "desk_busy",
    "more is under way than the desk can store just now; send the same again later",
    Recovery.RETRY,
)
_NO_ROOM = {
    Room.NONE_OF_THEIRS: _Outcome(refused=[Refusing(None, _TOO_MUCH)]),
    Room.NONE_AT_ALL: _Outcome(refused=[Refusing(None, _BUSY)]),
}
_FAILED = Refusal(
    "desk_failed", "the desk could not store this now; send the same again later", Recovery.RETRY
)
_UNRECOGNISED = Refusal(
    "machine_not_recognised",
    "this machine is not registered, or its key was revoked",
    Recovery.CONTACT_US,
)


def _note(outcome: _Outcome, item: _Item, answer: Refusal | Answer | None) -> None:
    if isinstance(answer, Refusal):
        outcome.refused.append(Refusing(item.event_id, answer))
        return
    entry: dict[str, Any] = {"id": item.event_id, "hash": item.hash}
    if answer is not None and answer.case_id:
        entry["case"] = str(answer.case_id)
    if answer is not None and answer.outcome is not None:
        entry["outcome"] = answer.outcome
    outcome.entries.append(entry)


def _reused(event_id: str) -> Refusal:
    return Refusal(
        "event_id_reused",
        f"event {event_id} was sent before with other content",
        Recovery.FIX_INPUT,
        (FieldError("id", "was used before", "give every event an id of its own"),),
    )


def _read(
    machine: str, kind: Kind, events: Sequence[Envelope | cloudevents.Unreadable]
) -> tuple[_Message, list[Refusing]]:
    items: list[_Item] = []
    refused: list[Refusing] = []
    for event in events:
        if isinstance(event, cloudevents.Unreadable):
            refused.append(Refusing(event.id, event.refusal))
            continue
        try:
            items.append(_Item(event.id, event.hash, _read_one(machine, kind, event)))
        except Refused as wrong:
            refused.append(Refusing(event.id, wrong.refusal))
    return _Message(machine, tuple(items)), refused


def _read_one(machine: str, kind: Kind, event: Envelope) -> Signal | Report | UUID | Result:
    if event.type != TYPES[kind]:
        mend = f"send {kind} with type {TYPES[kind]}"
        raise cloudevents.unfit("type", f"is not {TYPES[kind]}", mend)
    match kind:
        case Kind.SIGNALS:
            return signals.read_signal(machine, event)
        case Kind.REPORTS:
            return cases.read_report(machine, event)
        case Kind.ACKS:
            return cloudevents.read_id(event.data, "notice")
        case Kind.RESULTS:
            return fulfilment.read_result(event.data)
