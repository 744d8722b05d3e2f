"""What goes down to machines, as CloudEvents: the same on every channel."""

from collections.abc import Iterable
from typing import Any

from thingdesk.fulfilment import Command
from thingdesk.intake import Refusing, Taken
from thingdesk.notices import Outgoing
from thingdesk.platform import clock, cloudevents, ids

_DESK = "thingdesk"


def answers(taken: Taken) -> list[dict[str, Any]]:
    """The refusals, and the receipt if anything was stored."""
    events = [refusal(one) for one in taken.refused]
    if taken.receipt:
        events.append(_now("thingdesk.receipt", {"receipt": taken.receipt}))
    return events


def refusal(one: Refusing) -> dict[str, Any]:
    """Why an event was not taken."""
    return _now("thingdesk.refusal", one.as_data())


def notice(one: Outgoing) -> dict[str, Any]:
    """A notice; its event has the notice's id, in every attempt."""
    told = one.notice
    data = {
        "notice": str(one.id),
        "kind": told.kind,
        "case": str(told.case_id) if told.case_id else None,
        "words": told.words,
        "data": told.data,
    }
    return cloudevents.make(str(one.id), _DESK, "thingdesk.notice", one.told_at, data)


def command(one: Command) -> dict[str, Any]:
    """A command; its event has the command's id, in every attempt."""
    data = {
        "command": str(one.effect_id),
        "case": str(one.case_id),
        "name": one.name,
        "arguments": one.arguments,
        "expires": one.expires.isoformat(),
        "preconditions": one.preconditions,
    }
    return cloudevents.make(str(one.effect_id), _DESK, "thingdesk.command", clock.now(), data)


def batch(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]] | dict[str, Any]:
    """One event as it is, several as a batch."""
    many = list(events)
    return many[0] if len(many) == 1 else many


def _now(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return cloudevents.make(str(ids.new()), _DESK, kind, clock.now(), data)
