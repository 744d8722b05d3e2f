"""HTTP for machines: the same messages as over MQTT, with the receipt as the answer."""

from thingdesk.channels.http.api import Doors, router
from thingdesk.channels.http.problems import on_refused

__all__ = ["Doors", "on_refused", "router"]
