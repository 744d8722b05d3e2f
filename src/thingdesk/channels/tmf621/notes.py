"""What happens to a case, as an event of its ticket. Pure."""

from thingdesk.channels.tmf621.characteristics import Made, characteristic
from thingdesk.channels.tmf621.tickets import TICKET, ticket
from thingdesk.dialogue import CaseView, Told
from thingdesk.hooks import Delivery, Hook

FORM = "tmf621"
_CHANGED = f"{TICKET}AttributeValueChangeEvent"
_STATUS = f"{TICKET}StatusChangeEvent"
_ASKED = f"{TICKET}InformationRequiredEvent"
_RESOLVED = f"{TICKET}ResolvedEvent"
_KINDS = {
    "case.opened": f"{TICKET}CreateEvent",
    "case.reopened": _STATUS,
    "case.ended": _STATUS,
    "decision.asked": _ASKED,
    "decision.answered": _STATUS,
    "decision.expired": _STATUS,
    "decision.withdrawn": _STATUS,
    "promise.broken": _CHANGED,
    "promise.paused": _CHANGED,
    "promise.resumed": _CHANGED,
    "appointment.booked": _CHANGED,
    "appointment.cancelled": _CHANGED,
}
# a case is kept: the event is known, and none ever comes
EVENTS = frozenset(_KINDS.values()) | {_RESOLVED, f"{TICKET}DeleteEvent"}
_GOOD = ("verified", "fulfilled")


def kind(hook: Hook, told: Told) -> str | None:
    """Which event it is for this listener."""
    found = _KINDS.get(told.kind)
    if told.kind == "case.ended" and told.data.get("outcome") in _GOOD:
        found = _RESOLVED
    wanted = hook.asked.kinds
    return found if wanted is None or found in wanted else None


def event(base: str, due: Delivery, case: CaseView, told: Told) -> Made:
    """The event with the ticket as it is when it is sent; its characteristic `hops` is what whoever
    passes it on says.
    """
    return {
        "@type": due.entry.kind,
        "eventId": str(due.id),
        "eventType": due.entry.kind,
        "eventTime": due.made_at.isoformat(),
        "timeOccurred": told.at.isoformat(),
        "title": due.entry.kind,
        "description": told.words,
        "correlationId": str(case.id),
        "analyticCharacteristic": [characteristic("hops", case.onward)],
        "event": {"troubleTicket": ticket(case, base)},
    }
