"""A2A 1.0 for agents: https://a2a-protocol.org/v1.0.0/specification/

What enters: a message with a data part {service, input, subject}. What leaves: the case as an A2A
task, told by the same timeline as everywhere, when it is asked for or by a stream. Always true: a
task is read from its case and kept nowhere else; a context is a machine, so the tasks of one
context are its cases; where the owner has to answer, the agent is told the address of our page and
can answer nothing; free text asks for nothing.
"""

from thingdesk.channels.a2a.card import make_card, skill
from thingdesk.channels.a2a.doors import Doors
from thingdesk.channels.a2a.install import PATH, install
from thingdesk.channels.a2a.push import FORM, MEDIA, kind, payload

__all__ = ["FORM", "MEDIA", "PATH", "Doors", "install", "kind", "make_card", "payload", "skill"]
