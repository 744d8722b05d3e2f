"""What is told of a task at the address that an agent gave: the task as it is. Pure."""

from collections.abc import Mapping
from typing import Any

from a2a.types import StreamResponse
from google.protobuf.json_format import MessageToDict

from thingdesk.channels.a2a import tasks
from thingdesk.dialogue import CaseView, Told
from thingdesk.hooks import Delivery, Hook

FORM = "a2a"
MEDIA = "application/a2a+json"
TOKEN, AUTHORIZATION = "x-a2a-notification-token", "authorization"


def kind(_: Hook, told: Told) -> str | None:
    """Whatever happens to a case is told of its task."""
    return told.kind


def payload(_: Delivery, case: CaseView, told: Told) -> Mapping[str, Any]:
    """The task in a StreamResponse (specification, 4.3.3); `number` in its metadata grows."""
    made = tasks.task(case, [told])
    made.ClearField("history")
    made.metadata.update({"number": told.number, "kind": told.kind})
    said: Mapping[str, Any] = MessageToDict(StreamResponse(task=made))
    return said
