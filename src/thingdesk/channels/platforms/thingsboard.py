"""ThingsBoard: alarms, as its rule node "rest api call" posts them."""

from collections.abc import Mapping
from typing import Any

from thingdesk.channels.platforms.model import Heard, Source
from thingdesk.channels.platforms.translate import read_time
from thingdesk.platform.errors import refuse


def read_alarm(body: Any) -> Heard:
    """An alarm as the rule engine has it. Raises Refused."""
    if not isinstance(body, Mapping) or not isinstance(body.get("type"), str):
        raise refuse("platform_unfit", "this is no alarm of ThingsBoard: it has no type")
    originator, alarm = (_entity(body.get(name)) for name in ("originator", "id"))
    if not originator["id"]:
        raise refuse("platform_unfit", "this is no alarm of ThingsBoard: it has no originator")
    status = body.get("status") or _status(body)
    parts = {
        "alarm": alarm["id"],
        "type": body["type"],
        "severity": str(body.get("severity") or ""),
        "status": str(status),
        "originator": originator["id"],
        "originator_type": originator["entityType"],
        "originator_name": str(body.get("originatorName") or ""),
    }
    return Heard(Source.THINGSBOARD, parts, body, alarm["id"], _time(body, str(status)))


def _entity(given: Any) -> dict[str, str]:
    known = given if isinstance(given, Mapping) else {}
    return {name: str(known.get(name) or "") for name in ("id", "entityType")}


def _status(body: Mapping[str, Any]) -> str:
    """What ThingsBoard itself makes of the two flags."""
    cleared = "CLEARED" if body.get("cleared") else "ACTIVE"
    return f"{cleared}_{'ACK' if body.get('acknowledged') else 'UNACK'}"


def _time(body: Mapping[str, Any], status: str) -> Any:
    names = ("clearTs", "endTs") if status.startswith("CLEARED") else ("endTs", "startTs")
    return next((read_time(body[name]) for name in names if body.get(name)), None)
