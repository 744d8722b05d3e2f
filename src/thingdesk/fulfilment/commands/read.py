from collections.abc import Mapping
from typing import Any
from uuid import UUID

from thingdesk.fulfilment.commands.model import RESULTS
from thingdesk.platform import cloudevents

Result = tuple[UUID, str, dict[str, Any]]


def read_result(data: Mapping[str, Any]) -> Result:
    """What a machine says of a command: its id, the status, and the detail. Raises Refused."""
    status, detail = data.get("status"), data.get("detail", {})
    if not isinstance(status, str) or status not in RESULTS:
        known = ", ".join(sorted(RESULTS))
        raise cloudevents.unfit("data.status", "is unknown", f"send one of {known}")
    if not isinstance(detail, dict):
        raise cloudevents.unfit("data.detail", "is no object", "leave it out, or send an object")
    return cloudevents.read_id(data, "command"), status, detail
