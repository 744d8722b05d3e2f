"""HTTP for machines: the same messages as over MQTT, with the receipt as the answer."""

from thingdesk.channels.http import api, jobs
from thingdesk.channels.http.doors import Doors
from thingdesk.channels.http.problems import on_refused

ROUTERS = (api.router, jobs.router)

__all__ = ["ROUTERS", "Doors", "on_refused"]
