"""MQTT: what machines send up, and receipts, notices and commands down.

The desk is a client of a broker, with a session that the broker keeps: a message is acknowledged
to the broker once it is committed, so that one that a crash interrupts comes again.
"""

from thingdesk.channels.mqtt.entrance import EndsSessions, Entrance, ending_sessions
from thingdesk.channels.mqtt.install import install
from thingdesk.channels.mqtt.receive import Receiver
from thingdesk.channels.mqtt.send import Sender

__all__ = [
    "EndsSessions",
    "Entrance",
    "Receiver",
    "Sender",
    "ending_sessions",
    "install",
]
