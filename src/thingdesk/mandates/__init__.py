"""May this be done for this owner? Verdicts and budgets.

What enters: an action, exactly as it would happen, and where there is one an approval of it; what
owners grant, what machines are entitled to, what the organisation allows. What leaves: allow, ask
or deny, with a reason; on allow the money is reserved. Always true: without a mandate every effect
is asked for; what the organisation denies stays denied; no two effects spend the same money; an
approval permits one action, once. What an owner approves one by one is on top of their budgets.

Not here: asking (`decisions`), and doing it (`journeys`).
"""

from thingdesk.mandates.action import (
    Action,
    Approval,
    Entitlement,
    EntitlementKind,
    Facts,
    Policy,
    PolicyVersion,
    Spent,
    Verdict,
    Wish,
)
from thingdesk.mandates.ask import may_ask
from thingdesk.mandates.change import changed_at
from thingdesk.mandates.check import check, foresee
from thingdesk.mandates.decide import APPROVED, decide, decide_wish
from thingdesk.mandates.details import TYPE as DETAILS_TYPE
from thingdesk.mandates.details import as_details, check_offered, read_details
from thingdesk.mandates.entitle import (
    add_entitlement,
    end_entitlement,
    entitlements_of,
    policies,
    policy,
    set_policy,
)
from thingdesk.mandates.grant import (
    below,
    end_given_to,
    get,
    get_many,
    given_by,
    given_to,
    givers_to,
    grant,
    mandate_of,
    mandates_of,
    may_act,
    revoke,
    revoked_of,
    spent_in_period,
    stop,
    versions,
)
from thingdesk.mandates.model import EVERYTHING, OWNER_CHANGED, Answer, Mandate, Payer, Terms
from thingdesk.mandates.narrow import narrow
from thingdesk.mandates.passing import Narrower, passed_on
from thingdesk.mandates.rooms import OVER_CASES, CaseRooms, rooms
from thingdesk.mandates.settle import hold, release, settle
from thingdesk.mandates.words import to_owner

__all__ = [
    "APPROVED",
    "DETAILS_TYPE",
    "EVERYTHING",
    "OVER_CASES",
    "OWNER_CHANGED",
    "Action",
    "Answer",
    "Approval",
    "CaseRooms",
    "Entitlement",
    "EntitlementKind",
    "Facts",
    "Mandate",
    "Narrower",
    "Payer",
    "Policy",
    "PolicyVersion",
    "Spent",
    "Terms",
    "Verdict",
    "Wish",
    "add_entitlement",
    "as_details",
    "below",
    "changed_at",
    "check",
    "check_offered",
    "decide",
    "decide_wish",
    "end_entitlement",
    "end_given_to",
    "entitlements_of",
    "foresee",
    "get",
    "get_many",
    "given_by",
    "given_to",
    "givers_to",
    "grant",
    "hold",
    "mandate_of",
    "mandates_of",
    "may_act",
    "may_ask",
    "narrow",
    "passed_on",
    "policies",
    "policy",
    "read_details",
    "release",
    "revoke",
    "revoked_of",
    "rooms",
    "set_policy",
    "settle",
    "spent_in_period",
    "stop",
    "to_owner",
    "versions",
]
