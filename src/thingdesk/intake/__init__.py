"""What machines send, from any channel: read, gathered into groups, committed, receipted.

A channel hands over who sent it (it has recognised the sender), what kind of message it is and the
bytes; it gets back what to answer. Always true: a receipt is our signed word that the events it
names are stored; what one event is refused for does not keep the others from being stored.
"""

from thingdesk.intake.model import TYPES, Kind, Refusing, Taken
from thingdesk.intake.take import Intake

__all__ = ["TYPES", "Intake", "Kind", "Refusing", "Taken"]
