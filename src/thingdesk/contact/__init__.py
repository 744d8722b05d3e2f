"""People: a place in the queue for a person, which a machine holds for its owner, and call backs.

What enters: what machines ask for on their owner's behalf, and what staff and owners do with it.
What leaves: notices to the machine that asked (`hold.ready`, `hold.moved`, `hold.missed`,
`hold.ended`, `hold.withdrawn`), and events on the timeline of the case, or else of the owner.
Always true: an owner has one open hold for a matter; one of the staff has one at a time, and a hold
is with one of them at most; it ends with the mandate under which it was asked for; no connection is
held, so nobody loses their place; who was missed once waits again at the front; no time for a call
back is promised more often than there are people to keep it; how the owner is reached is in no
event, no notice and no log, and is forgotten when the hold ends.

One order of locks, so that nobody waits for each other: one of the staff, or an owner who asks,
then holds by their id, then the time of a call back. Staff and owners change one hold at a time;
who changes those of many owners at once (`lapse`, `leave_over`, `tell_moved`) waits for none,
passes over what somebody has in hand, and comes again a second later.
"""

from thingdesk.contact.ask import MOST_A_DAY, MOST_OPEN, ask
from thingdesk.contact.board import Board, board, get, open_of_owner, with_staff
from thingdesk.contact.calendar import LASTS, CallBacks
from thingdesk.contact.call_back import call_back
from thingdesk.contact.end import MOST_WORDS, end, erase, leave, leave_all, leave_over, stop
from thingdesk.contact.errors import without_owner
from thingdesk.contact.events import (
    HoldAsked,
    HoldBooked,
    HoldEnded,
    HoldHandedOver,
    HoldMissed,
    HoldTaken,
    HoldWithdrawn,
)
from thingdesk.contact.expect import Line, expected_wait
from thingdesk.contact.hand_over import owner_is_here, they_talk
from thingdesk.contact.lapse import lapse
from thingdesk.contact.measure import measure
from thingdesk.contact.miss import miss
from thingdesk.contact.model import COMES_WITHIN, Hold, Place, State, Wanted
from thingdesk.contact.reach import host_of, phone, read_reach
from thingdesk.contact.see import place, see
from thingdesk.contact.store import KEPT
from thingdesk.contact.take import take
from thingdesk.contact.tell import tell_moved
from thingdesk.contact.words import owners_words, wait_words

__all__ = [
    "COMES_WITHIN",
    "KEPT",
    "LASTS",
    "MOST_A_DAY",
    "MOST_OPEN",
    "MOST_WORDS",
    "Board",
    "CallBacks",
    "Hold",
    "HoldAsked",
    "HoldBooked",
    "HoldEnded",
    "HoldHandedOver",
    "HoldMissed",
    "HoldTaken",
    "HoldWithdrawn",
    "Line",
    "Place",
    "State",
    "Wanted",
    "ask",
    "board",
    "call_back",
    "end",
    "erase",
    "expected_wait",
    "get",
    "host_of",
    "lapse",
    "leave",
    "leave_all",
    "leave_over",
    "measure",
    "miss",
    "open_of_owner",
    "owner_is_here",
    "owners_words",
    "phone",
    "place",
    "read_reach",
    "see",
    "stop",
    "take",
    "tell_moved",
    "they_talk",
    "wait_words",
    "with_staff",
    "without_owner",
]
