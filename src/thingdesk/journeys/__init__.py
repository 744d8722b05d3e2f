"""A service running durably for a case.

What enters: a service and the facts of a case; answers, proofs and results as messages. What
leaves: effects through fulfilment, questions, notices, and the end of the case. Always true: every
effect is checked against entitlement, policy and mandate and is in the ledger; a journey that
cannot go on takes back what it did and says why.
"""

from thingdesk.fulfilment import Slot
from thingdesk.journeys import memory_store, store
from thingdesk.journeys.anew import judge_anew
from thingdesk.journeys.awaited import Author, ForgottenAwait
from thingdesk.journeys.choices import Alternative, Choice, choose
from thingdesk.journeys.context import Context, Intent
from thingdesk.journeys.drive import drivers
from thingdesk.journeys.erase import erase
from thingdesk.journeys.hearing import hear_owner
from thingdesk.journeys.instant import Instant, answer_now, remembered
from thingdesk.journeys.journey import Journey
from thingdesk.journeys.model import (
    Denied,
    Entry,
    Facts,
    Failed,
    NotProven,
    Stopped,
    Withdrawn,
    about,
    changed_hands,
)
from thingdesk.journeys.picking import OwnerPicks
from thingdesk.journeys.providing import Dispatched, Found, free_slots
from thingdesk.journeys.reserving import Reserved
from thingdesk.journeys.start import start
from thingdesk.journeys.store import effects_of, of_case
from thingdesk.journeys.telling import tell_staff
from thingdesk.journeys.trouble import (
    in_trouble,
    note_mistake,
    note_repeats,
    note_trouble,
    retry,
    stuck_cases,
    tell_late,
)
from thingdesk.journeys.undoing import EFFECTS
from thingdesk.journeys.withdraw import withdraw, withdraw_all

KEPT = (*memory_store.KEPT, *store.KEPT)

__all__ = [
    "EFFECTS",
    "KEPT",
    "Alternative",
    "Author",
    "Choice",
    "Context",
    "Denied",
    "Dispatched",
    "Entry",
    "Facts",
    "Failed",
    "ForgottenAwait",
    "Found",
    "Instant",
    "Intent",
    "Journey",
    "NotProven",
    "OwnerPicks",
    "Reserved",
    "Slot",
    "Stopped",
    "Withdrawn",
    "about",
    "answer_now",
    "changed_hands",
    "choose",
    "drivers",
    "effects_of",
    "erase",
    "free_slots",
    "hear_owner",
    "in_trouble",
    "judge_anew",
    "note_mistake",
    "note_repeats",
    "note_trouble",
    "of_case",
    "remembered",
    "retry",
    "start",
    "stuck_cases",
    "tell_late",
    "tell_staff",
    "withdraw",
    "withdraw_all",
]
