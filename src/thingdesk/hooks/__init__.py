"""Addresses that machines registered, to be told there what happens to their cases: an outbox.

What enters: hooks, and cases as they are opened. What leaves: deliveries, each of which names an
entry of a case's timeline, for a channel to make a message of and to send. Always true: an entry is
due once at each hook that follows its case; an attempt is counted and the next one planned before
anything is sent, so a crash leads to a repeat and never to a loss; a delivery ends delivered, or
given up with a reason after days, and staff can have it sent again. What is due holds nothing
personal, so that what was erased from the timeline leaves the desk no more.
"""

from thingdesk.hooks.catch_up import catch_up, come_to, drop_case, moved
from thingdesk.hooks.claim import claim_due
from thingdesk.hooks.delivered import delivered
from thingdesk.hooks.end import end, end_all, end_of_token
from thingdesk.hooks.erase import erase
from thingdesk.hooks.errors import forbidden, not_verified
from thingdesk.hooks.events import (
    HookDeliveryGivenUp,
    HookDeliveryRevived,
    HookEnded,
    HookRegistered,
)
from thingdesk.hooks.follow import follow, follow_from_now
from thingdesk.hooks.give_up import give_up, not_delivered
from thingdesk.hooks.measure import measure
from thingdesk.hooks.model import (
    CHANNEL,
    LASTS,
    MOST_URL,
    SECRET,
    Behind,
    Delivery,
    Entry,
    Hook,
    NewHook,
    Parties,
    Standing,
)
from thingdesk.hooks.read import failing, get, given_up, number_failing, of_machine, standings
from thingdesk.hooks.register import check_room, make, put, register
from thingdesk.hooks.send_again import send_again
from thingdesk.hooks.store import KEPT

__all__ = [
    "CHANNEL",
    "KEPT",
    "LASTS",
    "MOST_URL",
    "SECRET",
    "Behind",
    "Delivery",
    "Entry",
    "Hook",
    "HookDeliveryGivenUp",
    "HookDeliveryRevived",
    "HookEnded",
    "HookRegistered",
    "NewHook",
    "Parties",
    "Standing",
    "catch_up",
    "check_room",
    "claim_due",
    "come_to",
    "delivered",
    "drop_case",
    "end",
    "end_all",
    "end_of_token",
    "erase",
    "failing",
    "follow",
    "follow_from_now",
    "forbidden",
    "get",
    "give_up",
    "given_up",
    "make",
    "measure",
    "moved",
    "not_delivered",
    "not_verified",
    "number_failing",
    "of_machine",
    "put",
    "register",
    "send_again",
    "standings",
]
