"""MQTT: what machines send up, and receipts, notices and commands down.

The desk is a client of a broker, with a session that the broker keeps: a message is acknowledged
to the broker once it is committed, so that one that a crash interrupts comes again.
"""

from thingdesk.channels.mqtt.connection import BrokerAddress, Connection
from thingdesk.channels.mqtt.entrance import Entrance, ending_sessions
from thingdesk.channels.mqtt.receive import Receiver
from thingdesk.channels.mqtt.send import Sender
from thingdesk.channels.mqtt.topics import ACCESS

__all__ = [
    "ACCESS",
    "BrokerAddress",
    "Connection",
    "Entrance",
    "Receiver",
    "Sender",
    "ending_sessions",
]
