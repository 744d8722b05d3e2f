"""Example payloads: what machines send, and what the desk's own code makes of fixed values."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from thingdesk import messages
from thingdesk.fulfilment import Command, CommandState, SentCommand
from thingdesk.intake import Refusing
from thingdesk.notices import Notice, Outgoing, Recipient
from thingdesk.platform import clock, cloudevents
from thingdesk.platform.cloudevents import Envelope
from thingdesk.platform.errors import Refused
from thingdesk.signals import read_signal

AT = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
CASE = UUID("019aa7c4-5c00-7000-8000-000000000001")
NOTICE = UUID("019aa7c4-5c00-7000-8000-000000000002")
COMMAND = UUID("019aa7c4-5c00-7000-8000-000000000003")
RECEIPT_ID = "019aa7c4-5c00-7000-8000-000000000004"
SIGNED = "eyJhbGciOiJFZERTQSIs…"

SIGNAL = cloudevents.make(
    "obd-000017",
    "td/car-1",
    "thingdesk.signal",
    AT,
    {
        "values": {"engine_coolant_temperature": 91.5, "speed": 0},
        "codes": ["P0301"],
        "position": {"lat": -5.832, "lon": -35.204},
    },
)
REPORT = cloudevents.make(
    "report-4",
    "td/car-1",
    "thingdesk.report",
    AT,
    {"service": "vehicle.repair", "input": {"code": "P0301"}},
)
ASSISTANT = cloudevents.make(
    "ask-9",
    "td/assistant-1",
    "thingdesk.report",
    AT,
    {"service": "vehicle.repair", "input": {"code": "P0301"}, "subject": "car-1"},
) | {"hops": 2}
READING = cloudevents.make(
    "reading-812",
    "td/meter-1",
    "thingdesk.report",
    AT,
    {
        "service": "meter.reading",
        "input": {"register": "1.8.0", "kwh": 4711.25, "at": AT.isoformat()},
    },
)
ACK = cloudevents.make("ack-2", "td/car-1", "thingdesk.ack", AT, {"notice": str(NOTICE)})
RESULT = cloudevents.make(
    "result-1",
    "td/car-1",
    "thingdesk.result",
    AT,
    {"command": str(COMMAND), "status": "done", "detail": {"unit": "infotainment"}},
)
WRONG = {**SIGNAL, "id": "obd-000018", "data": {"values": {"speed": "fast"}}}
CLAIMS = {
    "iss": "thingdesk",
    "sub": "car-1",
    "iat": int(AT.timestamp()),
    "events": [
        {
            "id": "report-4",
            "hash": cloudevents.canonical_hash(REPORT),
            "case": str(CASE),
            "hops": 1,
        },
    ],
}


def receipt() -> dict[str, Any]:
    return _fixed(lambda: messages.answers((), (SIGNED,))[0])


def refusal() -> dict[str, Any]:
    (event,) = cloudevents.read(orjson.dumps(WRONG))
    if not isinstance(event, Envelope):
        raise TypeError(event)
    try:
        read_signal("car-1", event)
    except Refused as wrong:
        refused = Refusing(event.id, wrong.refusal)
    return _fixed(lambda: messages.refusal(refused))


def notice() -> dict[str, Any]:
    words = "North Garage fitted ignition coil; the car is well again."
    told = Notice(
        Recipient.machine("car-1"),
        "case.ended",
        words,
        CASE,
        {"outcome": "verified", "service": "vehicle.repair", "centre": "North Garage"},
    )
    return messages.notice(Outgoing(NOTICE, told, AT, AT + timedelta(days=7), 1, AT), 0)


def command() -> dict[str, Any]:
    return _fixed(lambda: messages.command(_sent(), 0))


def recall() -> dict[str, Any]:
    reason = "The owner said stop."
    recalled = replace(_sent(), recalled_at=AT, recall_reason=reason)
    return _fixed(lambda: messages.command(recalled, 0))


def _sent() -> SentCommand:
    command = Command(
        COMMAND,
        UUID(int=0),
        CASE,
        "car-1",
        "restart",
        AT + timedelta(minutes=5),
        {"unit": "infotainment"},
        {"speed": {"max": 0}},
    )
    return SentCommand(command, CommandState.WAITING, 1, AT)


def time() -> dict[str, Any]:
    return _fixed(lambda: messages.time(SIGNED))


def _fixed(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `make` returns at the examples' time; an id that is new each time is fixed, too."""
    with clock.reading(lambda: AT):
        event = make()
    if event["type"] in ("thingdesk.receipt", "thingdesk.refusal", "thingdesk.time"):
        event["id"] = RECEIPT_ID
    return event
