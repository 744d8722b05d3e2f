"""Bytes to what a machine said, event by event; what cannot be read is refused by itself."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from thingdesk import cases, fulfilment, signals
from thingdesk.intake.model import TYPES, Item, Kind, Message, Refusing, saying, under
from thingdesk.platform import cloudevents
from thingdesk.platform.cloudevents import Envelope
from thingdesk.platform.errors import Refused

_READERS: dict[Kind, Callable[[str, Envelope], Any]] = {
    Kind.SIGNALS: signals.read_signal,
    Kind.REPORTS: cases.read_report,
    Kind.ACKS: lambda _, event: cloudevents.read_id(event.data, "notice"),
    Kind.RESULTS: lambda _, event: fulfilment.read_result(event.data),
}


def read(
    machine: str,
    kind: Kind,
    payload: bytes,
    mandate: UUID | None = None,
    said: Mapping[str, Any] | None = None,
) -> tuple[Message, list[Refusing]]:
    """What can be read of the events, and why not the others; what it reports it asks for under
    `mandate`, and has this `said` beside it. Raises Refused where the payload as a whole is none.
    """
    items: list[Item] = []
    refused: list[Refusing] = []
    reader, type_ = _READERS[kind], TYPES[kind]
    for event in cloudevents.read(payload):
        if isinstance(event, cloudevents.Unreadable):
            refused.append(Refusing(event.id, event.refusal))
            continue
        try:
            if event.type != type_:
                raise cloudevents.unfit("type", f"is not {type_}", f"send {kind} with type {type_}")
            items.append(Item(event.id, event.hash, reader(machine, event)))
        except Refused as wrong:
            refused.append(Refusing(event.id, wrong.refusal))
    message = Message(machine, tuple(items))
    if said:
        message = saying(message, said)
    return under(message, mandate) if mandate else message, refused
