"""HTTP for machines: the same messages as over MQTT, with the receipt as the answer."""

from thingdesk.channels.http.doors import Doors
from thingdesk.channels.http.install import PREFIX, ROUTERS, install
from thingdesk.channels.http.thing import make_thing

__all__ = ["PREFIX", "ROUTERS", "Doors", "install", "make_thing"]
