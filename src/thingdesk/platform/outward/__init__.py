"""Requests to addresses that others gave us: webhooks, documents of clients, push addresses.

What enters: a URL that somebody else chose. What leaves: an attempt with all limits, at the very
address that was checked. Always true: no private network is reached that the operator has not
allowed, no redirect is followed, and none of it takes longer or more than its limits.
"""

from thingdesk.platform.outward.ask import Answered, Unasked, Unfetched, Unreached, ask
from thingdesk.platform.outward.names import Address, Names
from thingdesk.platform.outward.post import LIMIT, Attempt, End, Http, make_http, post
from thingdesk.platform.outward.reach import why_forbidden
from thingdesk.platform.outward.signature import Unsigned, sign, verify
from thingdesk.platform.outward.target import Forbidden, Network, Target, is_allowed, resolve

__all__ = [
    "LIMIT",
    "Address",
    "Answered",
    "Attempt",
    "End",
    "Forbidden",
    "Http",
    "Names",
    "Network",
    "Target",
    "Unasked",
    "Unfetched",
    "Unreached",
    "Unsigned",
    "ask",
    "is_allowed",
    "make_http",
    "post",
    "resolve",
    "sign",
    "verify",
    "why_forbidden",
]
