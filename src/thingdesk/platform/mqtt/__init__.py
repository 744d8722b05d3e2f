"""A connection to an MQTT broker that is kept: the desk's own, or one that it reads.

A message is acknowledged to the broker once whoever handles it is done with it, so that one that a
crash interrupts comes again.
"""

from thingdesk.platform.mqtt.connection import BrokerAddress, Connection

__all__ = ["BrokerAddress", "Connection"]
