from dataclasses import replace
from datetime import timedelta
from typing import Any

from thingdesk.cases import Opening
from thingdesk.platform import clock, ids

_PROMISES = {
    "receipt": timedelta(seconds=1),
    "decision": timedelta(minutes=1),
    "resolution": timedelta(days=5),
}


def opening(subject: str = "press-1", key: str = "k", **changes: Any) -> Opening:
    one = Opening(
        subject=subject,
        key=key,
        identity={"metric": "temperature"},
        service="equipment.inspect",
        version="1",
        title="Inspect",
        input={"metric": "temperature"},
        owner_id=None,
        origin="report",
        reporter=subject,
        event_id=str(ids.new()),
        at=clock.now(),
        promises=_PROMISES,
    )
    return replace(one, **changes)
