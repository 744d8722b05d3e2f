"""Messages of machines, and what is answered to them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from thingdesk.cases.model import Answer, Report
from thingdesk.platform.errors import Refusal


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


class Item(NamedTuple):
    """One event of a message; `said` is what its kind's reader made of it."""

    event_id: str
    hash: str
    said: Any


class Message(NamedTuple):
    """What one machine sent in one go, as far as it could be read; `mandated`: under a mandate, of
    which each of its events is told.
    """

    machine: str
    items: tuple[Item, ...]
    mandated: bool = False


class Settled(NamedTuple):
    """What became of a message: an entry for its receipt of each event that is stored, and what
    is refused.
    """

    entries: Sequence[dict[str, Any]] = ()
    refused: Sequence[Refusing] = ()


def saying(message: Message, said: Mapping[str, Any]) -> Message:
    """The message with this said beside what it reports."""
    items = tuple(
        item._replace(said=replace(item.said, said=said)) if isinstance(item.said, Report) else item
        for item in message.items
    )
    return message._replace(items=items)


def under(message: Message, mandate_id: UUID) -> Message:
    """The message as it is when its machine has nothing but this mandate."""
    items = tuple(
        item._replace(said=replace(item.said, mandate_id=mandate_id))
        if isinstance(item.said, Report)
        else item
        for item in message.items
    )
    return Message(message.machine, items, mandated=True)


def settled(message: Message, answers: Iterable[Answer | Refusal | None]) -> Settled:
    """What became of a message whose events have these answers, in order."""
    entries: list[dict[str, Any]] = []
    refused: list[Refusing] = []
    for item, answer in zip(message.items, answers, strict=True):
        if isinstance(answer, Refusal):
            refused.append(Refusing(item.event_id, answer))
        else:
            entries.append(_entry(item, answer))
    return Settled(entries, refused)


def all_refused(message: Message, refusal: Refusal) -> Settled:
    """Every event of the message is refused for the same."""
    return Settled(refused=[Refusing(item.event_id, refusal) for item in message.items])


def _entry(item: Item, answer: Answer | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": item.event_id, "hash": item.hash}
    if answer is None:
        return entry
    entry["hops"] = answer.hops + 1
    if answer.case_id:
        entry["case"] = str(answer.case_id)
    if answer.outcome is not None:
        entry["outcome"] = answer.outcome
    return entry
