"""Home Assistant: events of its bus, as an automation posts them."""

from collections.abc import Mapping
from typing import Any

from thingdesk.channels.platforms.model import Heard, Source
from thingdesk.channels.platforms.translate import read_time
from thingdesk.platform.errors import refuse


def read_event(body: Any) -> Heard:
    """An event as `Event.as_dict` has it. Raises Refused."""
    data = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(body.get("event_type"), str):
        words = "this is no event of Home Assistant: it has no event_type and data"
        raise refuse("platform_unfit", words)
    state = data.get("new_state")
    state = state if isinstance(state, Mapping) else {}
    attributes = state.get("attributes")
    attributes = attributes if isinstance(attributes, Mapping) else {}
    entity = str(data.get("entity_id") or "")
    domain, _, name = entity.partition(".")
    parts = {
        "event_type": body["event_type"],
        "entity_id": entity,
        "domain": domain,
        "object_id": name,
        "state": str(state.get("state") or ""),
        "unit": str(attributes.get("unit_of_measurement") or ""),
        "device_class": str(attributes.get("device_class") or ""),
    }
    told = state.get("last_updated") or body.get("time_fired")
    return Heard(Source.HOME_ASSISTANT, parts, body, entity, read_time(told))
