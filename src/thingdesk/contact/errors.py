from datetime import datetime

from thingdesk.contact.model import Hold, State
from thingdesk.platform.errors import FieldError, Recovery, Refused, refuse


def without_owner() -> Refused:
    words = "the machine has no owner, so there is nobody to hand over to"
    return refuse("hold_without_owner", words, Recovery.CONTACT_US)


def unknown() -> Refused:
    words = "there is no such place in the queue, or it is not of this owner"
    return refuse("hold_unknown", words, Recovery.CONTACT_US)


def unknown_case() -> Refused:
    words = "there is no such case, or it is not yours to see"
    return refuse("case_unknown", words, Recovery.CONTACT_US)


def too_many(open_now: int, most: int) -> Refused:
    words = f"a person is asked for too often: {open_now} are open, of which one may end first"
    return refuse("too_many_holds", f"{words}; {most} a day at most", Recovery.RETRY)


def over(hold: Hold) -> Refused:
    """It has another state than it must have, and will not have that again."""
    how = "is talking to a person" if hold.state is State.TALKING else f"is {hold.state.value}"
    return refuse("hold_over", f"this {how} already", Recovery.CONTACT_US)


def not_ready() -> Refused:
    words = "nobody has taken this yet: wait for hold.ready, or ask again"
    return refuse("hold_not_ready", words, Recovery.RETRY)


def in_hand() -> Refused:
    words = "You have somebody already: say what came of that first."
    return refuse("hold_in_hand", words, Recovery.FIX_INPUT)


def taken() -> Refused:
    words = "Somebody else has taken this one, or it waits no longer."
    return refuse("hold_taken", words, Recovery.CONTACT_US)


def nobody_waits() -> Refused:
    return refuse("nobody_waits", "Nobody waits any more.", Recovery.RETRY)


def not_free(at: datetime) -> Refused:
    mend = "choose one of call_back_times, as they are now"
    field = FieldError("data.input.at", f"{at.isoformat()} is not free for a call back", mend)
    return refuse("call_back_not_free", "this time is not free for a call back", fields=(field,))
