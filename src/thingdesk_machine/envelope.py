"""What goes up: CloudEvents 1.0 in structured JSON, with the limits that the desk sets."""

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from thingdesk_machine.canonical import canonical
from thingdesk_machine.errors import NotSendable

Topic = Literal["signals", "reports", "acks", "results"]

EVENT_ID = re.compile(r"[!-~]{1,128}")
MAX_BYTES = 256 * 1024
MAX_EVENTS = 1000


@dataclass(frozen=True)
class Draft:
    """An event as it is queued: its bytes never change, however often it is sent."""

    id: str
    topic: Topic
    body: str
    hash: str
    content: str
    """The hash without the time, so that asking for the same thing again can be recognised."""


def stamp(at: datetime) -> str:
    if at.tzinfo is None:
        raise NotSendable("a time needs a zone: use datetime.now(UTC)")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def draft(
    machine: str,
    topic: Topic,
    data: Mapping[str, Any],
    at: datetime | None,
    event_id: str | None = None,
    hops: int = 0,
) -> Draft:
    """An event of this machine, ready to be queued; without a time the desk takes that of its
    receipt. `hops`: through how many hands it went before. Raises NotSendable.
    """
    identity = str(uuid.uuid4()) if event_id is None else event_id
    if not EVENT_ID.fullmatch(identity):
        raise NotSendable(f"event id {identity!r}: 1 to 128 printable ASCII characters, no spaces")
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": identity,
        "source": f"td/{machine}",
        "type": f"thingdesk.{topic.removesuffix('s')}",
        "data": data,
    }
    if not isinstance(hops, int) or isinstance(hops, bool) or hops < 0:
        raise NotSendable(f"hops is {hops!r}: a whole number, 0 or more")
    if hops:  # without any it is the same event as one of a program that knows of none
        event["hops"] = hops
    content = hashlib.sha256(canonical(event)).hexdigest()
    body = canonical(event if at is None else {**event, "time": stamp(at)})
    if len(body) > MAX_BYTES:
        raise NotSendable(f"the event has {len(body)} bytes, {MAX_BYTES} are allowed")
    return Draft(identity, topic, body.decode(), hashlib.sha256(body).hexdigest(), content)


def signal_data(
    values: Mapping[str, Any], codes: Sequence[str] | None, position: tuple[float, float] | None
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if values:
        data["values"] = dict(values)
    if codes is not None:
        data["codes"] = list(codes)
    if position is not None:
        data["position"] = _place(*position)
    if not data:
        raise NotSendable("a signal needs values, codes or a position")
    return data


def _place(lat: float, lon: float) -> dict[str, float]:
    # written so that NaN fails as well
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 - degrees of the earth
        raise NotSendable(f"({lat}, {lon}) is no place: latitude ±90, longitude ±180")
    return {"lat": lat, "lon": lon}


def message(bodies: Iterable[str]) -> bytes:
    """One message of these events: an object alone, an array for more."""
    items = list(bodies)
    return (items[0] if len(items) == 1 else f"[{','.join(items)}]").encode()


def fitting(bodies: Sequence[str]) -> int:
    """How many of these events, from the first on, fit in one message; at least one."""
    size = 1
    for count, body in enumerate(bodies):
        size += len(body.encode()) + 1
        if (count and size > MAX_BYTES) or count == MAX_EVENTS:
            return count
    return len(bodies)
