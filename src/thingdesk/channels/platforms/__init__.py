"""IoT platforms in front of the desk: another MQTT broker, ThingsBoard, Home Assistant.

What they say is translated by one file, the map, into signals and reports of machines that are
registered here. A platform's word is enough for a machine that has no key of its own; one whose
keys are all revoked is not heard through a platform either. What comes twice counts once. A machine
that the desk does not know is told to staff, and never made.
"""

from thingdesk.channels.platforms.bridge import Bridge
from thingdesk.channels.platforms.install import install
from thingdesk.channels.platforms.model import Map
from thingdesk.channels.platforms.read_map import MapError, read_map
from thingdesk.channels.platforms.taking import Taking

__all__ = ["Bridge", "Map", "MapError", "Taking", "install", "read_map"]
