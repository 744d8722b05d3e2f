"""Brokers of others: they ask the desk who may enter and who may do what, and are told whose
session ends.

What they ask by is HTTP, in the forms of EMQX 5 and of mosquitto-go-auth. The answers are those of
the desk's own broker: a machine's rights are `thingdesk.topics`, whatever the broker.
"""

from thingdesk.channels.brokers.gate import SESSION
from thingdesk.channels.brokers.install import answering
from thingdesk.channels.brokers.sessions import EmqxSessions

__all__ = ["SESSION", "EmqxSessions", "answering"]
