"""What messages and events of machines are refused for."""

from thingdesk.platform.errors import FieldError, Recovery, Refusal

TOO_MUCH = Refusal(
    "too_much_at_once",
    "too much of this machine is under way already; send the same again after the receipts",
    Recovery.RETRY,
)
BUSY = Refusal(
    "desk_busy",
    "more is under way than the desk can store just now; send the same again later",
    Recovery.RETRY,
)
FAILED = Refusal(
    "desk_failed", "the desk could not store this now; send the same again later", Recovery.RETRY
)
UNRECOGNISED = Refusal(
    "machine_not_recognised",
    "this machine is not registered, or its key was revoked",
    Recovery.CONTACT_US,
)


def reused(event_id: str) -> Refusal:
    return Refusal(
        "event_id_reused",
        f"event {event_id} was sent before with other content",
        Recovery.FIX_INPUT,
        (FieldError("id", "was used before", "give every event an id of its own"),),
    )
