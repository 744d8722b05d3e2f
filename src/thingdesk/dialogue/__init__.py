"""What a caller may ask and is told: the same on every surface.

What enters: a `Caller` whom a surface has recognised, and what it wants. What leaves: values that a
surface writes in its own format. Always true: what is asked for goes through `intake`, as any
report does, so it is stored once and receipted; nobody sees a case of another owner, or of when a
machine was another's; where an owner is to answer, the address of our own page is told, which alone
opens nothing.
"""

from thingdesk.dialogue.dialogue import Dialogue
from thingdesk.dialogue.model import (
    Asked,
    Branch,
    CasePage,
    CaseView,
    Choice,
    Promised,
    Told,
    Waiting,
)
from thingdesk.dialogue.store import KEPT
from thingdesk.dialogue.told import KINDS
from thingdesk.dialogue.turns import MOST_TURNS, may_say

__all__ = [
    "KEPT",
    "KINDS",
    "MOST_TURNS",
    "Asked",
    "Branch",
    "CasePage",
    "CaseView",
    "Choice",
    "Dialogue",
    "Promised",
    "Told",
    "Waiting",
    "may_say",
]
