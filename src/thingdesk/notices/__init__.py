"""What to tell machines, owners, staff and providers, until they acknowledge it: an outbox.

What enters: notices, told in the transaction of whatever they are about. What leaves: attempts,
claimed by the channels, and events on the timeline. Always true: a notice has one id, and every
attempt carries it; a notice ends acknowledged, taken (plain information that a mail server
took) or given up with a reason, and never by being forgotten. An attempt is counted and
the next one is planned before anything is sent, so a process that dies between claim and send
causes a repeat and never a loss: receivers drop repeats by the id.
"""

from thingdesk.notices.acknowledge import acknowledge, acknowledge_many
from thingdesk.notices.claim import claim_due
from thingdesk.notices.deliver import delivered
from thingdesk.notices.erase import erase, erased_since
from thingdesk.notices.errors import NOT_YOURS
from thingdesk.notices.events import NoticeAcknowledged, NoticeGivenUp, NoticeTaken, NoticeTold
from thingdesk.notices.give_up import give_up, give_up_all
from thingdesk.notices.measure import measure
from thingdesk.notices.model import (
    CHANNEL,
    Channel,
    Notice,
    Outgoing,
    Page,
    Recipient,
    State,
    To,
)
from thingdesk.notices.read import get, of_case, pending
from thingdesk.notices.reword import hold, reword
from thingdesk.notices.store import KEPT
from thingdesk.notices.tell import tell

__all__ = [
    "CHANNEL",
    "KEPT",
    "NOT_YOURS",
    "Channel",
    "Notice",
    "NoticeAcknowledged",
    "NoticeGivenUp",
    "NoticeTaken",
    "NoticeTold",
    "Outgoing",
    "Page",
    "Recipient",
    "State",
    "To",
    "acknowledge",
    "acknowledge_many",
    "claim_due",
    "delivered",
    "erase",
    "erased_since",
    "get",
    "give_up",
    "give_up_all",
    "hold",
    "measure",
    "of_case",
    "pending",
    "reword",
    "tell",
]
