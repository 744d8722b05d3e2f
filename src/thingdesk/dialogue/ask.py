from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from thingdesk.access import Caller
from thingdesk.dialogue.model import Asked
from thingdesk.intake import TYPES, Intake, Kind
from thingdesk.platform import ids
from thingdesk.platform.errors import Refused, refuse

_SOURCE = "dialogue"
_MOST_SAID = 16 * 1024


async def ask(
    intake: Intake,
    caller: Caller,
    service: str,
    given: Mapping[str, Any],
    subject: str | None,
    request_id: str | None,
    said: Mapping[str, Any] | None = None,
    hops: int = 0,
) -> Asked:
    """Hand in the report that the request is; returns once it is committed. Raises Refused."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": request_id or str(ids.new()),
        "source": _SOURCE,
        "type": TYPES[Kind.REPORTS],
        "data": {"service": service, "input": given, "subject": subject or caller.machine},
    }
    if hops:  # as a machine would say it: without any it is the same event as ever
        event["hops"] = hops
    try:
        if said:
            if len(orjson.dumps(said)) > _MOST_SAID:
                words = f"what is said beside the input is {_MOST_SAID} bytes at most"
                raise refuse("too_large", words)
            # so it is checked as all else; the same request with other words is another one
            event["said"] = said
        payload = orjson.dumps(event)
    except (orjson.JSONEncodeError, UnicodeEncodeError) as error:
        raise refuse("broken_json", f"the input is no JSON: {str(error)[:120]}") from None
    under = caller.mandate.id if caller.mandate else None
    became = await intake.take(caller.machine, Kind.REPORTS, payload, under, said)
    if became.refused:
        raise Refused(became.refused[0].refusal)
    entry = became.entries[0]
    receipts = intake.sign(caller.machine, became.entries)
    case = entry.get("case")
    return Asked(UUID(case) if case else None, entry.get("outcome"), receipts[0])
