"""What messages and events of machines are refused for."""

from thingdesk.platform.errors import Recovery, Refusal

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
