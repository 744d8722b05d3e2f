"""A call over HTTP, on every surface that has callers the same: who makes it, whether there is room
for it, its body, and the status of its refusal.

What enters: a request. What leaves: its `Caller`, its bytes within bounds, or Refused. Always true:
nothing is done for a call before its caller is known; calls of one machine slow down no other one.
"""

from thingdesk.calling import body
from thingdesk.calling.caller import Calls
from thingdesk.calling.gate import caller_of, gated, make_share
from thingdesk.calling.hooking import hook_of
from thingdesk.calling.naming import as_sent, naming
from thingdesk.calling.paths import methods_at, mount
from thingdesk.calling.problem import problem
from thingdesk.calling.public import Public
from thingdesk.calling.secret import Secret
from thingdesk.calling.sender import address_of, sender_of
from thingdesk.calling.soon import WITHIN, answers_soon, soon
from thingdesk.calling.status import answered, status_of
from thingdesk.calling.telling import Telling

__all__ = [
    "WITHIN",
    "Calls",
    "Public",
    "Secret",
    "Telling",
    "address_of",
    "answered",
    "answers_soon",
    "as_sent",
    "body",
    "caller_of",
    "gated",
    "hook_of",
    "make_share",
    "methods_at",
    "mount",
    "naming",
    "problem",
    "sender_of",
    "soon",
    "status_of",
]
