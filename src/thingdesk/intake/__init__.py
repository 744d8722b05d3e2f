"""What machines send, from any channel: read, gathered into groups, committed, receipted.

A channel hands over who sent it (it has recognised the sender), what kind of message it is and the
bytes; it gets back what became of them, once they are committed, and has receipts signed for what
it answers. Always true: a receipt is our signed word that the events it names are stored; what one
event is refused for does not keep the others from being stored.
"""

from thingdesk.intake.errors import BUSY, TOO_MUCH
from thingdesk.intake.model import TYPES, Kind, Refusing, Settled
from thingdesk.intake.take import Intake

__all__ = ["BUSY", "TOO_MUCH", "TYPES", "Intake", "Kind", "Refusing", "Settled"]
